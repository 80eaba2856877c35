/** The JSON form of a deterministic tensor: its name, its shape, and the range shift ± scale of its values. */
export interface DetSpec {
  readonly det: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly shift: number;
}

/** 32-bit FNV-1a of an ASCII name. */
function fnv1a(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * Rebuild a deterministic tensor, bit for bit as the golden files' makers had it.
 *
 * x_i = float32(shift + scale · (mix(fnv1a(name) + i·0x9E3779B9) / 2³¹ − 1)), evaluated in float64.
 *
 * @returns `n` float32 values, uniform in shift ± scale.
 */
export function det(name: string, n: number, scale = 1, shift = 0): Float32Array<ArrayBuffer> {
  const seed = fnv1a(name);
  const values = new Float32Array(n);
  // A plain loop: the networks of the golden files have ten million weights.
  for (let i = 0; i < n; i++) {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul(x, 0x846ca68b);
    x ^= x >>> 16;
    values[i] = shift + scale * ((x >>> 0) / 2147483648 - 1);
  }
  return values;
}

/** Rebuild the tensor that a golden file names. */
export function build(spec: DetSpec): Float32Array<ArrayBuffer> {
  const n = spec.shape.reduce((a, b) => a * b, 1);
  return det(spec.det, n, spec.scale, spec.shift);
}
