import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { openOptions } from "../../disk/reading.ts";
import type { Format } from "../../formats/Format.ts";
import { readingFrom, readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { formatByEnding } from "../steps/formatByEnding.ts";
import { warnOf } from "../steps/warnOf.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const options = z.object({
  to: z.string().optional().describe("format to write (default: by the name of the output)"),
  normalise: z
    .string()
    .optional()
    .describe("bring the images to the mean/std of this dataset (or MEANS/DEVIATIONS) before writing"),
  denormalise: z.boolean().optional().describe("bring the images back to pixels in [0, 1] before writing"),
  ...readOptions,
  force: z
    .boolean()
    .default(false)
    .describe("replace what is at the output; take your --normalisation even where the file says another"),
});

/** Write a set in another format and say what did not survive. */
export const convert = defineCommand({
  summary: "write a set in another format, and say what that loses",
  description: `Reads any set that inspect reads and writes it in another format. The result is read back and compared bit by bit; what the
format cannot hold is said. Several input files may belong together; the last path is the output, a file or a folder.
Formats: safetensors (loses nothing), npz, torch (the DC layout), torch-folder (the MTT layout), and as 8-bit pictures image-folder, parquet,
picture-grid.`,
  arguments: { "<paths...>": "input file, folder or files, then the output" },
  options,
  examples: [
    "convert res_DC_CIFAR10_ConvNet_10ipc.pt set.safetensors --normalisation cifar-10",
    "convert images.pt labels.pt set.npz",
    "convert set.safetensors pictures/ --to image-folder",
    "convert pictures/ set.pt --normalise cifar-10",
    "convert set.npz set.safetensors --normalisation 0.485,0.456,0.406/0.229,0.224,0.225",
  ],
  async run({ args, options, console, signal }) {
    if (args.length < 2) throw new UsageError("convert: missing output: expected an input and an output, got one path");
    const out = args[args.length - 1];
    const to = await formatByEnding(options.to, out, "convert");
    const [
      { openSource },
      { openSet },
      { formatRegistry },
      { convert },
      { describeNormalisation, normalisationNamed },
      { writeFiles },
    ] = await Promise.all([
      import("../steps/openSource.ts"),
      import("../../formats/open.ts"),
      import("../../formats/formatRegistry.ts"),
      import("../../formats/convert.ts"),
      import("../../data/normalise.ts"),
      import("../../disk/writeFiles.ts"),
    ]);
    if (options.normalise !== undefined && options.denormalise)
      throw new UsageError("convert: invalid options: expected one of --normalise and --denormalise, got both");
    const open = await openOptions(readingFrom(options, "convert"), "convert", whiteningHooks(console, signal));
    const opened = await openSet(await openSource(args.slice(0, -1), options, console), open);
    const { set } = opened;
    if (!set)
      throw new UsageError(
        `convert: missing set: expected a distilled or raw set, got a file read as ${opened.format}`,
      );
    warnOf(opened.findings, args[0], console);
    let wanted: Normalisation | undefined;
    if (options.normalise !== undefined) wanted = normalisationNamed(options.normalise, "convert");
    else if (options.denormalise) wanted = { kind: "unit" };
    const { writesPixels }: Format = formatRegistry[to as keyof typeof formatRegistry];
    if (set.kind === "distilled" && (wanted || writesPixels)) await checkKnown(set, to);
    const { files, losses, exact, set: written } = await convert(set, to, { target: wanted, jpeg: open.jpeg });
    const paths = await writeFiles(out, files, options.force);
    const normalisation = describeNormalisation(written.normalisation);
    const result = { from: opened.format, to, out, files: paths.length, normalisation, exact, losses };
    console.result(result, () => {
      console.line(`${opened.format} → ${to}: ${paths.length === 1 ? paths[0] : `${paths.length} files in ${out}`}`);
      const parts = Object.entries(exact);
      const same = parts.filter(([, kept]) => kept).map(([part]) => part);
      console.line(
        `Read back: ${same.length > 0 ? `${same.join(", ")} the same bit for bit` : "nothing the same bit for bit"}`,
      );
      for (const loss of losses) console.line(`  lost: ${loss}`);
    });
    return 0;
  },
});

/** Pixels cannot be had from numbers whose normalisation nobody said: say what it looks like instead of guessing silently. */
async function checkKnown(set: import("../../data/DistilledSet.ts").DistilledSet, to: string): Promise<void> {
  const { kind } = set.normalisation;
  if (kind === "unit" || kind === "meanStd" || (kind === "zca" && set.normalisation.whitening)) return;
  const { guessNormalisation } = await import("../../audit/inspect/guessNormalisation.ts");
  const [best] = guessNormalisation(set.images, set.shape, set.classes, set.name);
  const hint =
    kind === "zca" || best.name === "zca"
      ? "it looks whitened, and the file does not hold the matrix that would undo it: if it was fitted to a raw dataset, say --normalisation zca-DATASET"
      : `say it with --normalisation NAME; it looks like ${best.name} (${Math.round(100 * best.confidence)} %)`;
  throw new UsageError(
    `convert: unknown normalisation: expected one that leads to pixels for ${to}, got ${kind}; ${hint}`,
  );
}
