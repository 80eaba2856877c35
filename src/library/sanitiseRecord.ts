import type { Patch } from "../audit/Patch.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { digestOf } from "../data/digestOf.ts";
import type { ImageShape } from "../data/LabelledSet.ts";
import { pictures } from "../report/pictures.ts";
import type { Pictures } from "../report/record.ts";
import type { SanitiseRecord } from "../report/sanitise/sanitiseRecord.ts";
import { picturesOf } from "../sanitise/pictures.ts";
import type { Repair } from "../sanitise/Repair.ts";
import { repairRegistry } from "../sanitise/repairRegistry.ts";
import { takeRows } from "../train/train.ts";
import type { SanitiseResult } from "./sanitise.ts";

export interface SanitiseRecordParts
  extends Pick<SanitiseRecord, "title" | "command" | "created" | "versions" | "measured"> {
  readonly set: DistilledSet;
  readonly result: SanitiseResult;
}

/** Put together what the page of a repair shows. Pure. */
export function sanitiseRecordOf({ set, result, ...said }: SanitiseRecordParts): SanitiseRecord {
  const { before, after, rounds, origin } = result;
  const [m, c, h, w] = set.shape;
  const [was, is] = [picturesOf(set), picturesOf(result.set)];
  const size = c * h * w;
  const same = (row: number, at: number) =>
    was.subarray(row * size, (row + 1) * size).every((v, p) => v === is[at * size + p]);
  const kept = [...origin.entries()].filter(([at, row]) => row >= 0 && !same(row, at));
  const added = [...origin.entries()].filter(([, row]) => row < 0).map(([at]) => at);
  const shown = (from: Float32Array<ArrayBuffer>, rows: readonly number[]): Pictures | undefined =>
    rows.length === 0
      ? undefined
      : pictures(takeRows(from, from.length / size, Int32Array.from(rows)), [rows.length, c, h, w]);
  const images = {
    before: shown(
      was,
      kept.map(([, row]) => row),
    ),
    after: shown(
      is,
      kept.map(([at]) => at),
    ),
    added: shown(is, added),
  };
  const verdict = ({ verdict: word, sentences }: NonNullable<typeof after>) => ({
    verdict: word,
    sentences: [...(sentences ?? [])],
  });
  return {
    ...said,
    digests: { before: digestOf(set), after: digestOf(result.set) },
    verdicts: { before: verdict(before), ...(after && { after: verdict(after) }) },
    left: isLeft(result),
    rounds: rounds.map(({ after: later }) => ({
      ...(later && { verdict: later.verdict }),
      works: [...new Set(later?.left.map(({ targetClass }) => nameOfClass(set, targetClass)))],
    })),
    findings: rounds.flatMap(({ findings, residue: { triggers } }, nth) => {
      const rates = [...triggers];
      return findings.map(({ targetClass, images: rows, patch, again = false }) => {
        const rate = patch && rates.shift();
        return {
          ...{ round: nth + 1, again },
          className: nameOfClass(set, targetClass),
          images: rows,
          ...(patch && {
            place: { top: patch.top, left: patch.left, side: patch.side },
            trigger: patchPictures(patch, set.shape),
          }),
          ...(rate && { before: rate.before, after: rate.after }),
        };
      });
    }),
    steps: rounds.flatMap(({ steps }, nth) =>
      steps.map(({ repair, options, changed, removed, added: more }) => ({
        ...{ round: nth + 1, repair, options, changed: changed.length, removed: removed.length, added: more },
        title: (repairRegistry as Readonly<Record<string, Repair>>)[repair]?.title ?? repair,
      })),
    ),
    ...(rounds.length > 0 && { learnt: rounds[rounds.length - 1].residue.learnt }),
    images,
    sizes: { before: m, after: result.set.shape[0] },
  };
}

/** Share of its success that a found trigger must have lost where no audit followed that could ask its controls. Chosen. */
const LOST = 0.5;

/**
 * Whether something is left: the last audit speaks against somebody, or a found trigger beats its controls there still; where the repaired
 * set was not audited, whether a found trigger kept half of its success. Then `false` is no promise.
 */
export function isLeft({ before, after, rounds }: Pick<SanitiseResult, "before" | "after" | "rounds">): boolean {
  const round = rounds.at(-1);
  const last = round ? after : before;
  if (round && !after) return round.residue.triggers.some((one) => one.after > (1 - LOST) * one.before);
  return (round?.after?.left.length ?? 0) > 0 || last?.verdict === "backdoored" || last?.verdict === "suspicious";
}

export const nameOfClass = ({ classNames }: DistilledSet, label: number): string =>
  classNames ? `“${classNames[label]}”` : `class ${label}`;

const patchPictures = ({ side, values }: Patch, [, c]: ImageShape): Pictures => pictures(values, [1, c, side, side]);
