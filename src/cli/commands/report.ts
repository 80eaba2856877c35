import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import type { DistilledRecord } from "../../report/distilled/distilledRecord.ts";
import type { SweepRecord } from "../../report/sweep.ts";
import { type Run, readRun } from "../../run/Run.ts";
import { type CliCommand, defineCommand, type Invocation } from "../shell/command.ts";
import { flagOf } from "../shell/flagOf.ts";
import { PAGE } from "../steps/pageName.ts";
import { readSweep } from "../steps/readSweep.ts";

const options = z.object({
  out: z
    .string()
    .optional()
    .describe("where to write the page (default: report.html in the folder, of a leaderboard leaderboard.html here)"),
  leaderboard: z
    .boolean()
    .default(false)
    .describe("lay several sweeps beside each other: sets in rows, attacks in columns"),
  markdown: z.boolean().default(false).describe("print the tables as Markdown instead of writing a page"),
  latex: z
    .boolean()
    .default(false)
    .describe("print the results as a LaTeX table (booktabs): of a sweep its conditions"),
  csv: z.boolean().default(false).describe("print every network's rates as CSV"),
  figure: z.enum(["frontier"]).optional().describe("sweep: print a figure as SVG: loss of CTA against rise of ASR"),
  by: z.string().optional().describe("axis whose values are the series of the figure (default: the first that varies)"),
  where: z.array(z.string()).default([]).describe("conditions of the figure: axis=value"),
});

type Call = Invocation<z.infer<typeof options>>;

/** Render a folder's record again: as a page, or as text on stdout. Trains and measures nothing. */
export const report: CliCommand = defineCommand({
  summary: "render the report of a run or of a sweep again",
  description:
    "Render the report of a run folder (record.json) or of a sweep's folder (sweep.json) again, from the numbers stored there. Nothing is trained or measured.",
  arguments: { "<folders...>": "folder of a run or of a sweep; with --leaderboard several sweeps" },
  options,
  readWhen: [
    {
      option: "out",
      read: ({ markdown, latex, csv, figure }) => !(markdown || latex || csv || figure),
      by: "a page, not what goes to stdout",
    },
  ],
  examples: [
    "report runs/demo",
    "report runs/demo --out demo.html",
    "report runs/demo --markdown",
    "report runs/triggers --latex",
    "report runs/triggers --figure frontier --by trigger --where set=dc-1",
    "report --leaderboard runs/triggers runs/robust --out leaderboard.html",
  ],
  async run(call) {
    const forms = (["markdown", "latex", "csv", "figure"] as const).filter((name) => call.options[name]);
    if (forms.length > 1)
      throw new UsageError(
        `report: invalid options: expected one of them, got ${forms.map((name) => flagOf([name])).join(" and ")}`,
      );
    if (call.options.figure === undefined && (call.given.has("by") || call.given.has("where")))
      throw new UsageError("report: missing --figure: expected it with --by or --where, got none");
    if (call.options.leaderboard) return reportLeaderboard(call);
    if (call.args.length > 1)
      throw new UsageError(
        `report: invalid folders: expected one, got ${call.args.length}; --leaderboard lays sweeps beside each other`,
      );
    const sweep = await sweepIn(call.args[0], call);
    if (sweep) return reportSweep(call, sweep);
    if (call.options.figure)
      throw new UsageError("report: invalid --figure: expected the folder of a sweep, got that of a run");
    return reportRun(call);
  },
});

/** The record of a sweep, merged now if nobody has collected it; undefined for a folder that is none of a sweep. */
async function sweepIn(folder: string, { console }: Call): Promise<unknown> {
  const stored = await readSweep(folder);
  if (stored !== undefined) return stored;
  if (!existsSync(join(folder, "manifest.json"))) return undefined;
  const { collectSweep } = await import("../../experiment/collect/collectSweep.ts");
  const { sweep } = await collectSweep(folder, new Date());
  console.note(`${folder} holds a sweep whose results were not merged yet: merged now, as retort collect does`);
  return sweep;
}

async function reportRun({ args: [folder], options, console }: Call) {
  const run = await readRun(folder);
  const stored = await run.readJson("record.json");
  const { command } = run.description;
  const again = run.commandLine ?? command;
  if (command === "audit")
    throw new UsageError(
      `report: invalid folder ${folder}: expected a run with a record.json, got an audit, which makes its own reports; the same command with --page audit.html reads what it kept: ${again}`,
    );
  if (stored === undefined)
    throw new UsageError(
      `report: missing record.json in ${folder}: expected a finished run, got one that was interrupted; run its command again to finish it: ${again}`,
    );
  const { parseDistilled, saysDistilled } = await import("../../report/distilled/distilledRecord.ts");
  if (saysDistilled(stored))
    return reportDistilled({ options, console }, run, parseDistilled(stored, run.path("record.json")));
  const { parseRecord } = await import("../../report/record.ts");
  const { conclude } = await import("../../report/conclusion.ts");
  const record = parseRecord(stored, run.path("record.json"));
  const conclusion = conclude(record);
  const print = (form: string, text: string) => {
    console.result({ ...conclusion, [form]: text }, () => console.line(text.trimEnd()));
    return 0 as const;
  };
  if (options.markdown) return print("markdown", (await import("../../report/markdown.ts")).toMarkdown(record));
  if (options.csv) return print("csv", (await import("../../report/csv.ts")).toCsv(record));
  if (options.latex) return print("latex", (await import("../../report/latex.ts")).toLatex(record));
  const { renderHtml } = await import("../../report/page.ts");
  return writePage({ console }, conclusion, options.out ?? run.path(PAGE), renderHtml(record));
}

async function reportDistilled(
  { options, console }: Pick<Call, "options" | "console">,
  run: Run,
  record: DistilledRecord,
) {
  const asked = (["markdown", "latex", "csv"] as const).find((name) => options[name]);
  if (asked)
    throw new UsageError(
      `report: invalid ${flagOf([asked])}: expected a run or a sweep, got a distillation, of which there is only a page`,
    );
  const { renderDistilledPage, saysCompared } = await import("../../report/distilled/distilledPage.ts");
  const conclusion = { heading: record.title, sentences: [saysCompared(record)] };
  return writePage({ console }, conclusion, options.out ?? run.path(PAGE), renderDistilledPage(record));
}

async function reportSweep({ args: [folder], options, console }: Call, stored: unknown) {
  const { parseSweep } = await import("../../report/sweep.ts");
  const path = options.out ?? join(folder, PAGE);
  return showSweep({ options, console }, parseSweep(stored, join(folder, "sweep.json")), path, wayTo(folder, path));
}

async function reportLeaderboard(call: Call) {
  const { leaderboard, parseSweep } = await import("../../report/sweep.ts");
  const path = call.options.out ?? "leaderboard.html";
  const sources = [];
  for (const folder of new Set(call.args.map((one) => resolve(one)))) {
    const stored = await sweepIn(folder, call);
    if (stored === undefined)
      throw new UsageError(`report: invalid folder ${folder}: expected that of a sweep, got none with sweep.json`);
    const record = parseSweep(stored, join(folder, "sweep.json"));
    // Records are handed on without their trials too: no link leads nowhere.
    const linked = existsSync(join(folder, "trials"));
    sources.push({ name: basename(folder), record, ...(linked && { folder: wayTo(folder, path) }) });
  }
  return showSweep(call, leaderboard(sources), path, "");
}

async function showSweep(
  { options, console }: Pick<Call, "options" | "console">,
  record: SweepRecord,
  path: string,
  folder: string,
) {
  const sweep = await import("../../report/sweep.ts");
  const conclusion = sweep.summariseSweep(record);
  const print = (form: string, text: string) => {
    console.result({ ...conclusion, [form]: text }, () => console.line(text.trimEnd()));
    return 0 as const;
  };
  if (options.markdown) return print("markdown", sweep.renderSweepMarkdown(record));
  if (options.latex) return print("latex", sweep.renderSweepLatex(record));
  if (options.csv) return print("csv", sweep.renderSweepCsv(record));
  if (options.figure) {
    const by = options.by ?? record.axes.find(({ values, repeats }) => !repeats && values.length > 1)?.name;
    if (by === undefined) throw new UsageError("report: missing --by: expected an axis, got none that varies");
    return print("svg", sweep.renderFrontier(record, { by, where: parseWhere(options.where) }));
  }
  return writePage({ console }, conclusion, path, sweep.renderSweepHtml(record, { folder }));
}

/** Links to trials hold from where the page is: the way from there to a sweep's folder, "" or ending in a slash. */
function wayTo(folder: string, page: string): string {
  const way = relative(resolve(page, ".."), resolve(folder)).split("\\").join("/");
  return way === "" ? "" : `${way}/`;
}

async function writePage(
  { console }: Pick<Call, "console">,
  conclusion: { readonly heading: string; readonly sentences: readonly string[] },
  path: string,
  page: string,
) {
  await checkOutputs([path]);
  checkPlace(path);
  await writeAtomic(path, page);
  console.result({ ...conclusion, report: path }, () => {
    console.line(`${conclusion.heading}. ${conclusion.sentences.join(" ")}`);
    console.line(path);
  });
  return 0 as const;
}

/** A run, or sweep, keeps files in its folder that are not made again. @throws UsageError where the page would take the place of one. */
function checkPlace(path: string): void {
  const isKept = ["config.json", "manifest.json", "sweep.json"].some((name) => existsSync(join(dirname(path), name)));
  if (isKept && existsSync(path) && !/\.html?$/i.test(path))
    throw new UsageError(`report: invalid --out ${path}: expected a page, got a file of the folder; it would be lost`);
}

function parseWhere(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new UsageError(`report: invalid --where: expected axis=value, got ${word}`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
