import { z } from "zod";
import type { Curve } from "../../report/record.ts";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import { evaluationOptions, resolveEvaluation } from "../options/evaluationOptions.ts";
import { defineCommand } from "../shell/command.ts";

// Chosen: small enough for three minutes on two cores, large enough that the numbers mean something.
const sizes = {
  images: 5_000,
  testImages: 1_000,
  ipc: 3,
  iterations: 120,
  batchReal: 48,
  width: 32,
  steps: 50,
  networks: 5,
  epochs: 100,
};

/** Show the whole story once, from nothing to a report. */
export const demo = defineCommand({
  summary: "distil, backdoor, train and report on generated data: the whole story in three minutes",
  description: `Draws the raw set \`strokes\`, distils it, backdoors the distilled set without the raw data, trains receivers on the clean and
the tampered set, and writes a report. Small sizes throughout; the full commands are distill, attack and evaluate.`,
  options: z.object({ ...computeOptions, ...runFolderOptions }),
  examples: ["demo", "demo --seed 1 --out runs/demo-1"],
  async run({ options, console, signal, commandLine }) {
    const [
      methods,
      attacks,
      { attackStep, evaluateStep, finish },
      { checkOut, runFolder },
      { versions },
      { setDigest },
      { device },
      { child, key },
      { strokes },
      { normalisationNamed },
      { distillStep },
    ] = await Promise.all([
      import("../../distill/methods.ts"),
      import("../../attack/attacks.ts"),
      import("../steps/attackRun.ts"),
      import("../steps/runFolder.ts"),
      import("../../run/versions.ts"),
      import("../../disk/setDigest.ts"),
      import("../../engine/device.ts"),
      import("../../core/random.ts"),
      import("../../data/generators/strokes.ts"),
      import("../../data/normalise.ts"),
      import("../steps/distillStep.ts"),
    ]);
    await checkOut(options.out);
    const target = device(options.device, options.threads);
    const root = key(options.seed);
    const [raw, test] = [strokes("train", sizes.images), strokes("test", sizes.testImages)];
    const normalisation = normalisationNamed("strokes", "retort demo");
    const distillation = methods.distributionMatching.options.parse({
      ipc: sizes.ipc,
      iterations: sizes.iterations,
      batchReal: sizes.batchReal,
      width: sizes.width,
    });
    const attackOptions = attacks.poisonedDistillation.options.parse({
      trigger: { side: 3, value: 1, unit: "pixel" },
      steps: sizes.steps,
      surrogate: { width: sizes.width, hidden: 0 },
    });
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
    const result = await attackStep(work, made.set, attacks.poisonedDistillation as never, attackOptions);
    const receivers = resolveEvaluation(z.object(evaluationOptions).parse({}), "retort demo");
    const measured = await evaluateStep(work, { clean: made.set, tampered: result.set }, result, test, {
      ...receivers,
      test: "strokes",
      width: sizes.width,
      networks: sizes.networks,
      epochs: [sizes.epochs],
    });
    const curve: Curve = {
      title: "Distilling",
      x: "iteration",
      y: "loss",
      series: [{ name: "distribution matching", points: made.losses.map((loss, i) => [i, loss]) }],
    };
    await finish(work, {
      title: "Demo: a distilled set, backdoored without its raw data",
      command: commandLine,
      attack: { name: "poisonedDistillation", attack: attacks.poisonedDistillation as never },
      clean: made.set,
      result,
      test,
      measured,
      curves: [curve],
    });
    return 0;
  },
});
