import { basename } from "node:path";
import * as z from "zod";
import type { Attack } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { UsageError } from "../../core/errors.ts";
import { nested, type Settings } from "../../core/layers.ts";
import { resolveSettings } from "../../core/readWhen.ts";
import { kebab } from "../../core/spelling.ts";
import type { ProtocolName } from "../../train/namedProtocols.ts";
import { computeOptions, runFolderOptions } from "../options/computeOptions.ts";
import {
  type EvaluationChoice,
  evaluationOptions,
  protocolFlag,
  protocolOf,
  receiversOf,
  resolveEvaluation,
  underProtocol,
} from "../options/evaluationOptions.ts";
import { readingOf } from "../options/readingOf.ts";
import { readOptions } from "../options/readOptions.ts";
import { settingsFile, settingsFileOption } from "../options/settingsFile.ts";
import { type CliCommand, defineCommand } from "../shell/command.ts";
import { flagOf } from "../shell/flagOf.ts";
import { optionGroup } from "../shell/optionGroup.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const rawOption = z
  .string()
  .describe("raw dataset that the set was distilled from by retort distill, which is distilled once more")
  .optional();

const protocolOfReceivers = optionGroup(
  { title: "Receivers", common: [] },
  {
    protocol: protocolFlag.describe(
      "train receivers as a method's sets were judged, beneath what other flags say (spelled out by retort evaluate --help)",
    ),
  },
).protocol;

/** One subcommand for each attack of the registry. */
function attackCommand(name: string, attack: Attack): CliCommand {
  const who = `retort attack ${kebab(name)}`;
  // The attack's options have their own names, the receivers' always a prefix.
  const receivers = Object.fromEntries(
    Object.entries({ ...evaluationOptions, protocol: protocolOfReceivers }).map(([key, value]) => [
      ofReceivers(key),
      value,
    ]),
  );
  const { presets = {} } = attack;
  const names = Object.keys(presets);
  const { trigger, ...others } = attack.options.shape as Record<string, z.ZodType>;
  const options = z.object({
    ...optionGroup({ title: "Attack" }, others),
    ...optionGroup({ title: "Trigger" }, trigger ? { trigger } : {}),
    ...(names.length > 0 &&
      optionGroup(
        { title: "Attack" },
        {
          preset: z
            .enum(names as [string])
            .optional()
            .describe(`settings that other flags override (docs/attacks.md)${shortPresets(presets)}`),
        },
      )),
    ...(attack.access !== "distilled-set" && optionGroup({ title: "Attack" }, { raw: rawOption })),
    ...optionGroup({ title: "Attack" }, { options: settingsFileOption }),
    ...receivers,
    ...readOptions,
    ...optionGroup(
      { title: "Run" },
      {
        unlabelled: z
          .boolean()
          .default(false)
          .describe("leave the tampered set's metadata silent about it (blind studies)"),
      },
    ),
    ...computeOptions,
    ...runFolderOptions,
  });
  return defineCommand({
    summary: `${attack.title} (${attack.source})`,
    description: `${attack.title} (${attack.source}). Needs: ${attack.access}.
Writes a run folder with the clean and the tampered set, trigger, archetypes, every resolved option and, with --test, a report
of receivers trained on both. The same command goes on where it was stopped.`,
    arguments: { "<set>": "distilled set in any format that `retort inspect` opens" },
    options,
    readWhen: Object.keys(receivers)
      .filter((option) => option !== "test")
      .map((option) => ({ option, read: ({ test }) => test !== undefined, by: "--test" })),
    examples: [
      `attack ${kebab(name)} set.safetensors${attack.access === "distilled-set" ? "" : " --raw cifar-10"} --test cifar-10 --out runs/x`,
      ...(attack.access === "distilled-set"
        ? [
            `attack ${kebab(name)} res_DC_CIFAR10_ConvNet_1ipc.pt --normalisation cifar-10${"trigger" in attack.options.shape ? " --trigger-side 3 --trigger-value 1 --trigger-unit pixel" : ""}`,
          ]
        : []),
    ],
    async run({ args: [path], options: flags, given, console, signal, commandLine }) {
      const [
        { distilledSet },
        { chooseTeacher, receiversTeacher },
        { attackStep, evaluateStep, finish, testSet },
        { checkOut, runFolder },
        { checkAttack },
        { checkFit },
        { versions },
        { setDigest },
        { workingDevice },
        { child, key },
        { StepClock },
      ] = await Promise.all([
        import("../steps/distilledSet.ts"),
        import("../steps/receiversTeacher.ts"),
        import("../steps/attackRun.ts"),
        import("../steps/runFolder.ts"),
        import("../../run/checkAttack.ts"),
        import("../../run/checkFit.ts"),
        import("../../run/versions.ts"),
        import("../../disk/setDigest.ts"),
        import("../../engine/workingDevice.ts"),
        import("../../core/random.ts"),
        import("../../run/StepClock.ts"),
      ]);
      const chosen = flags as Record<string, unknown> &
        z.infer<z.ZodObject<typeof readOptions & typeof computeOptions>>;
      await checkOut(chosen.out as string | undefined);
      const file = await settingsFile(chosen.options as string | undefined, attack.options, who);
      const attackOptions = settings(who, attack, chosen, given, file);
      const chosenReceivers = Object.fromEntries(
        Object.keys(evaluationOptions).map((k) => [k, chosen[ofReceivers(k)]]),
      ) as EvaluationChoice;
      const protocol = chosen[ofReceivers("protocol")] as ProtocolName | undefined;
      // What is wrong in it is told before anything is opened.
      if (protocol === undefined) resolveEvaluation(chosenReceivers, who, ofReceivers);
      const target = await workingDevice(chosen.device, chosen.threads);
      const hooks = whiteningHooks(console, signal, target);
      const { set, accuracies } = await distilledSet(path, chosen, who, console, hooks);
      const asked = new Set(Object.keys(evaluationOptions).filter((option) => given.has(ofReceivers(option))));
      const evaluation = resolveEvaluation(underProtocol(chosenReceivers, protocol, set, asked, who), who, ofReceivers);
      const pace = new StepClock();
      const raw = await rawOf(attack, chosen.raw as string | undefined, who);
      const rawDigest = raw && setDigest(raw);
      const access = raw && (await loadRawAccess()).rawAccess(set, raw, target, who, { digest: rawDigest, pace });
      const test = evaluation.test === undefined ? undefined : await testSet(evaluation, who);
      const teaching = test && (await chooseTeacher(set, evaluation, who, ofReceivers));
      const [, channels, size] = set.shape;
      const shape = { channels, size, classes: set.classes };
      checkFit(who, {
        set,
        test,
        device: target,
        teacherData: teaching?.raw,
        ...(test && { networks: () => receiversOf(evaluation, shape), protocol: protocolOf(evaluation) }),
      });
      const root = key(chosen.seed);
      await checkAttack(attack, set, attackOptions, {
        ...{ key: child(root, "attack"), device: target, raw: access },
      });
      const run = await runFolder(
        {
          out: chosen.out as string | undefined,
          stem: `attack-${basename(path)}-${kebab(name)}-seed${chosen.seed}`,
          commandLine,
        },
        {
          command: `attack ${name}`,
          config: {
            set: basename(path),
            ...readingOf(chosen, given),
            attack: attackOptions,
            ...(test && { evaluation }),
            ...(teaching && { teacher: teaching.recipe }),
            seed: chosen.seed,
            unlabelled: chosen.unlabelled,
          },
          data: {
            set: setDigest(set),
            ...(rawDigest && { raw: rawDigest }),
            ...(test && { test: setDigest(test) }),
            ...(teaching && { teacher: teaching.digest }),
          },
          versions: versions(target.name, target.threads),
        },
      );
      console.resumeWith(`the same command with --out ${run.folder} goes on`);
      const work = { run, console, signal, key: root, device: target, timings: [] };
      const label = chosen.unlabelled ? (tampered: typeof set) => ({ ...tampered, metadata: set.metadata }) : undefined;
      const result = await attackStep(work, set, attack, attackOptions, { label, raw: access, pace });
      const teacher = teaching && (await receiversTeacher(work, set, teaching));
      const sets = { clean: set, tampered: result.set };
      const measured = test && (await evaluateStep(work, sets, result, test, evaluation, { teacher }));
      await finish(work, {
        title: `${attack.title} on ${basename(path)}`,
        command: commandLine,
        attack: { name, attack },
        clean: { ...set, name: basename(path) },
        stored: accuracies,
        result,
        test,
        measured,
      });
      return 0;
    },
  });
}

/** Loaded when it is asked for: it knows the distillation methods. */
const loadRawAccess = () => import("../../library/rawAccess.ts");

/** The raw images of an attack that distils. @throws UsageError where they are not named. */
async function rawOf({ access }: Attack, name: string | undefined, who: string) {
  if (access === "distilled-set") return undefined;
  if (name === undefined)
    throw new UsageError(`${who}: missing --raw: expected the raw dataset that the set was distilled from, got none`);
  const { rawData } = await import("../../disk/rawData.ts");
  return rawData(name, who).split("train");
}

/** A receiver's option beside those of an attack. What is measured on is no option of theirs. */
const ofReceivers = (key: string) =>
  key === "test" || key === "testImages" ? key : `receiver${key[0].toUpperCase()}${key.slice(1)}`;

/** Settings as a person would type them. */
const flagsOf = (given: Settings, path: readonly string[] = []): string =>
  Object.entries(given)
    .map(([name, value]) =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? flagsOf(value as Settings, [...path, name])
        : `${flagOf([...path, name])} ${value}`,
    )
    .join(" ");

// Chosen: a line of the help; what is longer is listed in the configuration of every run.
const spelled = 60;

/** The presets that fit a line, in flags. */
function shortPresets(presets: Readonly<Record<string, Settings>>): string {
  const said = Object.entries(presets).map(([name, preset]) => [name, flagsOf(preset)]);
  const short = said.filter(([, flags]) => flags.length <= spelled).map(([name, flags]) => `${name} is ${flags}`);
  return short.length > 0 ? `: ${short.join("; ")}` : "";
}

/** The attack's options: defaults, then the preset, then the file, then what was written. */
function settings(
  who: string,
  method: Attack,
  flags: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
  file: Settings,
): Record<string, unknown> {
  const { options, presets = {} } = method;
  const written = [...given]
    .map((name) => name.split("."))
    .filter(([head]) => head in options.shape)
    .map((path) =>
      nested(
        path,
        path.reduce<unknown>((inner, step) => (inner as Settings)[step], flags),
      ),
    );
  const preset = presets[flags.preset as string] ?? {};
  return resolveSettings(who, method, [file, ...written], { preset, spell: flagOf });
}

/** Tamper with a distilled set as somebody who passes it on could. */
export const attack: CliCommand = {
  summary: "backdoor a distilled set without raw data",
  description:
    "Tamper with a distilled set as somebody who passes it on could: no raw data, no part in the distillation; some attacks are of somebody who distils, and ask for --raw. Say which attack: the one of the paper, poisoned-distillation, takes most of an hour at its defaults, clean-label a moment.",
  examples: [
    "attack clean-label set.safetensors --preset strong --test cifar-10",
    "attack bad-nets set.safetensors --poison-ratio 0.1 --out runs/badnets",
  ],
  subcommands: Object.fromEntries(
    Object.entries(attacks).map(([name, a]) => [name, attackCommand(name, a as unknown as Attack)]),
  ),
};
