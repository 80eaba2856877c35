/**
 * What was done to pixels in [0, 1] before they became the stored numbers. Travels with every set.
 *
 * - `unit`: nothing, the values are pixels in [0, 1];
 * - `meanStd`: (x − mean) / std per channel, both in pixel units;
 * - `zca`: whitened by a matrix that the set may not carry;
 * - `unknown`: the file did not say. Never silently treated as another kind.
 */
export type Normalisation =
  | { readonly kind: "unit" }
  | {
      readonly kind: "meanStd";
      readonly name?: string;
      readonly mean: readonly number[];
      readonly std: readonly number[];
    }
  | {
      readonly kind: "zca";
      /** The raw dataset that the whitening was fitted to. */
      readonly name?: string;
      readonly fit?: WhiteningFit;
      readonly whitening?: ZcaWhitening;
    }
  | { readonly kind: "unknown" };

/** x ↦ (x − mean) · matrix on flattened C·H·W images in pixel units; `inverse` undoes the matrix. */
export interface ZcaWhitening {
  readonly mean: Float32Array<ArrayBuffer>;
  readonly matrix: Float32Array<ArrayBuffer>;
  readonly inverse: Float32Array<ArrayBuffer>;
}

/** What a whitening was fitted to: enough to find it or to fit it again. */
export interface WhiteningFit {
  /** SHA-256 of the content of the raw training set, in lower-case hexadecimal (experiment/setDigest.ts). */
  readonly data: string;
  /** What was added to every variance, in squared pixel units. */
  readonly epsilon: number;
}

/** Mean and standard deviation per channel, in pixel units, that the field uses for each raw dataset (docs/method.md, §4). */
export const knownNormalisations = {
  mnist: { kind: "meanStd", name: "mnist", mean: [0.1307], std: [0.3081] },
  "fashion-mnist": { kind: "meanStd", name: "fashion-mnist", mean: [0.2861], std: [0.353] },
  svhn: { kind: "meanStd", name: "svhn", mean: [0.4377, 0.4438, 0.4728], std: [0.198, 0.201, 0.197] },
  "cifar-10": { kind: "meanStd", name: "cifar-10", mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  "cifar-100": { kind: "meanStd", name: "cifar-100", mean: [0.5071, 0.4866, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  // Per-channel mean and population deviation of strokes("train", 10_000).pixels / 255, to four digits.
  strokes: { kind: "meanStd", name: "strokes", mean: [0.4373, 0.4364, 0.433], std: [0.2406, 0.2406, 0.2414] },
  imagenet: { kind: "meanStd", name: "imagenet", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
} as const satisfies Record<string, Normalisation>;
