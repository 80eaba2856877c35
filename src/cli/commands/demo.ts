import * as z from "zod";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import { evaluationOptions, resolveEvaluation } from "../options/evaluationOptions.ts";
import { defineCommand } from "../shell/command.ts";

// Chosen: two minutes on two cores; one image a class, for which a library of clean sets is at hand (docs/demo.md: several seeds).
const sizes = {
  images: 2_000,
  testImages: 500,
  ipc: 1,
  iterations: 100,
  batchReal: 48,
  width: 16,
  networks: 5,
  epochs: 100,
};

/** Show the whole story once, from nothing to a report. */
export const demo = defineCommand({
  summary:
    "seal, backdoor, train, verify, audit and repair a set of generated drawings: the whole story in two minutes",
  description: `Draws the raw set \`strokes\`, distils it and seals it; backdoors it as somebody on the way could, without the raw data; trains
receivers on both; verifies the seal; audits the tampered set, which knows neither seal nor clean set; repairs it and trains again.
One page tells it in six chapters. Small sizes throughout; the full commands are distill, seal, attack, evaluate, verify, audit and sanitise.`,
  options: z.object({ ...computeOptions, ...runFolderOptions }),
  examples: ["demo", "demo --seed 1 --out runs/demo-1"],
  async run({ options, console, signal, commandLine }) {
    const [
      methods,
      attacks,
      { presets },
      { attackStep, evaluateStep },
      { alsoMeasured, auditedAndRepaired, sealedAndSwapped },
      { writeStory },
      { checkOut, runFolder },
      { versions },
      { setDigest },
      { workingDevice },
      { child, key },
      { strokes },
      { normalisationNamed },
      { distillStep },
    ] = await Promise.all([
      import("../../distill/methods.ts"),
      import("../../attack/attacks.ts"),
      import("../../attack/poisonedDistillation/poisonedDistillationPresets.ts"),
      import("../steps/attackRun.ts"),
      import("../steps/demoChapters.ts"),
      import("../steps/demoStory.ts"),
      import("../steps/runFolder.ts"),
      import("../../run/versions.ts"),
      import("../../disk/setDigest.ts"),
      import("../../engine/workingDevice.ts"),
      import("../../core/random.ts"),
      import("../../data/generators/strokes.ts"),
      import("../../data/normalise.ts"),
      import("../steps/distillStep.ts"),
    ]);
    await checkOut(options.out);
    const target = await workingDevice(options.device, options.threads);
    const root = key(options.seed);
    const [raw, test] = [strokes("train", sizes.images), strokes("test", sizes.testImages)];
    const normalisation = normalisationNamed("strokes", "retort demo");
    const distillation = methods.distributionMatching.options.parse({
      ipc: sizes.ipc,
      iterations: sizes.iterations,
      batchReal: sizes.batchReal,
      width: sizes.width,
    });
    const method = "poisonedDistillation";
    const attack = attacks[method];
    const attackOptions = attack.options.parse(presets["robust-one"]);
    const start = performance.now();
    const run = await runFolder(
      { out: options.out, stem: options.seed === 0 ? "demo" : `demo-seed${options.seed}`, commandLine },
      {
        command: "demo",
        config: { sizes, distillation, attack: attackOptions, seed: options.seed },
        data: { train: setDigest(raw), test: setDigest(test) },
        versions: versions(target.name, target.threads),
      },
    );
    console.resumeWith(`the same command with --out ${run.folder} goes on`);
    const work = { run, console, signal, key: root, device: target, timings: [] };
    const made = await distillStep(work, methods.distributionMatching, raw, distillation, {
      normalisation,
      key: child(root, "distill"),
      device: target,
      record: { seed: options.seed },
    });
    const result = await attackStep(work, made.set, attack as never, attackOptions);
    const receivers = resolveEvaluation(z.object(evaluationOptions).parse({}), "retort demo");
    const measured = await evaluateStep(work, { clean: made.set, tampered: result.set }, result, test, {
      ...receivers,
      test: "strokes",
      width: sizes.width,
      networks: sizes.networks,
      epochs: [sizes.epochs],
    });
    const now = new Date();
    const { fingerprint, verification, diffed } = await sealedAndSwapped(work, made.set, result.set, now);
    const { audited, seconds, sanitised } = await auditedAndRepaired(work, result.set, options.seed);
    const repaired =
      sanitised.rounds.length === 0
        ? undefined
        : await alsoMeasured(work, sanitised.set, result, test, { ...sizes, networks: sizes.networks });
    await writeStory(work, {
      ...{ commandLine, now, raw, test, made: made.set, result, measured },
      ...{ fingerprint, verification, diffed, audited, auditSeconds: seconds, sanitised, repaired },
      ...{ width: sizes.width, method, attack: attack as never },
      distillation: "distribution matching",
      seconds: (performance.now() - start) / 1000,
    });
    return 0;
  },
});
