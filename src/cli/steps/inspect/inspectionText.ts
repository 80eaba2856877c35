import type { Inspection } from "../../../audit/inspect/inspect.ts";
import type { SetReport } from "../../../audit/inspect/inspectSet.ts";
import { extent } from "../../../core/extent.ts";
import type { Finding } from "../../../formats/Format.ts";
import type { Console } from "../../shell/console.ts";
import { printable } from "../../shell/printable.ts";
import { saysNormalisation } from "./saysNormalisation.ts";

const mostObjects = 40;
const mostEntries = 40;

/** Print an inspection for people. */
export function showInspection(inspection: Inspection, console: Console): void {
  const { name, format, verdict, findings, objects, globals, accuracies, set } = inspection;
  console.line(`${printable(name, 80)}: ${heading(format, verdict)}`);
  if (set) showSet(set, console);
  if (Object.keys(accuracies).length > 0) {
    console.line("\nStored accuracies");
    for (const [net, values] of Object.entries(accuracies)) console.line(`  ${printable(net, 40)}: ${spread(values)}`);
  }
  if (globals.length > 0)
    console.line(`\nPickled globals: ${globals.map((global) => printable(global, 120)).join(", ")}`);
  if (objects.length > 0) {
    console.line("");
    console.table(objects.slice(0, mostObjects), [
      { title: "object", of: ({ path }) => printable(path, 60) },
      { title: "type", of: ({ dtype }) => printable(dtype, 12) },
      { title: "shape", of: ({ shape }) => `[${shape.join(", ")}]` },
      {
        title: "range",
        of: ({ min, max }) => (min === undefined || max === undefined ? "" : `${short(min)} … ${short(max)}`),
        align: "left",
      },
    ]);
    if (objects.length > mostObjects) console.line(`… and ${objects.length - mostObjects} more`);
  }
  if (findings.length > 0) console.line("\nFindings");
  for (const finding of findings) console.line(`  ${findingLine(finding)}`);
}

function heading(format: string | undefined, verdict: Inspection["verdict"]): string {
  if (verdict === "not recognised") return "not recognised";
  return `${format ?? "not recognised"}${verdict === "fine" ? "" : `, ${verdict.toUpperCase()}`}`;
}

/** `WARNING near-duplicates: …` */
function findingLine({ severity, rule, message, file, offset }: Finding): string {
  const place = [
    file && !message.includes(file) ? ` in ${printable(file, 60)}` : "",
    offset === undefined || message.includes("at byte") ? "" : ` at byte ${offset}`,
  ].join("");
  const tag = severity === "note" ? "note" : severity.toUpperCase();
  return `${tag} ${rule}${place}: ${printable(message, 600)}`;
}

function showSet(set: SetReport, console: Console): void {
  const [n, c, h, w] = set.shape;
  console.line(
    `${set.kind === "distilled" ? "Distilled set" : "Raw set"}: ${n} images, ${c} × ${h} × ${w} ${set.dtype}, ${set.classes} classes${perClass(set)}`,
  );
  console.line(`Labels: ${labels(set)}, ${set.order}`);
  if (set.classNames)
    console.line(
      `Classes: ${printable(set.classNames.slice(0, 20).join(", "), 400)}${set.classNames.length > 20 ? ", …" : ""}`,
    );
  const { channels } = set.statistics;
  const of = (pick: (channel: (typeof channels)[number]) => number) =>
    channels
      .slice(0, 8)
      .map((channel) => short(pick(channel)))
      .join(" ");
  console.line(
    `Values: mean ${of(({ mean }) => mean)}, deviation ${of(({ std }) => std)}, range ${short(extent(channels.map(({ min }) => min)).min)} … ${short(extent(channels.map(({ max }) => max)).max)}`,
  );
  if (set.metadata) for (const line of metadataLines(set.metadata)) console.line(line);
  if (set.kind === "labelled") return;
  console.line(`Normalisation: ${printable(saysNormalisation(set), 200)}`);
  console.line("");
  console.table(set.guesses.slice(0, Math.max(5, set.readings.length)), [
    { title: "guess", of: ({ name }) => name },
    { title: "confidence", of: ({ confidence }) => `${(100 * confidence).toFixed(0)} %` },
    {
      title: "out of gamut",
      of: ({ outOfGamut }) => (outOfGamut === undefined ? "" : `${(100 * outOfGamut).toFixed(1)} %`),
      align: "right",
    },
    { title: "evidence", of: ({ evidence }) => evidence[0] ?? "", align: "left" },
  ]);
  if (set.readings.length > 1)
    console.line(
      `Ambiguous: the numbers do not tell ${set.readings.join(", ")} apart.${set.stated.kind === "unknown" ? " If you know it, say --normalisation." : ""}`,
    );
}

/** The entries of a set's metadata, a line each; long ones are cut. */
function metadataLines(metadata: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(metadata);
  const shown = entries.slice(0, mostEntries).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `  ${printable(key, 40)}: ${printable(text, 200)}`;
  });
  const more = entries.length > mostEntries ? [`  … and ${entries.length - mostEntries} more`] : [];
  return ["Metadata, as the set says of itself", ...shown, ...more];
}

function perClass({ ipc, perClass }: SetReport): string {
  if (ipc !== undefined) return `, ${ipc} per class`;
  return perClass.length > 0 ? `, ${extent(perClass).min} to ${extent(perClass).max} per class` : "";
}

function labels({ labelKind, softPeak }: SetReport): string {
  return labelKind === "hard"
    ? "hard"
    : `soft (${labelKind}), largest value ${short(softPeak ?? Number.NaN)} on average`;
}

/** `26.5 % (20 values, 25.1 … 27.3)` */
function spread(values: readonly number[]): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.length === 1
    ? `${percent(mean)} %`
    : `${percent(mean)} % (${values.length} values, ${percent(extent(values).min)} … ${percent(extent(values).max)})`;
}

function short(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(3);
}
