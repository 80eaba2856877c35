import type { Attack, AttackContext } from "../attack/Attack.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { ZcaWhitening } from "../data/Normalisation.ts";
import { fromPixels, pictureSpace, renormalise } from "../data/normalise.ts";
import type { Floats } from "../nn/Network.ts";

/**
 * Run an attack where pictures are handled (`pictureSpace`): a whitened set is brought to pixels, attacked there, and whitened again. Every
 * other set is attacked in its own space.
 *
 * The attack's own networks see pixels then, not whitened numbers. Trigger and archetypes of the result are in the picture space.
 */
export async function* attackPictures<S extends Parameters<Attack["run"]>[1]>(
  attack: Pick<Attack, "run">,
  set: DistilledSet,
  options: S,
  context: AttackContext,
): ReturnType<Attack["run"]> {
  const pictures = renormalise(set, pictureSpace(set.normalisation));
  const result = yield* attack.run(pictures, options, context);
  const { normalisation } = set;
  if (normalisation.kind !== "zca" || !normalisation.whitening) return result;
  const { images, shape } = result.set;
  const before = Math.min(set.images.length, images.length);
  const changed = new Float32Array(images.length);
  changed.set(moved(set.images, pictures.images, images.subarray(0, before), normalisation.whitening));
  const [m, ...image] = shape;
  const added = images.slice(before);
  changed.set(fromPixels(added, [(m * added.length) / images.length, ...image], normalisation), before);
  return { ...result, set: { ...result.set, images: changed, normalisation } };
}

/** Whitened numbers after a change of their pixels: x + (p′ − p) W. What was left alone keeps its bytes. */
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
