import type { Floats } from "../../src/nn/Network.ts";

/** Turn PyTorch's order of a parameter (O I H W, or out in) into ours (H W I O, in out). */
export function fromTorch(shape: readonly number[], data: Floats): Floats {
  return permute(shape, data, order(shape.length));
}

/** The other way. `shape` is PyTorch's. */
export function toTorch(shape: readonly number[], data: Floats): Floats {
  const perm = order(shape.length);
  const ours = perm.map((i) => shape[i]);
  const inverse = perm.map((_, i) => perm.indexOf(i));
  return permute(ours, data, inverse);
}

/**
 * The shape under which a parameter of ConvNet is turned: the linear layer after the convolutions reads C·H·W numbers in
 * PyTorch and H·W·C in ours, so its weight is a kernel that covers the whole map (4×4 after three blocks on 32 pixels).
 */
export function convNetShape(shape: readonly number[], width: number): readonly number[] {
  return shape.length === 2 && shape[1] === 16 * width ? [shape[0], width, 4, 4] : shape;
}

const order = (rank: number): number[] => (rank === 4 ? [2, 3, 1, 0] : rank === 2 ? [1, 0] : [...Array(rank).keys()]);

function permute(shape: readonly number[], data: Floats, perm: readonly number[]): Floats {
  const out = new Float32Array(data.length);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((n, d) => n * d, 1));
  const to = perm.map((i) => shape[i]);
  const at = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let d = 0; d < perm.length; d++) from += at[d] * strides[perm[d]];
    out[i] = data[from];
    for (let d = perm.length - 1; d >= 0; d--) {
      if (++at[d] < to[d]) break;
      at[d] = 0;
    }
  }
  return out;
}
