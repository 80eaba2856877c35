import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { strokes } from "../../src/data/generators/strokes.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import { normalisedBatch } from "../../src/data/normalisedBatch.ts";

/** Ten drawings, one a class, in place of a distilled set. */
export function drawings(change: Partial<DistilledSet> = {}): DistilledSet {
  const raw = strokes("train", 10);
  const normalisation = knownNormalisations.strokes;
  return {
    kind: "distilled",
    name: "drawings",
    images: normalisedBatch(raw, 0, 10, normalisation),
    shape: raw.shape,
    labels: { kind: "hard", classes: raw.labels },
    classes: 10,
    normalisation,
    metadata: {},
    ...change,
  };
}
