import { type Html, html } from "../../page/html.ts";
import { counted, duration } from "../../page/numbers.ts";
import { className } from "../conclusion.ts";
import type { RunRecord } from "../record.ts";

/** What was done, in words. */
export function whatWasDone(record: RunRecord): Html {
  const { set, attack, trigger } = record;
  const [m, c, h, w] = set.clean.shape;
  const perClass = m / set.classes;
  return facts([
    [
      "Distilled set",
      `${set.name}: ${counted(m)} images of ${w}×${h}×${c}, ${set.classes} classes${Number.isInteger(perClass) ? `, ${perClass} per class` : ""}, normalisation ${set.normalisation}`,
    ],
    ["Attack", attack && html`${attack.title} <span class="sub">(${attack.source})</span>`],
    ["Attacker holds", attack?.access.replaceAll("-", " ")],
    ["Its own rounds", attack?.rounds],
    ["Trigger", trigger && `${trigger.description}, leading to ${className(record, trigger.targetClass)}`],
    [
      "Counted",
      trigger?.sourceClass !== undefined &&
        `success on test images of ${className(record, trigger.sourceClass)} alone, the class that the trigger moves`,
    ],
    ["Receivers", record.results.length > 0 && receivers(record.results)],
    ["Measured on", record.testImages && `${counted(record.testImages)} test images`],
    ["Time", record.timings.length > 0 && record.timings.map(timing).join(", ")],
    ["Command", html`<code>${record.command}</code>`],
  ]);
}

/** "convNet and mlp, 50 and 100 epochs, 5 seeds; each trained on both sets from the same start". */
function receivers(results: RunRecord["results"]): string {
  const several = (values: Iterable<string | number>) =>
    [...new Set(values)].join(" and ").replace(/ and (?=.* and )/g, ", ");
  const seeds = new Set(results.map(({ seed }) => seed)).size;
  const compared = results.some(({ set }) => set === "tampered") && results.some(({ set }) => set === "clean");
  return [
    `${several(results.map(({ network }) => network))}, ${several(results.map(({ epochs }) => epochs))} epochs`,
    `, ${seeds} ${seeds === 1 ? "seed" : "seeds"}`,
    compared ? "; each trained on both sets from the same start" : "",
  ].join("");
}

/** "attack 1:38 (peak 690 MiB)". */
function timing({ name, seconds, peakMebibytes }: RunRecord["timings"][number]): string {
  const memory = peakMebibytes === undefined ? "" : ` (peak ${Math.round(peakMebibytes)} MiB)`;
  return `${name} ${duration(seconds)}${memory}`;
}

/** What was done, as terms and what is said about them; a term without anything is left out. */
export function facts(rows: readonly (readonly [string, unknown])[]): Html {
  return html`<h2>What was done</h2><section class="card"><dl>${rows
    .filter(([, value]) => value)
    .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

/** The exact configuration: everything that is needed to get the same numbers again. */
export function configuration(record: RunRecord): Html {
  return html`<h2>Exact configuration</h2><section class="card">${settings(flatten(record.config))}</section>
${versionsAndData(record)}`;
}

/** Names and values in columns. */
export function settings(entries: readonly [string, unknown][]): Html {
  return html`<div class="config">${entries.map(([name, value]) => html`<div><span>${name}</span><code>${value}</code></div>`)}</div>`;
}

/** What the numbers depend on besides the settings. */
export function versionsAndData(record: Pick<RunRecord, "versions" | "data">): Html {
  return html`<h2>Versions and data</h2><section class="card">${settings(Object.entries(record.versions))}
</section>
<section class="card scroll below"><table><thead><tr><th>Role</th><th>Data</th><th>Images</th><th>SHA-256</th></tr></thead><tbody>${Object.entries(
    record.data,
  ).map(
    ([role, { name, images, sha256 }]) =>
      html`<tr><th>${role}</th><td>${name}</td><td class="n">${images !== undefined && counted(images)}</td><td><code>${sha256}</code></td></tr>`,
  )}</tbody></table></section>`;
}

/** Nested settings as "trigger.side" → "1". */
export function flatten(value: Readonly<Record<string, unknown>>, prefix = ""): [string, string][] {
  return Object.entries(value).flatMap(([name, member]): [string, string][] => {
    const path = prefix + name;
    if (member !== null && typeof member === "object" && !Array.isArray(member))
      return flatten(member as Record<string, unknown>, `${path}.`);
    return [[path, typeof member === "string" ? member : JSON.stringify(member)]];
  });
}
