import type { AttackResult } from "../../attack/Attack.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Trigger } from "../../data/Trigger.ts";
import type { AuditRecord } from "../../report/sweep/auditRecord.ts";
import type { StoredAudit } from "../../run/auditStage.ts";
import { classesOf } from "../../train/targets.ts";

/** Share of a picture that a trigger covers at most to have a place, and of a set's images that carry it at most to be a few. */
const LOCAL = 0.25;
const FEW = 0.5;

/**
 * Hold what an audit says against what was planted: class, place, images. Absent is what cannot be right or wrong: the place of a
 * trigger over a quarter of the picture or more, the images of an attack that moves more than half of them.
 */
export function auditTruth(
  { suspect, flagged }: StoredAudit,
  clean: DistilledSet,
  { set, trigger, targetClass }: Pick<AttackResult, "set" | "trigger" | "targetClass">,
): NonNullable<AuditRecord["truth"]> {
  const carriers = carriersOf(clean, set, targetClass);
  const hits = carriers && flagged.filter((image) => carriers.includes(image)).length;
  const local = trigger.mask.filter((opacity) => opacity > 0).length < LOCAL * trigger.mask.length;
  return {
    ...(suspect && { classRight: suspect.targetClass === targetClass }),
    ...(suspect && local && { placeRight: overlaps(suspect.place, trigger) }),
    ...(carriers && hits !== undefined && { recall: hits / carriers.length }),
    ...(hits !== undefined && flagged.length > 0 && { precision: hits / flagged.length }),
  };
}

/** Images of the target class that the attack changed, relabelled or added; undefined where they are none or too many to be told apart. */
function carriersOf(clean: DistilledSet, tampered: DistilledSet, targetClass: number): number[] | undefined {
  const [n, ...image] = tampered.shape;
  const size = image.reduce((a, b) => a * b, 1);
  const [before, after] = [classesOf(clean), classesOf(tampered)];
  const changed = Array.from({ length: n }, (_, i) => i).filter(
    (i) =>
      i >= clean.shape[0] ||
      before[i] !== after[i] ||
      tampered.images.subarray(i * size, (i + 1) * size).some((v, p) => v !== clean.images[i * size + p]),
  );
  const carriers = changed.filter((i) => after[i] === targetClass);
  return carriers.length > 0 && changed.length <= FEW * n ? carriers : undefined;
}

function overlaps(
  { top, left, side }: NonNullable<StoredAudit["suspect"]>["place"],
  { mask, width }: Trigger,
): boolean {
  return mask.some((opacity, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return opacity > 0 && y >= top && y < top + side && x >= left && x < left + side;
  });
}
