import type { AuditResult, Suspect } from "../audit/auditSet.ts";
import type { Patch } from "../audit/Patch.ts";
import { type AuditVerdict, largeDrop } from "../audit/verdict.ts";
import type { RepairTarget } from "./RepairTarget.ts";

/** What a repair needs of an audit. */
export interface AuditFindings extends Pick<AuditResult, "coherence"> {
  readonly verdict: AuditVerdict;
  /** Most suspicious first. */
  readonly suspects: readonly FoundSuspect[];
  /** The one that the verdict is about. */
  readonly suspect?: FoundSuspect;
}

export interface FoundSuspect extends Pick<Suspect, "targetClass" | "patch" | "held" | "support"> {
  /** Absent in what an older version said. */
  readonly confirmation?: Pick<Suspect["confirmation"], "rise">;
}

/**
 * What to repair where the verdict is *backdoored* or *suspicious*: the suspect that it names, and every other whose loss of support is as
 * large as the audit asks of a set with so many images a class. Several suspects of one class at overlapping places are one finding: the
 * images of all, the patch that calls most; where no image carries the one that the verdict names, those at its place that beat their
 * controls belong to it too. Where no patch explains the verdict, the images that share a detail.
 *
 * @param force take the suspect that the audit would name whatever the verdict is
 */
export function findingsOf(
  { verdict, suspects, coherence, ...named }: AuditFindings,
  imagesPerClass: number,
  force = false,
): RepairTarget[] {
  const guilty = verdict === "backdoored" || verdict === "suspicious";
  if (!guilty && !force) return [];
  const shared = guilty ? coherence.filter(({ alarm }) => alarm) : [];
  const suspect = named.suspect ?? (shared.length > 0 ? undefined : suspects[0]);
  const planted = ({ support }: FoundSuspect) =>
    guilty && support.flagged.length > 0 && support.drop >= largeDrop(imagesPerClass);
  const beside = (one: FoundSuspect) =>
    suspect?.support.flagged.length === 0 && works(one) && isSame(suspect, one) && one !== suspect;
  const found = merged([...(suspect ? [suspect] : []), ...suspects.filter((one) => planted(one) || beside(one))]);
  if (found.length > 0) return found;
  const classes = [...new Set(shared.map(({ targetClass }) => targetClass))];
  return classes.map((targetClass) => ({
    targetClass,
    images: union(shared.filter((one) => one.targetClass === targetClass).map(({ images }) => images)),
  }));
}

/**
 * What of earlier findings is left: suspects of a later audit of their class and at their place that beat their controls, whatever its
 * verdict is. What was found once need not be unusual again; what the repair left of it is weaker.
 */
export function leftOf(before: readonly RepairTarget[], { suspects }: Pick<AuditFindings, "suspects">): RepairTarget[] {
  const same = (one: FoundSuspect) =>
    before.some(({ targetClass, patch }) => patch && isSame({ targetClass, patch }, one));
  return merged(suspects.filter((one) => works(one) && same(one))).map((one) => ({ ...one, again: true }));
}

/** Findings of a later audit: what it speaks against, and what is left of earlier ones. */
export function laterFindings(
  before: readonly RepairTarget[],
  audit: AuditFindings,
  imagesPerClass: number,
): RepairTarget[] {
  const left = leftOf(before, audit);
  const known = ({ targetClass, patch }: RepairTarget) =>
    left.some((one) => patch && one.patch && isSame({ targetClass, patch }, { ...one, patch: one.patch }));
  return [...findingsOf(audit, imagesPerClass).filter((one) => !known(one)), ...left];
}

/** A class and place that were accused once are given no margin: intervals that lie apart are enough. */
const works = ({ confirmation }: FoundSuspect): boolean => confirmation !== undefined && confirmation.rise > 0;

type Placed = Pick<FoundSuspect, "targetClass" | "patch">;
const isSame = (a: Placed, b: Placed): boolean => a.targetClass === b.targetClass && overlap(a.patch, b.patch);

function merged(suspects: readonly FoundSuspect[]): RepairTarget[] {
  const groups: FoundSuspect[][] = [];
  for (const one of suspects) {
    const same = groups.find(([other]) => isSame(other, one));
    if (same) same.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => {
    const best = group.reduce((a, b) => (b.held > a.held ? b : a));
    return {
      targetClass: best.targetClass,
      images: union(group.map(({ support }) => support.flagged)),
      patch: best.patch,
    };
  });
}

const overlap = (a: Patch, b: Patch): boolean =>
  a.top < b.top + b.side && b.top < a.top + a.side && a.left < b.left + b.side && b.left < a.left + a.side;

const union = (lists: readonly (readonly number[])[]): number[] => [...new Set(lists.flat())].sort((a, b) => a - b);
