import { sizeOf } from "../graph.ts";
import { type Factor, isReal, type View } from "../view.ts";

export interface ConvParams {
  readonly vmapDims: number;
  readonly strides: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
}

/** Sizes of the result's spatial dimensions. */
export function outSizes(lhs: readonly number[], rhs: readonly number[], params: ConvParams): number[] {
  return lhs.map((size, d) => {
    const padded = (size - 1) * params.lhsDilation[d] + 1 + params.padding[d][0] + params.padding[d][1];
    const kernel = (rhs[d] - 1) * params.rhsDilation[d] + 1;
    return Math.floor((padded - kernel) / params.strides[d]) + 1;
  });
}

export interface Meetings {
  readonly out: readonly number[];
  /** Number of spatial positions of either operand. */
  readonly lhs: number;
  readonly rhs: number;
  /** [out position, rhs position] → lhs position, −1 where padding is read. */
  readonly byLhs: Int32Array<ArrayBuffer>;
  /** [out position, lhs position] → rhs position, −1 where it has no part. */
  readonly byRhs: Int32Array<ArrayBuffer>;
}

/** Which positions of the operands of a convolution meet in which position of the result. */
export function meetings(lhs: readonly number[], rhs: readonly number[], params: ConvParams): Meetings {
  const out = outSizes(lhs, rhs, params);
  const axes = lhs.map((size, d) => {
    const map = new Int32Array(out[d] * rhs[d]).fill(-1);
    for (let p = 0; p < out[d]; p++)
      for (let t = 0; t < rhs[d]; t++) {
        const q = p * params.strides[d] + t * params.rhsDilation[d] - params.padding[d][0];
        const s = q / params.lhsDilation[d];
        if (Number.isInteger(s) && s >= 0 && s < size) map[p * rhs[d] + t] = s;
      }
    return map;
  });
  const [nOut, nLhs, nRhs] = [out, lhs, rhs].map(sizeOf);
  const byLhs = new Int32Array(nOut * nRhs).fill(-1);
  const byRhs = new Int32Array(nOut * nLhs).fill(-1);
  const digits = (flat: number, sizes: readonly number[]) => {
    const at = new Array<number>(sizes.length);
    for (let d = sizes.length - 1; d >= 0; d--) {
      at[d] = flat % sizes[d];
      flat = Math.floor(flat / sizes[d]);
    }
    return at;
  };
  const taps = Array.from({ length: nRhs }, (_, t) => digits(t, rhs));
  for (let p = 0; p < nOut; p++) {
    const po = digits(p, out);
    for (let t = 0; t < nRhs; t++) {
      let s = 0;
      for (let d = 0; d < lhs.length && s >= 0; d++) {
        const i = axes[d][po[d] * rhs[d] + taps[t][d]];
        s = i < 0 ? -1 : s * lhs[d] + i;
      }
      if (s < 0) continue;
      byLhs[p * nRhs + t] = s;
      byRhs[p * nLhs + s] = t;
    }
  }
  return { out, lhs: nLhs, rhs: nRhs, byLhs, byRhs };
}

/** True where a dimension is read backwards as a whole. */
export const wholeFlip = (fs: readonly Factor[]): boolean => fs.length > 0 && fs.every((f) => isReal(f) && f.flip);

/** Forget whole flips of the spatial dimensions: the caller accounts for them. */
export function unflipSpatial(view: View): View {
  const dims = view.dims.map((fs, i) => (i >= 2 && wholeFlip(fs) ? fs.map((f) => ({ ...f, flip: false })) : fs));
  return { ...view, dims };
}
