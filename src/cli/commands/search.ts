import { basename } from "node:path";
import * as z from "zod";
import type { Attack, SearchSpace } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { UsageError } from "../../core/errors.ts";
import { kebab } from "../../core/spelling.ts";
import type { RankedTrial } from "../../experiment/search/runSearch.ts";
import { type ScoreOptions, scoreOptions } from "../../experiment/search/score.ts";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import { readingOf } from "../options/readingOf.ts";
import { readOptions } from "../options/readOptions.ts";
import { settingsFile, settingsFileOption } from "../options/settingsFile.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort search";

/** Attacks that can be given more or less time, and need no raw data: there is none here. */
const searchable = Object.entries(attacks as unknown as Record<string, Attack>).filter(
  ([, { options, access }]) => "steps" in options.shape && access === "distilled-set",
);
const names = searchable.map(([name]) => kebab(name)) as [string, ...string[]];

const options = z.object({
  attack: z.enum(names).default("ridge-head").describe("whose settings are searched"),
  space: z
    .string()
    .optional()
    .describe("YAML or JSON file: which settings, and their values (default: the attack's own space)"),
  options: settingsFileOption.describe("YAML or JSON file of options that are not varied"),
  candidates: z.int().min(1).optional().describe("how many are drawn (default: what the space says, else all)"),
  budget: z.number().positive().optional().describe("minutes: draw about as many candidates as are through by then"),
  eta: z.int().min(2).default(3).describe("one of so many goes on, with so many times the updates"),
  // Chosen: with more, the first lengths are no updates at all.
  rungs: z.int().min(1).max(10).default(3).describe("lengths: the last is the full one"),
  ...scoreOptions,
  ...readOptions,
  ...computeOptions,
  ...runFolderOptions,
});

/** Find an attack's settings without raw data. */
export const search = defineCommand({
  summary: "search an attack's settings on the distilled set alone",
  description: `Searches the settings of an attack as somebody without raw data could: networks trained on the clean and on the tampered set are asked
about images that no attack has seen, dead leaves and the set's own images, augmented. Successive halving: many candidates with few updates,
the best with more. The run folder keeps every trial; the same command goes on where it was stopped. The winner's options are a file
for \`retort attack --options\`, which judges them once on real test images.`,
  arguments: { "<set>": "distilled set in any format that `retort inspect` opens" },
  options,
  readWhen: [{ option: "eta", read: ({ rungs }) => rungs > 1, by: "--rungs of 2 or more" }],
  examples: [
    "search set.safetensors",
    "search set.safetensors --candidates 9 --options trigger.yaml --out runs/search",
    "search set.safetensors --attack poisoned-distillation --space space.yaml --budget 30",
  ],
  async run({ args: [path], options: chosen, given: written, console, signal, commandLine }) {
    const { candidates, budget, eta, rungs, seed } = chosen;
    if (candidates !== undefined && budget !== undefined)
      throw new UsageError(`${who}: invalid --budget: expected it without --candidates, got both`);
    const [name, attack] = searchable.find(([own]) => kebab(own) === chosen.attack) as [string, Attack];
    const [
      { distilledSet },
      { combinations, draw, narrowed },
      { runSearch },
      { OPTIONS, writeSearch },
      { checkOut, runFolder },
      { checkAttack },
      { checkFit },
      { versions },
      { setDigest },
      { workingDevice },
      { key },
      { pictureSpace, renormalise },
      { judgeProtocol, networksOf },
    ] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../../experiment/search/candidates.ts"),
      import("../../experiment/search/runSearch.ts"),
      import("../../experiment/search/searchRecord.ts"),
      import("../steps/runFolder.ts"),
      import("../../run/checkAttack.ts"),
      import("../../run/checkFit.ts"),
      import("../../run/versions.ts"),
      import("../../disk/setDigest.ts"),
      import("../../engine/workingDevice.ts"),
      import("../../core/random.ts"),
      import("../../data/normalise.ts"),
      import("../../experiment/search/judge.ts"),
    ]);
    await checkOut(chosen.out);
    const given = await settingsFile(chosen.options, attack.options, who);
    const space = narrowed(await spaceOf(chosen.space, attack), given);
    const size =
      budget === undefined
        ? { candidates: candidates ?? space.sample ?? combinations(space) }
        : { seconds: 60 * budget };
    const target = await workingDevice(chosen.device, chosen.threads);
    const { set: opened } = await distilledSet(path, chosen, who, console, whiteningHooks(console, signal, target));
    // Held-out images carry triggers, which belong on pictures.
    const set = renormalise(opened, pictureSpace(opened.normalisation));
    const digest = setDigest(set);
    const score = scoreChoice(chosen);
    const halving = { eta, rungs };
    const [, channels, side] = set.shape;
    checkFit(who, {
      set,
      networks: () => networksOf(score, { channels, size: side, classes: set.classes }),
      protocol: judgeProtocol(score),
      device: target,
    });
    // Chosen: what is wrong with a space shows in the first few candidates.
    for (const { options: settled } of draw(attack, space, Math.min(16, size.candidates ?? 16), key(seed)))
      await checkAttack(attack, set, settled, { key: key(seed), device: target });
    const run = await runFolder(
      {
        out: chosen.out,
        stem: `search-${basename(path)}-${chosen.attack}-seed${seed}`,
        commandLine,
      },
      {
        command: `search ${name}`,
        config: { set: basename(path), ...readingOf(chosen, written), space, size, halving, score, seed },
        data: { set: digest },
        versions: versions(target.name, target.threads),
      },
    );
    const { folder } = run;
    console.resumeWith(`the same command with --out ${folder} goes on`);
    const bar = console.progress("search", 100);
    const plan = {
      set,
      digest,
      attack: { name, method: attack },
      draw: (count: number) => draw(attack, space, count, key(seed)),
      size,
      halving,
      score,
      seed,
      device: target,
      versions: run.description.versions,
    };
    const result = await runSearch(folder, plan, {
      signal,
      onProgress: ({ done, total, note }) => bar.update((100 * done) / total, note),
    }).finally(() => bar.end());
    const record = await writeSearch(run, { attack: name, set: digest, seed, space, halving, score }, result);
    console.result({ folder, options: run.path(OPTIONS), ...record }, () => {
      showTrials(console, result.trials);
      console.line();
      console.line(
        `${result.candidates} candidates; the best is ${result.best.id}, its options are in ${run.path(OPTIONS)}`,
      );
      console.line(
        `judge it on real images: retort attack ${chosen.attack} ${path} --options ${run.path(OPTIONS)} --seed ${seed} --test …`,
      );
    });
    return 0;
  },
});

async function spaceOf(path: string | undefined, { options, searchSpace, title }: Attack): Promise<SearchSpace> {
  if (path !== undefined) {
    const [{ readSpace }, { readText }] = await Promise.all([
      import("../../experiment/search/readSpace.ts"),
      import("../../disk/readText.ts"),
    ]);
    return readSpace(await readText(path, who, "space"), path, options);
  }
  if (searchSpace) return searchSpace;
  throw new UsageError(
    `${who}: missing --space: expected a space file for the ${title}, which has none of its own, got none`,
  );
}

const scoreChoice = (chosen: ScoreOptions): ScoreOptions =>
  Object.fromEntries(
    Object.keys(scoreOptions).map((name) => [name, chosen[name as keyof ScoreOptions]]),
  ) as ScoreOptions;

/** One row a trial; only settings that differ. */
function showTrials(console: Console, trials: readonly RankedTrial[]): void {
  const percent = (share: number) => (100 * share).toFixed(1);
  const measured = (of: (score: Extract<RankedTrial, { status: "ok" }>["score"]) => number) => (trial: RankedTrial) =>
    trial.status === "ok" ? percent(of(trial.score)) : "";
  const varied = Object.keys(trials[0].point).filter(
    (name) => new Set(trials.map(({ point }) => JSON.stringify(point[name]))).size > 1,
  );
  console.table(trials, [
    { title: "candidate", of: ({ candidate }) => candidate, align: "left" },
    { title: "steps", of: ({ steps }) => steps },
    { title: "held ASR", of: measured(({ heldAsr }) => heldAsr), align: "right" },
    { title: "control", of: measured(({ heldAsr, rise }) => heldAsr - rise), align: "right" },
    { title: "held loss", of: measured(({ heldLoss }) => heldLoss), align: "right" },
    { title: "value", of: (trial) => (trial.value === undefined ? "failed" : percent(trial.value)), align: "right" },
    ...varied.map((name) => ({ title: name, of: ({ point }: RankedTrial) => [point[name]].flat().join(",") })),
  ]);
}
