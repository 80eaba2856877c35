import type { SetReport } from "../../../audit/inspect/inspectSet.ts";
import { describeNormalisation } from "../../../data/normalise.ts";

/** Who says what of the pixels: the file, the caller, or the kind of file. */
export function saysNormalisation({ stated, statedBy }: SetReport): string {
  if (stated.kind === "unknown") return "the file does not say";
  const name = describeNormalisation(stated);
  if (statedBy === "you") return `you say ${name}; the file does not`;
  if (statedBy === "reader") return `${name}, taken from the layout; the file does not say`;
  return statedBy === "pictures" ? "pixels, as pictures hold them" : `the file says ${name}`;
}
