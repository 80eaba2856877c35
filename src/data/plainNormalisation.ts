import type { Normalisation } from "./Normalisation.ts";

/** A normalisation as plain JSON that tells it from others: a whitening is what it was fitted to, or that there is one. */
export function plainNormalisation(normalisation: Normalisation): unknown {
  if (normalisation.kind !== "zca") return normalisation;
  const { fit, whitening } = normalisation;
  return { kind: "zca", ...(fit ? { fit } : { whitening: whitening !== undefined }) };
}
