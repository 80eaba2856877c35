import { DataError } from "../../core/errors.ts";
import { strictJson } from "../strictJson.ts";

/** Text entry of a table that we wrote: the entries of our safetensors form, as JSON. */
export const ownEntry = "retort";
const hubEntry = "huggingface";

/** Class names as image hubs keep them: `info.features.<column>.names` in the entry `huggingface`. */
export function hubClassNames(metadata: ReadonlyMap<string, string>, column: string): readonly string[] | undefined {
  const entry = metadata.get(hubEntry);
  if (entry === undefined) return undefined;
  let value: unknown;
  try {
    value = strictJson(entry, "parquet");
  } catch (error) {
    // Somebody else's free text: worth reading, not worth refusing the file for.
    if (error instanceof DataError) return undefined;
    throw error;
  }
  for (const key of ["info", "features", column, "names"]) value = value instanceof Map ? value.get(key) : undefined;
  return Array.isArray(value) && value.every((name) => typeof name === "string") ? value : undefined;
}

/** The entry that makes a hub show pictures and class names. */
export function hubMetadata(classNames: readonly string[] | undefined): { key: string; value: string } {
  const label = classNames ? { names: classNames, _type: "ClassLabel" } : { dtype: "int64", _type: "Value" };
  return { key: hubEntry, value: JSON.stringify({ info: { features: { image: { _type: "Image" }, label } } }) };
}
