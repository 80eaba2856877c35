import type { LabelledSet } from "./LabelledSet.ts";
import type { ZcaWhitening } from "./Normalisation.ts";

interface Whitened {
  readonly whitening: ZcaWhitening;
  /** N·C·H·W. */
  readonly values: Float32Array;
}

/** Raw sets that were whitened whole, as long as somebody holds them: a picture costs a product with a D × D matrix. */
const held = new WeakMap<LabelledSet, Whitened>();

/** Remember what a raw set is by a whitening, for `normalisedRows` and `normalisedBatch`. */
export function holdWhitened(set: LabelledSet, whitening: ZcaWhitening, values: Float32Array): void {
  held.set(set, { whitening, values });
}

/** All images of a raw set by this whitening, if they are held. */
export function heldWhitened(set: LabelledSet, whitening: ZcaWhitening | undefined): Float32Array | undefined {
  const found = held.get(set);
  return found && found.whitening === whitening ? found.values : undefined;
}
