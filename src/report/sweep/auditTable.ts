import { type AuditedGroup, EFFECTIVE, type Share, type SweepAudits } from "./audits.ts";

/** What the numbers of the table are. */
export const auditNote = `An attack is effective where it raises ASR by ${100 * EFFECTIVE} points or more on real test images; one that is not is no miss. Found: effective attacks whose set is called backdoored or suspicious (true positive rate). Class and place: of those found; precision and recall: of the images that the audit names, those that carry the trigger, and the other way round; blank where a trigger has no place or most images were moved. Clean: the same sets before the attack, accused (false positive rate). Not judged: attacked and clean sets of which the audit says that they cannot be; they count as not accused. In brackets exact 95 % intervals (Clopper–Pearson). Every set counts once, whatever receivers it was measured with.`;

/** The audits of a sweep as text: one line an attack. @returns its head, of which the first `names` columns are names, and its rows */
export function auditTable({ axes, groups }: SweepAudits): { head: string[]; names: number; rows: string[][] } {
  return {
    head: [
      ...(axes.length > 0 ? axes : ["attack"]),
      ...["sets", "effective", "found", "class right", "place right", "precision", "recall"],
      ...["accused, not effective", "clean accused", "not judged"],
    ],
    names: Math.max(1, axes.length),
    rows: groups.map((group) => [...(axes.length > 0 ? group.values : ["all"]), ...cells(group)]),
  };
}

const cells = ({
  sets,
  effective,
  found,
  classRight,
  placeRight,
  precision,
  recall,
  others,
  clean,
  unjudged,
}: AuditedGroup) => [
  ...[String(sets.length), String(effective), saysShare(found)],
  ...[saysShare(classRight, false), saysShare(placeRight, false), percent(precision), percent(recall)],
  ...[saysShare(others), saysShare(clean), saysShare(unjudged, false)],
];

/** "3 of 4 (19–99 %)"; blank of none. */
export function saysShare({ hits, of, low, high }: Share, interval = true): string {
  if (low === undefined || high === undefined) return "";
  return `${hits} of ${of}${interval ? ` (${Math.round(100 * low)}–${Math.round(100 * high)} %)` : ""}`;
}

const percent = (rate: number | undefined): string => (rate === undefined ? "" : `${Math.round(100 * rate)} %`);
