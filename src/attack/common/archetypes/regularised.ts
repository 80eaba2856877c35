import { add, mul, slice, square, sub, sum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import type { ArchetypeOptions } from "./archetypeOptions.ts";

/** A loss of images N C H W with the weights of total variation and of the mean square. */
export function regularised(loss: Tensor, x: Tensor, { tv, l2 }: Pick<ArchetypeOptions, "tv" | "l2">): Tensor {
  const [, c, h, w] = x.shape;
  const smooth = tv === 0 ? loss : add(loss, mul(totalVariation(x), tv));
  return l2 === 0 ? smooth : add(smooth, mul(sum(square(x)), l2 / (c * h * w)));
}

/** Σ squared differences of neighbours (Mahendran and Vedaldi 2015, β = 2). */
function totalVariation(x: Tensor): Tensor {
  const [n, c, h, w] = x.shape;
  const part = (y0: number, y1: number, x0: number, x1: number) =>
    slice(x, [
      [0, n],
      [0, c],
      [y0, y1],
      [x0, x1],
    ]);
  const down = sub(part(1, h, 0, w), part(0, h - 1, 0, w));
  const right = sub(part(0, h, 1, w), part(0, h, 0, w - 1));
  return add(sum(square(down)), sum(square(right)));
}
