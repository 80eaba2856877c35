import { join } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { kebab } from "../../core/spelling.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import type { DistilledRecord } from "../../report/distilled/distilledRecord.ts";
import type { Run } from "../../run/Run.ts";
import { namedProtocols, type ProtocolName } from "../../train/namedProtocols.ts";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import { helpOfMethods } from "../options/methodHelp.ts";
import { flagsOfMethods, methodNamed, optionsOfMethod, presetFlag } from "../options/methodOptions.ts";
import { seedsOf } from "../options/seedsOf.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { optionGroup } from "../shell/optionGroup.ts";
import { PAGE } from "../steps/pageName.ts";
import { SHEET } from "../steps/sheetWriter.ts";

const who = "retort distill";
const setFile = "distilled.safetensors";

// Chosen: enough points to draw.
const pointsOfCurve = 200;

const receiverFlags = optionGroup(
  {
    title: "Receivers",
    readWhen: ["receiverNetwork", "receiverWidth", "receiverProtocol", "receiverEpochs", "testImages"].map(
      (option) => ({
        option,
        read: ({ receivers }) => receivers !== 0,
        by: "--receivers",
      }),
    ),
  },
  {
    receivers: z
      .int()
      .min(0)
      .default(0)
      .describe("networks trained on the set, and on as many random real images, for the page; 0: none"),
    receiverNetwork: z.string().default("convNet").describe("architecture of the receivers, one of your own too"),
    receiverWidth: z.int().min(1).default(32).describe("channels of the receivers' first layer"),
    receiverProtocol: z
      .enum(Object.keys(namedProtocols) as [ProtocolName])
      .optional()
      .describe("train them as a method's sets were judged (spelled out by retort evaluate --help)"),
    receiverEpochs: z
      .int()
      .min(1)
      .optional()
      .describe("passes of the receivers over the set (default: 300, or those of --receiver-protocol)"),
    testImages: z.int().min(1).optional().describe("measure on the first so many test images (default: all)"),
  },
);

/** The command's options around those of some methods. */
const optionsAround = (ofMethods: Readonly<Record<string, z.ZodType>>) =>
  z.object({
    data: z
      .string()
      .default("strokes")
      .describe("raw dataset: strokes, a name in the data folder, or a path; @64 behind it brings images to 64 × 64"),
    method: z.string().default("dm").describe(`one of ${describeMethods()}`),
    normalisation: z
      .string()
      .optional()
      .describe(
        "whose mean and deviation normalise the pixels, or zca-NAME: distilled in the whitened space of the dataset NAME itself (default: that of the dataset)",
      ),
    ...ofMethods,
    ...computeOptions,
    seeds: z
      .string()
      .optional()
      .describe("a library of sets instead of one: first..last seed, each in a folder seed-N of --out"),
    ...receiverFlags,
    sheetEvery: z.number().min(0).default(30).describe(`seconds between pictures of the set as it stands (${SHEET})`),
    ...runFolderOptions,
  });

const options = optionsAround({ preset: presetFlag(methods), ...flagsOfMethods(methods) });

/** What metrics.json says of a finished distillation. */
interface Metrics {
  readonly method: string;
  readonly images: number;
  readonly classes: number;
  readonly iterations: number;
  /** Digest of the set (setDigest.ts). */
  readonly digest: string;
  /** [iteration, mean loss of the iterations since the last point]. */
  readonly loss: [number, number][];
  /** Accuracies of receivers, beside those of random real images. */
  readonly measured?: DistilledRecord["measured"];
}

/** Make a small synthetic set that teaches what a large real one does. */
export const distill = defineCommand({
  summary: "distil a raw dataset into a few synthetic images per class",
  description: `Distils a raw dataset into a few synthetic images per class. The run folder holds the set (${setFile}), a contact sheet of it as it stands
(${SHEET}), every resolved option, the loss curve (metrics.json), a page (${PAGE}) and a checkpoint: the same command goes on where it was
stopped, with the same result.`,
  options,
  help(words) {
    const found = helpOfMethods(methods, words);
    return found && { options: optionsAround(found.flags), after: found.after };
  },
  examples: [
    "distill --ipc 10 --width 32 --iterations 500",
    "distill --data cifar-10 --method dc --preset quick --ipc 1 --receivers 3",
    "distill --data fashion-mnist --method dc --preset quick --seeds 0..9 --out runs/library",
    "distill --data fashion-mnist --method dm --ipc 10 --out runs/fashion",
    "distill --data path/to/cifar-10-batches-bin --normalisation cifar-10 --method random --ipc 50",
  ],
  async run({ options, given, console, signal, commandLine }) {
    const { name, method } = methodNamed(methods, options.method, who);
    const settings = optionsOfMethod(methods, method, options, given, who);
    if (options.seeds !== undefined && given.has("seed"))
      throw new UsageError(`${who}: invalid --seeds: expected it alone, got also --seed ${options.seed}`);
    const seeds = options.seeds === undefined ? [options.seed] : seedsOf(options.seeds, who);
    const [
      { rawData },
      { checkOut, runFolder },
      { setDigest },
      { versions },
      { workingDevice },
      { key },
      { distilled },
      { loadDistillation },
      { keptNetworks },
      { measureDistilled, receiverOf, sameReceivers },
      { writeDistilledPage },
      { named },
      { plainNormalisation },
      { whiteningHooks },
      { whitened },
      { whiteningOf },
      { checkNames },
      { checkReceiverProtocol, receiverProtocol, shownBy },
    ] = await Promise.all([
      import("../../disk/rawData.ts"),
      import("../steps/runFolder.ts"),
      import("../../disk/setDigest.ts"),
      import("../../run/versions.ts"),
      import("../../engine/workingDevice.ts"),
      import("../../core/random.ts"),
      import("../steps/distillStep.ts"),
      import("../../run/distillStage.ts"),
      import("../../disk/kept/keptNetworks.ts"),
      import("../steps/measureDistilled.ts"),
      import("../steps/distilledPage.ts"),
      import("../../run/checkFit.ts"),
      import("../../data/plainNormalisation.ts"),
      import("../steps/whiteningHooks.ts"),
      import("../steps/whitened.ts"),
      import("../../run/whitenedDistillation.ts"),
      import("../steps/checkNames.ts"),
      import("../steps/receiverProtocol.ts"),
    ]);
    checkNames(who, settings as object, options);
    await checkOut(options.out);
    const target = await workingDevice(options.device, options.threads);
    const zca = options.normalisation?.startsWith("zca-") ? options.normalisation : undefined;
    const data = rawData(options.data, who, zca === undefined ? { normalisation: options.normalisation } : {});
    const set = await data.split("train");
    const digest = setDigest(set);
    const hooks = whiteningHooks(console, signal, target);
    const normalisation =
      zca === undefined
        ? await data.normalisation()
        : await whiteningOf(zca, { name: set.name, digest }, method as Distillation, {
            ...{ who, flag: "--normalisation", hooks },
          });
    // In the words of this command, whatever part of the method or of a network refuses.
    named(who, () => method.check(set, settings as never));
    const judged = receiverProtocol(shownBy(method as Distillation, name, settings, set), options);
    if (options.receivers > 0) {
      checkReceiverProtocol(method as Distillation, judged, options);
      named(who, () => receiverOf(options, set));
    }
    const test = options.receivers > 0 ? await data.split("test", options.testImages) : undefined;
    await whitened({ console, signal, device: target }, set, normalisation);

    const one = async (seed: number): Promise<Done> => {
      const description = {
        command: `distill ${name}`,
        config: { data: data.name, normalisation: plainNormalisation(normalisation), options: settings, seed },
        data: { train: digest },
        versions: versions(target.name, target.threads),
      };
      const stem = `distill-${data.name}-${method.abbreviation}-ipc${settings.ipc}-seed${seed}`;
      const out =
        options.seeds !== undefined && options.out !== undefined ? join(options.out, `seed-${seed}`) : options.out;
      const run = await runFolder({ out, stem, commandLine }, description);
      const record = { seed, source: { name: set.name, images: set.shape[0], digest } };
      const context = { normalisation, key: key(seed), device: target, record, keep: keptNetworks(digest) };
      // What is finished is read back, so that a damaged set is made again.
      const before = await loadDistillation(run, hooks);
      const known = before && ((await run.readJson("metrics.json")) as Metrics | undefined);
      const wanted =
        test &&
        (known?.measured === undefined || !sameReceivers(known.measured, { ...options, epochs: judged.epochs }, test));
      if (known && !wanted) {
        console.note(`${run.folder} holds this run, finished`);
        return { run, metrics: known };
      }
      console.resumeWith(`the same command with --out ${options.out ?? run.folder} goes on`);
      const work = { run, console, signal, sheetEvery: options.sheetEvery };
      const made = before ?? (await distilled(work, method as Distillation, set, settings, context));
      const measured =
        test && (await measureDistilled(work, { set: made.set, raw: set, digest, test }, options, context));
      const metrics: Metrics = {
        method: name,
        images: made.set.shape[0],
        classes: made.set.classes,
        iterations: made.iterations,
        digest: setDigest(made.set),
        loss: curve(made.losses),
        ...(measured && { measured }),
      };
      await run.writeJson("metrics.json", metrics);
      const { iterations, loss } = metrics;
      await writeDistilledPage(run, made.set, {
        title: `${set.name}, distilled by ${method.abbreviation}`,
        ...{ command: commandLine, created: new Date().toISOString(), versions: description.versions as never },
        ...{ method: { title: method.title, source: method.source }, options: settings },
        ...{ data: { name: set.name, images: set.shape[0], sha256: digest } },
        ...{ iterations, loss, measured },
      });
      await run.log("finish");
      return { run, metrics };
    };

    const done: Done[] = [];
    for (const seed of seeds) {
      signal.throwIfAborted();
      done.push(await one(seed));
    }
    if (options.seeds === undefined) console.result(shown(done[0]), () => lines(console, done[0]));
    else
      console.result({ sets: done.map(shown) }, () => {
        for (const { run } of done) console.line(run.path(setFile));
      });
    return 0;
  },
});

interface Done {
  readonly run: Run;
  readonly metrics: Metrics;
}

/** Means over equal stretches of at least one iteration. */
function curve(losses: readonly number[]): [number, number][] {
  const stretch = Math.max(1, Math.ceil(losses.length / pointsOfCurve));
  const points: [number, number][] = [];
  for (let from = 0; from < losses.length; from += stretch) {
    const part = losses.slice(from, from + stretch);
    points.push([from + part.length, Math.fround(part.reduce((a, b) => a + b, 0) / part.length)]);
  }
  return points;
}

const shown = ({ run, metrics }: Done) => ({
  folder: run.folder,
  set: run.path(setFile),
  sheet: run.path(SHEET),
  report: run.path(PAGE),
  ...metrics,
});

function lines(console: Console, { run, metrics: { images, classes, iterations, loss, measured } }: Done): void {
  console.line(`${images} images, ${images / classes} of each of ${classes} classes`);
  if (loss.length > 0)
    console.line(
      `loss ${loss[0][1].toPrecision(4)} → ${loss[loss.length - 1][1].toPrecision(4)} in ${iterations} iterations`,
    );
  if (measured) {
    const mean = (rates: readonly number[]) =>
      `${((100 * rates.reduce((a, b) => a + b, 0)) / rates.length).toFixed(1)} %`;
    console.line(
      `networks trained on it reach ${mean(measured.own)}, on as many random real images ${mean(measured.random)} (${measured.own.length} of ${measured.network}, ${measured.epochs} epochs)`,
    );
  }
  console.line(run.path(setFile));
  console.line(run.path(PAGE));
}

function describeMethods(): string {
  return Object.entries(methods)
    .map(([name, { abbreviation }]) => `${abbreviation} (${kebab(name)})`)
    .join(", ");
}
