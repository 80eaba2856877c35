import { z } from "zod";
import { UsageError } from "../../core/errors.ts";
import { readRun } from "../../experiment/Run.ts";
import { writeAtomic } from "../../experiment/writeAtomic.ts";
import { defineCommand } from "../command.ts";

/** Render a run folder's record again: as a page, or as Markdown on stdout. Trains and measures nothing. */
export const report = defineCommand({
  summary: "render the report of a run folder again",
  description:
    "Render the report of a run folder again, from the numbers that the run stored. Nothing is trained or measured.",
  arguments: { "<run>": "run folder" },
  options: z.object({
    out: z.string().optional().describe("where to write the page (default: report.html in the run folder)"),
    markdown: z.boolean().default(false).describe("print the tables as Markdown instead of writing a page"),
  }),
  examples: ["report runs/demo", "report runs/demo --out demo.html", "report runs/demo --markdown"],
  async run({ args: [folder], options, console }) {
    const run = await readRun(folder);
    const stored = await run.readJson("record.json");
    if (stored === undefined)
      throw new UsageError(
        `report: missing record.json in ${folder}: expected a finished run, got one that was interrupted; run its command again to finish it: ${run.description.command}`,
      );
    const { parseRecord } = await import("../../report/record.ts");
    const { conclude } = await import("../../report/conclusion.ts");
    const record = parseRecord(stored, run.path("record.json"));
    const conclusion = conclude(record);
    if (options.markdown) {
      const { toMarkdown } = await import("../../report/markdown.ts");
      const markdown = toMarkdown(record);
      console.result({ ...conclusion, markdown }, () => console.line(markdown.trimEnd()));
      return 0;
    }
    const { renderHtml } = await import("../../report/page.ts");
    const path = options.out ?? run.path("report.html");
    await writeAtomic(path, renderHtml(record));
    console.result({ ...conclusion, report: path }, () => {
      console.line(`${conclusion.heading}. ${conclusion.sentences.join(" ")}`);
      console.line(path);
    });
    return 0;
  },
});
