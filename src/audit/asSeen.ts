import { constant, mul, sub } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import type { AuditedSet } from "./AuditedSet.ts";

/** Pictures as networks of an audited set see them, inside a program. @returns [N, C, H, W] → the same, normalised */
export function asSeen({ shape: [, c], set }: AuditedSet): (pictures: Tensor) => Tensor {
  const { mean, std } = set.normalisation as { readonly mean: readonly number[]; readonly std: readonly number[] };
  const channel = (values: readonly number[]) => constant([...values], [c, 1, 1]);
  return (pictures) => mul(sub(pictures, channel(mean)), channel(std.map((v) => 1 / v)));
}
