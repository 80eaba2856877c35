import { basename, join } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { auditAgainst, auditPolicies } from "../options/auditPolicies.ts";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import {
  evaluationOptions,
  namedReceivers,
  protocolFlag,
  protocolOf,
  receiversOf,
  resolveEvaluation,
  underProtocol,
} from "../options/evaluationOptions.ts";
import { readingOf } from "../options/readingOf.ts";
import { readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { flagOf } from "../shell/flagOf.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort evaluate";

/** Train receivers on a set, or on the two sets of an attack run, and measure them. */
export const evaluate = defineCommand({
  summary: "train networks on a set, or on a run's clean and tampered sets, and measure them",
  description: `Trains receivers on a distilled set and measures their accuracy on clean test images. For the folder of an attack, receivers are
trained on the clean and on the tampered set with the same seeds, and attack success is measured beside its controls.`,
  arguments: { "<path>": "distilled set, or run folder of `retort attack`" },
  options: z.object({
    ...evaluationOptions,
    protocol: protocolFlag,
    ...readOptions,
    requireAudit: z
      .enum(auditPolicies)
      .optional()
      .describe(
        "audit the set first, and train on it only if the audit finds nothing against it; nothing-found refuses also what cannot be judged",
      ),
    method: auditAgainst.method,
    calibration: auditAgainst.calibration,
    keepNetworks: z
      .boolean()
      .default(false)
      .describe("keep the trained networks in the run folder, as `networks/*.safetensors` (docs/formats.md)"),
    ...computeOptions,
    ...runFolderOptions,
  }),
  readWhen: ["method", "calibration"].map((option) => ({
    option,
    read: ({ requireAudit }: { requireAudit?: string }) => requireAudit !== undefined,
    by: "--require-audit",
  })),
  examples: [
    "evaluate set.safetensors --test cifar-10 --epochs 300",
    "evaluate runs/x --test cifar-10 --test-images 2000 --epochs 50,100,300 --networks 5 --out runs/x-receivers",
    "evaluate set.safetensors --test cifar-10 --protocol dsa",
    "evaluate runs/rded --test cifar-10 --protocol rded --network convNetBN",
    "evaluate set.safetensors --test cifar-10 --require-audit no-suspicion",
    "evaluate set.safetensors --test cifar-10 --require-audit nothing-found --method dm",
    "evaluate set.safetensors --test cifar-10 --networks 1 --keep-networks --out runs/receiver",
    "evaluate set.safetensors --test cifar-10 --network convNet,vgg11,resNet18 --augmentation flip-crop+cutout --schedule cosine",
  ],
  async run({ args: [path], options, given, console, signal, commandLine }) {
    const [
      { distilledSet },
      { chooseTeacher, receiversTeacher },
      { evaluateStep, finish, testSet },
      { checkOut, runFolder },
      { checkFit },
      { readRun },
      { loadAttack, readSet, CLEAN },
      { versions },
      { setDigest },
      { workingDevice },
      { key },
      { attackRegistry: attacks },
    ] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../steps/receiversTeacher.ts"),
      import("../steps/attackRun.ts"),
      import("../steps/runFolder.ts"),
      import("../../run/checkFit.ts"),
      import("../../run/Run.ts"),
      import("../../run/attackStage.ts"),
      import("../../run/versions.ts"),
      import("../../disk/setDigest.ts"),
      import("../../engine/workingDevice.ts"),
      import("../../core/random.ts"),
      import("../../attack/attackRegistry.ts"),
    ]);
    const { existsSync } = await import("node:fs");
    await checkOut(options.out);
    const target = await workingDevice(options.device, options.threads);
    const chosen = z.object(evaluationOptions).parse(options);
    // What is wrong in it is told before anything is opened.
    if (options.protocol === undefined) resolveEvaluation(chosen, who);
    const folder = existsSync(join(path, "config.json")) ? await readRun(path) : undefined;
    // The set that a distillation left is a set like any other.
    const attacked = folder?.description.command.startsWith("distill ") ? undefined : folder;
    if (attacked && options.requireSeal)
      throw new UsageError(
        `${who}: invalid path: expected a sealed set for --require-seal, got the run folder ${path}`,
      );
    if (attacked && options.requireAudit)
      throw new UsageError(`${who}: invalid path: expected a set for --require-audit, got the run folder ${path}`);
    const reading = attacked && Object.keys(readingOf(options, given).reading ?? {})[0];
    if (reading !== undefined)
      throw new UsageError(
        `${who}: invalid ${flagOf([reading])}: expected it with a set, got the run folder ${path}, whose sets say everything themselves`,
      );
    const hooks = whiteningHooks(console, signal, target);
    const result = attacked && (await loadAttack(attacked, hooks));
    const { set: clean, accuracies } =
      result && attacked
        ? { set: await readSet(attacked, CLEAN, hooks) }
        : await distilledSet(path, options, who, console, hooks);
    const evaluation = resolveEvaluation(underProtocol(chosen, options.protocol, clean, given, who), who);
    const test = await testSet(options, who);
    const teaching = await chooseTeacher(clean, evaluation, who);
    const [, channels, size] = clean.shape;
    checkFit(who, {
      set: clean,
      test,
      networks: () => receiversOf(evaluation, { channels, size, classes: clean.classes }),
      protocol: protocolOf(evaluation),
      teacherData: teaching?.raw,
      device: target,
    });
    if (options.keepNetworks) await checkKeepable(clean, evaluation.input);
    if (options.requireAudit !== undefined) {
      const { requireAudit } = await import("../steps/requireAudit.ts");
      const { seed, device, threads, method } = options;
      const { readCalibrations } = await import("../../run/calibrationFile.ts");
      const calibrations = await readCalibrations(options.calibration, who);
      const call = { seed, device, threads, signal, method, calibrations };
      await requireAudit(clean, path, options.requireAudit, call, console);
    }
    const run = await runFolder(
      {
        out: options.out,
        stem: `evaluate-${basename(path)}-${options.network.join("-")}-seed${options.seed}`,
        commandLine,
      },
      {
        command: "evaluate",
        config: {
          of: basename(path),
          ...readingOf(options, given),
          ...(attacked && { attack: attacked.description.config }),
          evaluation,
          ...(teaching && { teacher: teaching.recipe }),
          seed: options.seed,
        },
        data: {
          set: setDigest(clean),
          test: setDigest(test),
          ...(result && { tampered: setDigest(result.set) }),
          ...(teaching && { teacher: teaching.digest }),
        },
        versions: versions(target.name, target.threads),
      },
    );
    console.resumeWith(`the same command with --out ${run.folder} goes on`);
    const work = { run, console, signal, key: key(options.seed), device: target, timings: [] };
    const sets = { clean, ...(result && { tampered: result.set }) };
    const teacher = teaching && (await receiversTeacher(work, clean, teaching));
    const keeper = options.keepNetworks
      ? (await import("../../run/receiverKeeper.ts")).receiverKeeper(run, {
          networks: namedReceivers(evaluation),
          protocol: protocolOf(evaluation),
          seed: options.seed,
        })
      : undefined;
    const measured = await evaluateStep(work, sets, result, test, evaluation, { keeper, teacher });
    // People know a set by the path they gave: the name inside may be that of another file.
    const named = result ? clean : { ...clean, name: basename(path) };
    const name = attacked?.description.command.replace(/^attack /, "");
    const known = name && Object.hasOwn(attacks, name) ? attacks[name as keyof typeof attacks] : undefined;
    await finish(work, {
      title: `Receivers of ${named.name}`,
      command: commandLine,
      ...(known && name && { attack: { name, attack: known as never } }),
      clean: named,
      stored: accuracies,
      result,
      test,
      measured,
    });
    return 0;
  },
});

/** @throws UsageError where networks of a set cannot be kept, before any of them is trained. */
async function checkKeepable({ normalisation }: DistilledSet, input: string): Promise<void> {
  const { seenSpace } = await import("../../train/TrainedNetwork.ts");
  if (input === "zca")
    throw new UsageError(`${who}: invalid --input: expected as-is, clamp or 8-bit with --keep-networks, got zca`);
  seenSpace(normalisation, `${who}: --keep-networks`);
}
