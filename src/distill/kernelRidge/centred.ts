import type { Floats } from "../../nn/Network.ts";

/** One-hot − 1/K of each class, [n, K]. */
export function centred(classes: number, of: Int32Array): Floats {
  const out = new Float32Array(of.length * classes).fill(-1 / classes);
  of.forEach((k, i) => {
    out[i * classes + k] += 1;
  });
  return out;
}
