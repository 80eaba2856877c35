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

export type FoundSuspect = Pick<Suspect, "targetClass" | "patch" | "held" | "support">;

/**
 * What to repair where the verdict is *backdoored* or *suspicious*: the suspect that it names, and every other whose loss of support is as
 * large as the audit asks of a set with so many images a class. Several suspects of one class at overlapping places are one finding: the
 * images of all, the patch that calls most. Where no patch explains the verdict, the images that share a detail.
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
  const found = merged([...(suspect ? [suspect] : []), ...suspects.filter(planted)]);
  if (found.length > 0) return found;
  const classes = [...new Set(shared.map(({ targetClass }) => targetClass))];
  return classes.map((targetClass) => ({
    targetClass,
    images: union(shared.filter((one) => one.targetClass === targetClass).map(({ images }) => images)),
  }));
}

function merged(suspects: readonly FoundSuspect[]): RepairTarget[] {
  const groups: FoundSuspect[][] = [];
  for (const one of suspects) {
    const same = groups.find(([other]) => other.targetClass === one.targetClass && overlap(other.patch, one.patch));
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
