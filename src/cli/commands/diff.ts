import * as z from "zod";
import type { SetDifference } from "../../audit/diff/diffSets.ts";
import { UsageError } from "../../core/errors.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { fileSource } from "../../disk/fileSource.ts";
import { setPath } from "../../disk/setPath.ts";
import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import type { Opened, Source } from "../../formats/Format.ts";
import { gateOptions } from "../options/gateOptions.ts";
import { pngFile } from "../options/pngFile.ts";
import { readingFrom, readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { flagOf } from "../shell/flagOf.ts";
import { printable } from "../shell/printable.ts";
import { openSource } from "../steps/openSource.ts";
import { warnOf } from "../steps/warnOf.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

/** The normalisation is not asked for: the comparison says what it is between the two. */
const { experiment, split, coarse, layout, ipc, factor, maxMebibytes } = readOptions;

const options = z.object({
  html: z.string().optional().describe("write a self-contained page with the changed images"),
  sheet: pngFile.optional().describe("write a PNG with the changed images: before, after, where"),
  ...{ experiment, split, coarse, layout, ipc, factor, maxMebibytes },
  ...gateOptions,
});

/** Show what lies between two copies of a set. */
export const diff = defineCommand({
  summary: "show what lies between two copies of a set",
  description: `Reads both in any format and compares images and labels: which were changed, by how much, where, and whether that looks like re-encoding,
normalisation or editing. Options about reading are for each set whose format has them; those about seals for the first, the one you trust.
Exit status: 0 same or only stored differently, 1 images or labels were altered, added or removed, or the copy holds more than a picture can where the
first is cut off.`,
  arguments: { "<a>": "the set you trust", "<b>": "the copy" },
  options,
  examples: [
    "diff published.pt received.pt",
    "diff published.pt received/ --html diff.html --sheet diff.png",
    "diff sealed/ received.npz --require-seal --key lab.pub",
  ],
  async run({ args: [a, b], options, console, signal }) {
    const [{ diffSets }, { contactSheet }, { diffHtml }] = await Promise.all([
      import("../../audit/diff/diffSets.ts"),
      import("../../audit/diff/contactSheet.ts"),
      import("../../audit/diff/diffHtml.ts"),
    ]);
    await checkOutputs([options.html, options.sheet], [setPath(a), setPath(b), ...(options.key ?? [])]);
    const hooks = whiteningHooks(console, signal);
    // People know their copies by the paths they gave; the names inside are often the same.
    const sources = [await openSource(a, options, console), await fileSource(setPath(b))] as const;
    const [trusted, copy] = await openBoth(sources, options, hooks);
    // The comparison itself says which set was tampered with.
    for (const [path, { findings }] of [[a, trusted] as const, [b, copy] as const])
      warnOf(
        findings.filter(({ rule }) => rule !== "tampered"),
        path,
        console,
      );
    const first = { ...trusted.set, name: a };
    const second = { ...copy.set, name: b };
    const diffed = diffSets(first, second);
    const { difference } = diffed;
    if (options.html !== undefined) await writeAtomic(options.html, diffHtml(diffed));
    if (options.sheet !== undefined) {
      const sheet = contactSheet(diffed);
      if (sheet) await writeAtomic(options.sheet, sheet);
      else console.note("nothing changed: no contact sheet written");
    }
    const { heat, ...rest } = difference;
    const plain = { ...rest, heat: { height: heat.height, width: heat.width, values: [...heat.values] } };
    console.result(plain, () => show(difference, console));
    return difference.suspicious ? 1 : 0;
  },
});

/** Each with the options that its format reads; those that neither does are refused. */
async function openBoth(sources: readonly [Source, Source], choice: z.infer<typeof options>, hooks: WhiteningHooks) {
  const [{ openSet, recognise }, { readOf, refuseUnread }, { openOptions }] = await Promise.all([
    import("../../formats/open.ts"),
    import("../../formats/refuseUnread.ts"),
    import("../../disk/reading.ts"),
  ]);
  const formats = [(await recognise(sources[0]))?.name, (await recognise(sources[1]))?.name] as const;
  if (formats[0] !== undefined && formats[1] !== undefined)
    refuseUnread([formats[0], formats[1]], choice, "diff", flagOf);
  const reading = readingFrom({ ...choice, force: false, format: undefined, normalisation: undefined }, "diff");
  const open = async (i: 0 | 1) => {
    const name = formats[i];
    const own = name === undefined ? reading : readOf(name, reading, "diff");
    return setOf(await openSet(sources[i], await openOptions(own, "diff", hooks)), sources[i]);
  };
  return [await open(0), await open(1)] as const;
}

function setOf({ set, format, findings }: Opened, source: Source) {
  if (!set)
    throw new UsageError(
      `diff: invalid content of ${source.name}: expected a set, got a file that is read as ${format}`,
    );
  return { set, findings };
}

function show(found: SetDifference, console: Console): void {
  const { verdict, reason, images, classes, removed, added, reordered, relabelled, place, before, after } = found;
  console.line(printable(`${before.name} → ${after.name}`));
  console.line(`${verdict.toUpperCase()}: ${reason}`);
  for (const set of [before, after])
    if (set.tampered !== undefined)
      console.line(
        printable(`warning: ${set.name} says of itself that it was backdoored: ${JSON.stringify(set.tampered)}`, 600),
      );
  if (place)
    console.line(
      `almost all of the change sits in rows ${place.top}–${place.bottom}, columns ${place.left}–${place.right}`,
    );
  console.line();
  const decibels = (x: number) => (Number.isFinite(x) ? x.toFixed(1) : "∞");
  console.table(classes, [
    {
      title: "class",
      of: (row) => (row.name === String(row.label) ? String(row.label) : printable(`${row.label} ${row.name}`, 60)),
      align: "left",
    },
    { title: "images", of: (row) => row.images },
    { title: "changed", of: (row) => row.changed },
    { title: "edited", of: (row) => row.edited },
    { title: "relabelled", of: (row) => row.relabelled },
    { title: "max |Δ|", of: (row) => row.maxAbs.toFixed(5) },
    { title: "min PSNR", of: (row) => decibels(row.minPsnr), align: "right" },
    { title: "min SSIM", of: (row) => row.minSsim.toFixed(4) },
  ]);
  console.line();
  console.line(
    `${images.length} compared, ${relabelled} relabelled, ${removed.length} removed, ${added.length} added, ${reordered} in another order`,
  );
  const shown = images
    .filter((image) => image.kind === "edited" || image.labelBefore !== image.labelAfter)
    .slice(0, 10);
  for (const image of shown) {
    const label =
      image.labelBefore === image.labelAfter
        ? `class ${image.labelBefore}`
        : `label ${image.labelBefore} → ${image.labelAfter}`;
    console.line(
      `  image ${image.a}${image.a === image.b ? "" : ` → ${image.b}`}: ${label}, ${image.kind}, max |Δ| ${image.maxAbs.toFixed(4)}, PSNR ${decibels(image.psnr)} dB, SSIM ${image.ssim.toFixed(4)}`,
    );
  }
}
