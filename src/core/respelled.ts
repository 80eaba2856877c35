import * as z from "zod";
import { namedIn } from "./spelling.ts";

/**
 * Names of options and of choices in the spelling of a schema, where they were written in the other one: `conv-net` for
 * `convNet`, `target-class` for `targetClass`. What is neither is left for the schema to refuse.
 */
export function respelled(schema: z.ZodType, value: unknown): unknown {
  return respell([schema], value);
}

function respell(schemas: readonly z.ZodType[], value: unknown): unknown {
  const here = schemas.flatMap(branches);
  if (typeof value === "string") {
    if (here.some((one) => one instanceof z.ZodString || one instanceof z.ZodUnknown)) return value;
    return namedIn(here.flatMap(choices), value);
  }
  if (Array.isArray(value)) {
    const elements = here.flatMap((one) => (one instanceof z.ZodArray ? [one.element as z.ZodType] : []));
    return value.map((one) => respell(elements, one));
  }
  if (value === null || typeof value !== "object") return value;
  const objects = here.filter((one) => one instanceof z.ZodObject);
  const keys = objects.flatMap((one) => Object.keys(one.shape));
  const values = here.flatMap((one) => (one instanceof z.ZodRecord ? [one.valueType as z.ZodType] : []));
  const entries = Object.entries(value).map(([name, member]) => {
    const own = namedIn(keys, name);
    // Written in both spellings: left as it is, to be refused.
    const key = own !== name && Object.hasOwn(value, own) ? name : own;
    const named = objects.flatMap((one) => (Object.hasOwn(one.shape, key) ? [one.shape[key] as z.ZodType] : []));
    return [key, respell(named.length > 0 ? named : values, member)] as const;
  });
  return Object.fromEntries(entries);
}

/** What a schema may be, beneath defaults, options and unions. */
function branches(schema: z.ZodType): z.ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return branches(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => branches(one as z.ZodType));
  return [schema];
}

function choices(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String);
  return [];
}
