import { type Key, permutation, Stream } from "../core/random.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Floats } from "../nn/Network.ts";

/** How the images of a batch are mixed, as it was drawn. */
export interface Mix {
  /** Image j is mixed with image `partner[j]`. */
  readonly partner: Int32Array;
  /** λ, the share of the image's own label. */
  readonly share: number;
  /** The rows and columns that come from the partner; without a box, images are averaged. */
  readonly box?: { readonly top: number; readonly left: number; readonly bottom: number; readonly right: number };
}

/**
 * Draw a mixture of a batch, λ ~ Beta(α, α), one for all images.
 *
 * `mixup`: λ x + (1 − λ) x′ (arXiv 1710.09412). `cutmix`: a box of the share 1 − λ of the image comes from the partner; what
 * the border cuts off is given back to λ (arXiv 1905.04899).
 */
export function drawMix(kind: "mixup" | "cutmix", alpha: number, key: Key, [n, , height, width]: ImageShape): Mix {
  const stream = new Stream(key);
  const share = stream.beta(alpha);
  const partner = permutation(key, n);
  if (kind === "mixup") return { partner, share };
  const [h, w] = [height, width].map((side) => Math.floor(side * Math.sqrt(1 - share)));
  const [y, x] = [stream.integer(height), stream.integer(width)];
  const box = {
    top: Math.max(0, y - Math.floor(h / 2)),
    left: Math.max(0, x - Math.floor(w / 2)),
    bottom: Math.min(height, y + Math.floor(h / 2)),
    right: Math.min(width, x + Math.floor(w / 2)),
  };
  const area = (box.bottom - box.top) * (box.right - box.left);
  return { partner, share: 1 - area / (height * width), box };
}

/** Mix a batch. x N·C·H·W, y N·K. Pure. */
export function mix(x: Floats, y: Floats, [n, channels, h, w]: ImageShape, draw: Mix): { x: Floats; y: Floats } {
  const { partner, share, box } = draw;
  const averaged = (values: Floats) => {
    const row = values.length / n;
    return values.map((v, i) => share * v + (1 - share) * values[partner[Math.floor(i / row)] * row + (i % row)]);
  };
  if (!box) return { x: averaged(x), y: averaged(y) };
  const out = x.slice();
  const size = channels * h * w;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++)
      for (let r = box.top; r < box.bottom; r++) {
        const at = (c * h + r) * w + box.left;
        const from = partner[i] * size + at;
        out.set(x.subarray(from, from + box.right - box.left), i * size + at);
      }
  return { x: out, y: averaged(y) };
}
