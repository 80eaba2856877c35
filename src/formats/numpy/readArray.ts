import type { Finding } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { scanPickle } from "../pickle/scan.ts";
import { Refusal, withoutOffset } from "../Refusal.ts";
import { type NpyArray, NpyObjects, readNpy } from "./npyFile.ts";

/**
 * Read an array; one that holds pickled objects is refused with every global its pickle names.
 *
 * @param path of the array in its file, for messages.
 */
export function readArray(bytes: Uint8Array<ArrayBuffer>, format: string, path: string, budget: Budget): NpyArray {
  try {
    return readNpy(bytes, budget, format);
  } catch (error) {
    if (!(error instanceof NpyObjects)) throw error;
    const base = error.pickleStart;
    const scan = scanPickle(bytes.subarray(base), budget, { base });
    const dangerous = scan.findings.filter((finding) => finding.severity === "dangerous");
    const objects: Finding = {
      severity: "unsafe",
      rule: "npy-objects",
      message: `holds Python objects, which NumPy would unpickle${dangerous.length ? "" : "; this file names nothing dangerous"}`,
      file: path,
      offset: base,
    };
    throw new Refusal(`${withoutOffset(error)}; ${dangerous[0]?.message ?? "they are never unpickled"}`, base, {
      format,
      findings: [...scan.findings.map((finding) => ({ ...finding, file: path })), objects],
      globals: scan.globals,
    });
  }
}

/** The note on arrays whose headers Python 2 wrote. */
export function python2Note(paths: readonly string[]): Finding[] {
  if (paths.length === 0) return [];
  const names = paths.slice(0, 5).join(", ");
  return [
    {
      severity: "note",
      rule: "npy-python2",
      message: `Written by Python 2, sizes with an L as it wrote them: ${names}.`,
    },
  ];
}
