import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import type { Normalisation, ZcaWhitening } from "../data/Normalisation.ts";
import { fromPixels, pictureSpace, renormalise, sameNormalisation, toPixels } from "../data/normalise.ts";
import { standardSpace } from "../data/standardSpace.ts";
import { gamutBounds } from "../data/Trigger.ts";
import type { Floats } from "../nn/Network.ts";
import type { Attack, AttackContext } from "./Attack.ts";

/**
 * Run an attack where it counts in deviations of a pixel (`standardSpace`): a set in pixels, or a whitened one, is brought there, attacked, and
 * brought back. The same set in pixels and in that space is attacked alike. What the attack leaves alone keeps its bytes.
 *
 * The attack's own networks see such numbers, not those of the file. Trigger and archetypes of the result are in the picture space of the set.
 */
export async function* attackPictures<S extends Parameters<Attack["run"]>[1]>(
  attack: Pick<Attack, "run"> & Partial<Pick<Attack, "access">>,
  set: DistilledSet,
  options: S,
  context: AttackContext,
): ReturnType<Attack["run"]> {
  // Who distils works on raw pixels and writes the set himself, in its own space.
  if (attack.access !== undefined && attack.access !== "distilled-set")
    return yield* attack.run(renormalise(set, pictureSpace(set.normalisation)), options, context);
  const space = standardSpace(set);
  if (space === set.normalisation || sameNormalisation(space, set.normalisation))
    return yield* attack.run(set, options, context);
  const standard = renormalise(set, space);
  const result = yield* attack.run(standard, options, context);
  const { images, shape } = result.set;
  const before = Math.min(set.images.length, images.length);
  const [m, ...image] = shape;
  const rows = (n: number): ImageShape => [(m * n) / images.length, ...image];
  const changed = new Float32Array(images.length);
  changed.set(returned(set, standard.images, images.slice(0, before), rows(before), space));
  const added = images.slice(before);
  changed.set(fromPixels(toPixels(added, rows(added.length), space), rows(added.length), set.normalisation), before);
  const pictured = (values: Floats) => {
    const [, c, h, w] = shape;
    const some: ImageShape = [values.length / (c * h * w), c, h, w];
    return fromPixels(toPixels(values, some, space), some, pictureSpace(set.normalisation));
  };
  const { trigger, archetypes } = result;
  return {
    ...result,
    set: { ...result.set, images: changed, normalisation: set.normalisation },
    trigger: {
      ...{ ...trigger, pattern: trigger.generator ? trigger.pattern : pictured(trigger.pattern) },
      ...(trigger.generator && {
        generator: { ...trigger.generator, ...gamutBounds(pictureSpace(set.normalisation), shape[1]) },
      }),
    },
    ...(archetypes && { archetypes: { ...archetypes, images: pictured(archetypes.images) } }),
  };
}

/** The set's numbers after a change in the standard space; what did not change keeps its bytes. */
function returned(
  { images, normalisation }: DistilledSet,
  before: Floats,
  after: Floats,
  shape: ImageShape,
  space: Normalisation,
): Floats {
  const [was, is] = [before, after].map((values) => toPixels(values.slice(0, after.length), shape, space));
  if (normalisation.kind === "zca" && normalisation.whitening) return moved(images, was, is, normalisation.whitening);
  const stored = fromPixels(is, shape, normalisation);
  return stored.map((v, i) => (after[i] === before[i] ? images[i] : v));
}

/** Whitened numbers after a change of their pixels: x + (p′ − p) W. */
function moved(whitened: Floats, pixels: Floats, after: Floats, { mean, matrix }: ZcaWhitening): Floats {
  const d = mean.length;
  const out = whitened.slice(0, after.length);
  const row = new Float64Array(d);
  for (let at = 0; at < after.length; at += d) {
    row.set(out.subarray(at, at + d));
    for (let k = 0; k < d; k++) {
      const change = after[at + k] - pixels[at + k];
      if (change !== 0) for (let j = 0, w = k * d; j < d; j++, w++) row[j] += change * matrix[w];
    }
    out.set(row, at);
  }
  return out;
}
