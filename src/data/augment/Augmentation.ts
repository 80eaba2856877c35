/**
 * One augmentation of a batch as it was drawn: an operator and its numbers, one an image, or a single one for all.
 *
 * A plain value: `drawDsa` makes it from a key, `augment` applies it to arrays, `augmentAdjoint` carries derivatives back.
 * `u` is uniform in [0, 1); what it means is set by `DsaSettings`.
 */
export type Augmentation =
  | {
      readonly operator: "color";
      readonly brightnessU: readonly number[];
      readonly saturationU: readonly number[];
      readonly contrastU: readonly number[];
    }
  | SpatialAugmentation;

/** Operators that move or drop pixels: linear, the same for every channel. */
export type SpatialAugmentation =
  /** out[y, x] = in[y + dy, x + dx], zero outside. Whole pixels. */
  | { readonly operator: "crop"; readonly dy: readonly number[]; readonly dx: readonly number[] }
  /** A square around (cy, cx) becomes zero. */
  | { readonly operator: "cutout"; readonly cy: readonly number[]; readonly cx: readonly number[] }
  /** Mirrored left to right where u is below the chance of it. */
  | { readonly operator: "flip"; readonly u: readonly number[] }
  | { readonly operator: "scale"; readonly uy: readonly number[]; readonly ux: readonly number[] }
  | { readonly operator: "rotate"; readonly u: readonly number[] }
  /** Mirrored left to right where u is below the chance of it, then shifted as by `crop`. */
  | {
      readonly operator: "flipCrop";
      readonly u: readonly number[];
      readonly dy: readonly number[];
      readonly dx: readonly number[];
    };

/** Reach of the operators (arXiv 2102.08259, appendix). */
export interface DsaSettings {
  /** Largest shift of all values, ± half of it. In the space the images are in. */
  readonly brightness: number;
  /** Distance from grey × 0 … saturation. */
  readonly saturation: number;
  /** Distance from the image's mean × contrast … 1 + contrast. */
  readonly contrast: number;
  /** Largest shift, as a share of the side. */
  readonly cropPad: number;
  /** Side of the square, as a share of the image's. */
  readonly cutout: number;
  /** Each axis × 1 / scale … scale. */
  readonly scale: number;
  /** Degrees either way. */
  readonly rotate: number;
  /** Chance of a mirrored image. */
  readonly flip: number;
}

export const dsaSettings: DsaSettings = {
  brightness: 1,
  saturation: 2,
  contrast: 0.5,
  cropPad: 0.125,
  cutout: 0.5,
  scale: 1.2,
  rotate: 15,
  flip: 0.5,
};

/** The number of image i: its own, or the one that the whole batch shares. */
export const numberOf = (values: readonly number[], i: number): number => values[values.length === 1 ? 0 : i];

/** Pixels of a share of the side, rounded half up. */
export const pixelsOf = (share: number, side: number): number => Math.floor(share * side + 0.5);
