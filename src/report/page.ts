import { frame } from "../page/frame.ts";
import { html } from "../page/html.ts";
import { duration } from "../page/numbers.ts";
import { style } from "../page/style.ts";
import { conclude } from "./conclusion.ts";
import type { RunRecord } from "./record.ts";
import { configuration, whatWasDone } from "./sections/account.ts";
import { pictureSection } from "./sections/pictures.ts";
import { curveSection, resultSection } from "./sections/results.ts";
import { tiles } from "./sections/tiles.ts";
import { triggerSection } from "./sections/trigger.ts";
import { verdictCard } from "./sections/verdict.ts";

/**
 * Render a run's record as one self-contained page.
 *
 * A pure function: same record, same bytes. The page needs no network and no script, and its content policy forbids both.
 *
 * @example
 * const html = renderHtml(parseRecord(JSON.parse(text)));
 */
export function renderHtml(record: RunRecord): string {
  const seconds = record.timings.reduce((sum, timing) => sum + timing.seconds, 0);
  return frame({
    title: record.title,
    made: [
      `Retort ${record.versions.retort ?? ""}`.trim(),
      record.created?.slice(0, 16).replace("T", " "),
      seconds > 0 && duration(seconds),
    ],
    style,
    main: html`${verdictCard(conclude(record))}
${tiles(record)}
${whatWasDone(record)}
${pictureSection(record)}
${triggerSection(record)}
${resultSection(record)}
${curveSection(record)}
${configuration(record)}`,
    footer:
      "Made by Retort from the run’s record alone; the rates are those of the networks after their last epoch, never of the best one.",
  });
}
