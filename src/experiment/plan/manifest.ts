import { basename, dirname, join, resolve } from "node:path";
import * as z from "zod";
import { DataError, UsageError } from "../../core/errors.ts";
import { handleDamage, type OnDamage, readKept, writeKept } from "../../disk/kept/keptFile.ts";
import { makeFolder } from "../../disk/makeFolder.ts";
import type { WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import { parseAs } from "../../report/parseAs.ts";
import { type Versions, versions } from "../../run/versions.ts";
import { checkTrial } from "./checkTrial.ts";
import { type Axis, axesOf, expand } from "./expand.ts";
import { Inputs } from "./Inputs.ts";
import type { Experiment } from "./readExperiment.ts";
import { resolveTrial } from "./resolveTrial.ts";
import { noteWritten, wasWritten } from "./sweepLog.ts";
import { type PlannedTrial, type TrialConfig, trialId } from "./TrialConfig.ts";

const manifestFormat = "retort-manifest/2";
/** The same without a digest, as older versions wrote it. */
const formatBefore = "retort-manifest/1";
const MANIFEST = "manifest.json";

/** A whole sweep, ready to run: `manifest.json` in its folder. */
export interface SweepManifest {
  readonly format: typeof manifestFormat | typeof formatBefore;
  readonly title: string;
  /** "retort run triggers.yaml --size small". */
  readonly command: string;
  /** The experiment at the size that was chosen. */
  readonly experiment: Readonly<Record<string, unknown>>;
  /** Folder that paths of the trials start from. */
  readonly base: string;
  readonly axes: readonly Axis[];
  readonly versions: Versions;
  readonly trials: readonly PlannedTrial[];
}

export interface PlanHooks extends WhiteningHooks {
  /** So many trials of `total` are resolved and checked. */
  readonly onTrial?: (done: number, total: number) => void;
}

/** Resolve every trial of an experiment. @param commandLine the call, for the record. @throws UsageError that names file, line and member. */
export async function planExperiment(
  experiment: Experiment,
  hooks: PlanHooks = {},
  commandLine?: string,
): Promise<SweepManifest> {
  const base = resolve(dirname(experiment.file));
  const inputs = new Inputs(base, hooks);
  const trials: PlannedTrial[] = [];
  const seen = new Map<string, PlannedTrial>();
  const checked = new Set<string>();
  const combinations = expand(experiment);
  for (const combination of combinations) {
    hooks.signal?.throwIfAborted();
    const config = await resolveTrial(experiment, combination, inputs);
    await checkTrial(config, inputs, (part) => `${combination.where(part)}: ${part}`, checked);
    const trial = { id: trialId(config), axes: combination.axes, config };
    const same = seen.get(trial.id);
    if (same)
      throw new UsageError(
        `${experiment.where(["matrix"])}: invalid matrix: expected every trial to differ, got the same one for ${spelled(same.axes)} and ${spelled(trial.axes)}`,
      );
    seen.set(trial.id, trial);
    trials.push(trial);
    hooks.onTrial?.(trials.length, combinations.length);
  }
  const [{ config }] = trials;
  const name = basename(experiment.file);
  const { title = name.replace(/\.[^.]*$/, "") } = experiment.body;
  return {
    format: manifestFormat,
    title,
    command: commandLine ?? `retort run ${name}${experiment.size === undefined ? "" : ` --size ${experiment.size}`}`,
    experiment: experiment.body,
    base,
    axes: axesOf(experiment).map(({ values, ...axis }) => ({ ...axis, values: [...values] })),
    versions: versions(config.device, config.threads),
    trials,
  };
}

/** "trigger white3, seed 1". */
export const spelled = (axes: PlannedTrial["axes"]): string =>
  Object.entries(axes)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ") || "the only trial";

/**
 * Put a manifest into the sweep's folder, or check that the folder holds a plan that this one continues.
 *
 * Another choice of trials is fine, results are kept by content; other versions are not. A damaged manifest is set aside.
 *
 * @throws UsageError if the folder's results were made with other versions.
 */
export async function openSweep(folder: string, manifest: SweepManifest): Promise<void> {
  const before = await readManifest(folder, "aside").catch(async (error: unknown) => {
    if (error instanceof DataError)
      await handleDamage(join(folder, MANIFEST), `what does not read (${error.message})`, "aside");
    else if (!(error instanceof UsageError)) throw error;
    return undefined;
  });
  for (const name of before ? new Set([...Object.keys(before.versions), ...Object.keys(manifest.versions)]) : []) {
    const [there, here] = [before, manifest].map((one) => one?.versions[name as keyof Versions] ?? "none");
    if (there !== here && name !== "threads" && name !== "device")
      throw new UsageError(
        `sweep: invalid folder ${folder}: expected results of ${name} ${here}, got some of ${there}; choose a new folder with --out`,
      );
  }
  const content = `${JSON.stringify(manifest)}\n`;
  await makeFolder(folder);
  await noteWritten(folder, "plan", content);
  await writeKept(join(folder, MANIFEST), content, MANIFEST);
}

const remedy = "retort run or retort plan with the experiment's file writes it again";

const shape = z.looseObject({
  format: z.literal([manifestFormat, formatBefore]),
  base: z.string(),
  trials: z.array(
    z.looseObject({ id: z.string().regex(/^[0-9a-f]{16}$/), axes: z.looseObject({}), config: z.looseObject({}) }),
  ),
});

/** @throws UsageError if the folder has none; DataError if it is damaged, that of another folder, or a trial is not what its id says. */
export async function readManifest(folder: string, damaged: OnDamage = "refuse"): Promise<SweepManifest> {
  const path = join(folder, MANIFEST);
  const content = await readKept(path, MANIFEST, {
    damaged,
    unmarked: (bytes) => new TextDecoder().decode(bytes.subarray(0, 64)).includes(formatBefore),
    remedy,
  });
  const none = () =>
    new UsageError(
      `sweep: invalid folder ${folder}: expected one with manifest.json, got none; see retort plan --help`,
    );
  if (!content) throw none();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw new DataError(`${path}: invalid manifest: expected JSON, got ${(error as Error).message}`);
  }
  const manifest = parseAs(shape, value, path) as unknown as SweepManifest;
  const wrong = manifest.trials.find(({ id, config }) => trialId(config as TrialConfig) !== id);
  if (wrong) throw new DataError(`${path}: invalid trial ${wrong.id}: expected the id of its content, got another`);
  // Versions that wrote the format before noted nothing.
  if (manifest.format === manifestFormat && !(await wasWritten(folder, "plan", content))) {
    await handleDamage(path, "the manifest of another sweep", damaged, remedy);
    throw none();
  }
  return manifest;
}
