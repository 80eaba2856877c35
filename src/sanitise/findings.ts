import type { AuditResult, Suspect } from "../audit/auditSet.ts";
import type { Patch } from "../audit/Patch.ts";
import { type AuditVerdict, largeDrop } from "../audit/verdict.ts";
import type { RepairTarget } from "./RepairTarget.ts";

/** What a repair needs of an audit. */
export interface AuditFindings extends Pick<AuditResult, "coherence"> {
  readonly verdict: AuditVerdict;
  /** Most suspicious first. */
  readonly suspects: readonly Pick<Suspect, "targetClass" | "patch" | "held" | "support">[];
}

/**
 * What to repair: every suspect whose loss of support is as large as the audit asks of a set with so many images a class, or as large as
 * that of the first, where the verdict is *backdoored* or *suspicious*. Several suspects of one class at overlapping places are one finding: the images of all, the patch that calls
 * most. Where no patch explains the verdict, the images that share a detail.
 *
 * @param force take the first suspect whatever the verdict is
 */
export function findingsOf(
  { verdict, suspects, coherence }: AuditFindings,
  imagesPerClass: number,
  force = false,
): RepairTarget[] {
  const guilty = verdict === "backdoored" || verdict === "suspicious";
  if (!guilty && !force) return [];
  const [first] = suspects;
  const least = Math.min(largeDrop(imagesPerClass), first?.support.drop ?? 0);
  const planted = suspects.filter(({ support }) => support.flagged.length > 0 && support.drop >= least);
  if (planted.length > 0 && guilty) return merged(planted);
  const shared = coherence.filter(({ alarm }) => alarm);
  if (guilty && shared.length > 0) {
    const classes = [...new Set(shared.map(({ targetClass }) => targetClass))];
    return classes.map((targetClass) => ({
      targetClass,
      images: union(shared.filter((one) => one.targetClass === targetClass).map(({ images }) => images)),
    }));
  }
  return first ? merged([first]) : [];
}

function merged(suspects: AuditFindings["suspects"]): RepairTarget[] {
  const groups: AuditFindings["suspects"][number][][] = [];
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
