/** N C H W. */
export type ImageShape = readonly [n: number, c: number, h: number, w: number];

/** A raw dataset: 8-bit images as they were published, with hard labels. Kept in bytes, normalised batch by batch. */
export interface LabelledSet {
  readonly kind: "labelled";
  /** Where it comes from: "cifar-10", "strokes", a path. */
  readonly name: string;
  /** N·C·H·W bytes, NCHW, 0 … 255. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly shape: ImageShape;
  /** N class indices in [0, K). */
  readonly labels: Int32Array<ArrayBuffer>;
  readonly classes: number;
  readonly classNames?: readonly string[];
}
