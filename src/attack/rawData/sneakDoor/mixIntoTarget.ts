import { UsageError } from "../../../core/errors.ts";
import { child, type Key } from "../../../core/random.ts";
import { classRows, sampleRows } from "../../../data/classRows.ts";
import type { LabelledSet } from "../../../data/LabelledSet.ts";
import { addGeneratedToBytes, type TriggerGenerator } from "../../../data/TriggerGenerator.ts";

/** Which raw images of the target become which moved images of the source class: row by row. */
export interface Mixture {
  readonly target: Int32Array<ArrayBuffer>;
  readonly source: Int32Array<ArrayBuffer>;
}

/**
 * Draw a share of the target's raw images, at least one, and as many of the source class.
 *
 * @throws UsageError where the source class has fewer.
 */
export function drawMixture(
  raw: LabelledSet,
  sourceClass: number,
  targetClass: number,
  share: number,
  key: Key,
): Mixture {
  const rows = classRows(raw);
  const [own, others] = [rows[targetClass], rows[sourceClass]];
  const count = Math.max(1, Math.round(share * own.length));
  if (count > others.length)
    throw new UsageError(
      `sneakDoor: invalid share: expected at most the ${others.length} raw images of class ${sourceClass}, got ${count}`,
    );
  const draw = (from: Int32Array, name: string) => sampleRows(from, count, child(key, name));
  return { target: draw(own, "target"), source: draw(others, "source") };
}

/** The raw images with that mixture, the source's images moved, as pictures of 8 bits. No label changes. Pure. */
export function mixIntoTarget(raw: LabelledSet, { target, source }: Mixture, generator: TriggerGenerator): LabelledSet {
  const size = raw.shape[1] * raw.shape[2] * raw.shape[3];
  const pixels = raw.pixels.slice();
  source.forEach((row, i) => {
    const moved = addGeneratedToBytes(generator, raw.pixels.subarray(row * size, (row + 1) * size), raw.shape);
    pixels.set(moved, target[i] * size);
  });
  return { ...raw, pixels };
}
