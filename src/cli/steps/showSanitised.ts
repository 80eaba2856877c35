import { percent } from "../../page/numbers.ts";
import { saidOf } from "../../report/sanitise/sanitisePage.ts";
import type { SanitiseRecord } from "../../report/sanitise/sanitiseRecord.ts";
import type { Console } from "../shell/console.ts";
import type { WrittenSet } from "./writeSanitised.ts";

/** Print what a repair did. */
export function showSanitised(record: SanitiseRecord, written: WrittenSet, console: Console): void {
  const { verdicts, findings, rounds, steps, learnt, measured, sizes } = record;
  const several = rounds.length > 1;
  console.line(`BEFORE: ${[`${verdicts.before.verdict.toUpperCase()}.`, ...verdicts.before.sentences].join(" ")}`);
  if (findings.length === 0) {
    console.line();
    console.line("Nothing was changed and nothing written.");
    if (written.report !== undefined) console.line(`report        ${written.report}`);
    return;
  }
  if (verdicts.after)
    console.line(`AFTER: ${verdicts.after.verdict.toUpperCase()}. ${verdicts.after.sentences.join(" ")}`);
  else {
    console.line("AFTER: not audited. What is left is measured with the found triggers alone.");
    if (record.left) console.line("A found trigger keeps more than half of its success. Give no such set away.");
  }
  const works = rounds.at(-1)?.works ?? [];
  if (works.length > 0)
    console.line(`What was found works still, more than its controls do: ${works.join(", ")}. Give no such set away.`);
  console.line();
  if (several) {
    for (const [i, one] of rounds.entries()) console.line(`round ${i + 1}: ${saidOf(one)}`);
    console.line();
  }
  console.table(findings, [
    ...(several ? [{ title: "round", of: ({ round }: (typeof findings)[number]) => round }] : []),
    { title: "found", of: ({ className }) => className, align: "left" },
    {
      title: "place",
      of: ({ place }) =>
        place ? `row ${place.top}, column ${place.left}, ${place.side}×${place.side}` : "no compact patch",
      align: "left",
    },
    { title: "images", of: ({ images }) => images.join(", ") || "none", align: "left" },
    { title: "calls before", of: ({ before }) => (before === undefined ? "" : percent(before)), align: "right" },
    { title: "after", of: ({ after }) => (after === undefined ? "" : percent(after)), align: "right" },
  ]);
  console.line();
  for (const { round, repair, changed, removed, added } of steps)
    console.line(
      `${several ? `round ${round}, ` : ""}${repair}: ${changed} changed, ${removed} removed, ${added} added`,
    );
  if (written.difference)
    console.line(
      `diff: ${written.difference.edited} images edited, ${written.difference.added} added (${sizes.before} → ${sizes.after})`,
    );
  if (learnt)
    console.line(
      `Networks call ${percent(learnt.before)} of the untouched images what they are labelled before, ${percent(learnt.after)} after.`,
    );
  for (const { name, cta, asr } of measured?.rows ?? [])
    console.line(
      `${name}: clean accuracy ${percent(cta)}${asr === undefined ? "" : `, the found trigger succeeds ${percent(asr)}`} on ${measured?.images} images of ${measured?.data}`,
    );
  for (const loss of written.losses) console.line(`  lost: ${loss}`);
  console.line(`repaired set  ${written.paths.length === 1 ? written.paths[0] : written.out}`);
  if (written.report !== undefined) console.line(`report        ${written.report}`);
}
