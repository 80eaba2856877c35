import * as z from "zod";
import type { ContactSheet } from "../../audit/inspect/contactSheet.ts";
import type { Inspection } from "../../audit/inspect/inspect.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { openOptions } from "../../disk/reading.ts";
import type { Source } from "../../formats/Format.ts";
import { pngFile } from "../options/pngFile.ts";
import { readingFrom, readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const options = z.object({
  ...readOptions,
  sheet: pngFile.optional().describe("write a contact sheet of the images to this PNG file"),
  html: z.string().optional().describe("write a self-contained page to this file"),
  sheetTerminal: z.boolean().optional().describe("draw the sheet with coloured half blocks (default: on a terminal)"),
});

/** Say what a file or folder is, without executing any of it. */
export const inspect = defineCommand({
  summary: "say what a file or folder is, executing nothing",
  description: `Opens a distilled or raw set with readers that execute nothing, and says what it holds: objects, classes, labels, stored accuracies, what
was done to the pixels (a ranked guess), duplicates, and everything else worth knowing. Several files may belong together.
Every file beside the set is scanned for pickles, and listed if it was not read.
Exit status: 0 fine; 1 dangerous (opening it elsewhere would run code), unsafe (breaks the rules of its format), unknown (a pickle names
what is not known here) or tampered (the set says so itself); 2 not recognised, or an error.`,
  arguments: { "<path...>": "file, folder, or several files that belong together" },
  options,
  examples: [
    "inspect res_DC_CIFAR10_ConvNet_10ipc.pt",
    "inspect images.pt labels.pt lr.pt --sheet sheet.png",
    "inspect pictures/ --html report.html",
    "inspect download.pt --json",
  ],
  async run({ args, options, console, signal }) {
    const [{ openSource }, { inspect }] = await Promise.all([
      import("../steps/openSource.ts"),
      import("../../audit/inspect/inspect.ts"),
    ]);
    await checkOutputs([options.sheet, options.html], [...args, ...(options.key ?? [])]);
    const source = await openSource(args, options, console);
    const { inspection, set } = await inspect(
      named(source, args),
      await openOptions(readingFrom(options, "inspect"), "inspect", whiteningHooks(console, signal)),
    );
    const onTerminal = options.sheetTerminal ?? (console.colourful && !console.verbosity.json);
    const wanted = onTerminal || options.sheet !== undefined || options.html !== undefined;
    const sheet = wanted && set && inspection.set ? await drawSheet(set, inspection) : undefined;
    if (options.sheet !== undefined || options.html !== undefined)
      await writeFiles(options, inspection, sheet, console);
    const { showInspection } = await import("../steps/inspect/inspectionText.ts");
    console.result(inspection, () => showInspection(inspection, console));
    if (sheet && onTerminal) {
      const { halfBlocks } = await import("../steps/inspect/halfBlocks.ts");
      console.line(`\n${halfBlocks(sheet, Math.min(160, (console.stdout.columns ?? 80) - 1))}`);
      console.line(sheet.caption);
    }
    const { verdictStatus } = await import("../../formats/verdict.ts");
    // The reason goes to stderr too, where errors of every other command go.
    if (inspection.verdict === "not recognised")
      console.note(inspection.findings.find(({ rule }) => rule === "not-recognised")?.message ?? "not recognised");
    return verdictStatus[inspection.verdict];
  },
});

/** Many files are called by the first. */
function named(source: Source, args: readonly string[]): Source {
  if (args.length < 4) return source;
  const [first] = source.files;
  return { ...source, name: `${first.path} and ${source.files.length - 1} more` };
}

async function drawSheet(
  set: NonNullable<Awaited<ReturnType<typeof import("../../audit/inspect/inspect.ts").inspect>>["set"]>,
  { set: report }: Inspection,
) {
  const { contactSheet } = await import("../../audit/inspect/contactSheet.ts");
  const stated = report?.stated;
  const invertible =
    stated && (stated.kind === "unit" || stated.kind === "meanStd" || (stated.kind === "zca" && stated.whitening));
  // Chosen: a guess that is more likely right than wrong shows better colours than stretching would.
  const guess = report?.guesses[0];
  const normalisation = invertible
    ? stated
    : stated?.kind === "unknown" && guess && guess.confidence > 0.3
      ? guess.normalisation
      : undefined;
  return contactSheet(set, normalisation);
}

async function writeFiles(
  wanted: { readonly sheet?: string; readonly html?: string },
  inspection: Inspection,
  sheet: ContactSheet | undefined,
  console: { warn(text: string): void },
): Promise<void> {
  const [{ encodePng }, { inspectionPage }, { writeAtomic }] = await Promise.all([
    import("../../formats/pictures/encodePng.ts"),
    import("../steps/inspect/inspectionPage.ts"),
    import("../../disk/writeAtomic.ts"),
  ]);
  const png = sheet && encodePng(sheet.planes, 3, sheet.height, sheet.width);
  if (wanted.sheet !== undefined) {
    if (png) await writeAtomic(wanted.sheet, png);
    else console.warn("inspect: no sheet was written: the file holds no set");
  }
  if (wanted.html !== undefined)
    await writeAtomic(wanted.html, inspectionPage(inspection, png && sheet ? { png, of: sheet } : undefined));
}
