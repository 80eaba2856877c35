import { type Html, html } from "../../page/html.ts";
import { counted, percent, points } from "../../page/numbers.ts";
import { asr } from "../conditions.ts";
import { tile } from "../sections/tiles.ts";
import { sweepAudits } from "./audits.ts";
import { saysShare } from "./auditTable.ts";
import { type Cell, largest, summaryIn } from "./cells.ts";
import type { Sweep } from "./parts/Part.ts";
import type { SweepRecord } from "./sweepRecord.ts";

/** The few numbers to remember of a sweep, each with what it has to be held against. */
export function sweepTiles(record: SweepRecord, { cells }: Sweep): Html {
  const failed = record.trials.filter(({ status }) => status === "failed").length;
  const planned = record.planned ?? record.trials.length;
  const finished = record.trials.length - failed;
  const attacked = cells.filter(({ verdict }) => verdict !== "none");
  const risen = attacked.filter(({ verdict }) => verdict === "worked" || verdict === "weak").length;
  const best = largest(attacked, ({ rise }) => rise?.mean);
  const worst = largest(cells, ({ ctaChange }) => ctaChange && -ctaChange.mean);
  const held = best?.control && summaryIn(best, best.control);
  const success = best && summaryIn(best, asr);
  const audits = sweepAudits(record);
  const missing = [
    failed > 0 && `${counted(failed)} failed`,
    planned > record.trials.length && `${counted(planned - record.trials.length)} to run`,
  ];
  return html`<section class="tiles">
${tile("Trials", counted(finished), missing.filter(Boolean).join(", ") || "all finished")}
${tile("Conditions", counted(cells.length), repetitions(cells))}
${attacked.some(({ rise }) => rise?.p !== undefined) && tile("ASR beyond its controls", counted(risen), `of ${counted(attacked.length)} attacked conditions`)}
${best?.rise && success && held && tile("Largest rise", points(best.rise.mean), `ASR ${percent(success.mean)}, control ${percent(held.mean)}`)}
${worst?.ctaChange && tile("Largest fall of CTA", worst.ctaChange.mean < 0 ? points(worst.ctaChange.mean) : "none", "clean test accuracy")}
${audits && audits.found.of > 0 && tile("Effective attacks found", saysShare(audits.found, false), `by an audit; ${saysShare(audits.clean, false)} clean sets accused`)}
</section>`;
}

function repetitions(cells: readonly Cell[]): string {
  const counts = cells.map(({ measurements }) => measurements.length);
  const [few, many] = counts.reduce(([low, high], n) => [Math.min(low, n), Math.max(high, n)], [Infinity, 0]);
  if (many === 0) return "none was measured";
  return many === 1 ? "a single seed each" : few === many ? `${many} seeds each` : `${few} to ${many} seeds each`;
}
