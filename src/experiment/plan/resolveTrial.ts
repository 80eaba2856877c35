import type { Attack } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { auditReadWhen } from "../../audit/auditReadWhen.ts";
import { detectorsOf } from "../../audit/auditSet.ts";
import { lookUp, UsageError } from "../../core/errors.ts";
import { overlaid, type Settings } from "../../core/layers.ts";
import { resolveOptions } from "../../core/options.ts";
import { resolveSettings } from "../../core/readWhen.ts";
import { countsAlready } from "../../data/standardSpace.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import { networkRegistry } from "../../nn/networkRegistry.ts";
import { named } from "../../run/checkFit.ts";
import type { Combination } from "./expand.ts";
import { auditPart, type PartName, parts } from "./experimentSchema.ts";
import type { Inputs } from "./Inputs.ts";
import type { Experiment } from "./readExperiment.ts";
import { strategyOfTrial } from "./strategyOfTrial.ts";
import type { SetFile, TrialConfig } from "./TrialConfig.ts";

/**
 * Complete one combination: defaults, presets, digests of what it reads.
 *
 * @throws UsageError that names line and member.
 */
export async function resolveTrial(
  { body, file }: Experiment,
  combination: Combination,
  inputs: Inputs,
): Promise<TrialConfig> {
  const { where } = combination;
  const who = (part: PartName) => `${where(part)}: ${part}`;
  const { test: measured, ...set } = combination.parts.set ?? {};
  const measuredOn = measured === undefined ? body.test : { ...body.test, data: String(measured) };
  const test = {
    ...measuredOn,
    sha256: await inputs.testDigest(measuredOn, measured === undefined ? file : who("set")),
  };
  const attack = attackOf(combination, who);
  const on = await setOf(set, who("set"), inputs);
  const own = "file" in on ? attack && (await inputs.countsAlready(on, who("set"))) : countsAlready(on.normalisation);
  return {
    set: on,
    ...(attack && { attack: own ? attack : { ...attack, units: "deviations" } }),
    network: networkOf(combination.parts.network, who("network")),
    ...(await strategyOfTrial(combination.parts.strategy, { set: on, test }, inputs, who("strategy"))),
    ...(combination.parts.audit && { audit: await auditOf(combination.parts.audit, inputs, who("audit")) }),
    receivers: body.receivers ?? 1,
    seed: combination.seed,
    test,
    device: body.device ?? "cpu",
    threads: body.threads ?? 1,
  };
}

async function setOf(settings: Settings, who: string, inputs: Inputs): Promise<TrialConfig["set"]> {
  if (settings.file !== undefined) {
    const given = settings as unknown as Omit<SetFile, "sha256">;
    return { ...given, sha256: await inputs.setDigest(given, who) };
  }
  const { distil, method, normalisation, seed, preset, ...options } = settings as Settings & Record<string, string>;
  if (distil === undefined) throw new UsageError(`${who}: missing set: expected file: … or distil: …, got none`);
  if (method === undefined)
    throw new UsageError(
      `${who}: missing method: expected one of ${Object.values<Distillation>(methods)
        .map((m) => m.abbreviation)
        .join(", ")} beside distil: ${distil}, got none`,
    );
  const found = Object.entries(methods).find(([name, m]) => [name, m.abbreviation].includes(method));
  const name = found ? found[0] : method;
  const distillation = lookUp(methods, name, who, "method") as unknown as Distillation;
  const base = preset === undefined ? {} : lookUp(distillation.presets ?? {}, preset, who, "preset");
  return {
    distil,
    method: name,
    ...(await inputs.raw(distil, normalisation, who)),
    options: resolveSettings(who, distillation, { ...base, ...options }),
    seed: Number(seed ?? 0),
  };
}

function attackOf({ parts: { attack, trigger } }: Combination, who: (part: PartName) => string): TrialConfig["attack"] {
  if (!attack) {
    if (trigger) throw new UsageError(`${who("trigger")}: missing attack: expected one beside a trigger, got none`);
    return undefined;
  }
  const { method, preset, ...written } = attack;
  if (method === undefined)
    throw new UsageError(
      `${who("attack")}: missing method: expected one of ${Object.keys(attacks).join(", ")}, got none`,
    );
  const found = lookUp(attacks, String(method), who("attack"), "method") as unknown as Attack;
  const base = preset === undefined ? {} : lookUp(found.presets ?? {}, String(preset), who("attack"), "preset");
  const given = trigger ? overlaid(written, { trigger }) : written;
  return { method: String(method), options: resolveSettings(who("attack"), found, given, { preset: base }) };
}

async function auditOf(written: Settings, inputs: Inputs, who: string): Promise<TrialConfig["audit"]> {
  const { calibration, ...audit } = resolveSettings(who, { options: auditPart, readWhen: auditReadWhen }, written);
  lookUp<unknown>(networkRegistry, audit.network, who, "network");
  named(who, () => detectorsOf(audit));
  if (!calibration) return audit;
  const libraries = calibration.map(async (file) => ({ file, sha256: await inputs.calibrationDigest(file, who) }));
  return { ...audit, calibration: await Promise.all(libraries) };
}

function networkOf(settings: Settings = {}, who: string): TrialConfig["network"] {
  const { name = "convNet", width } = resolveOptions(who, parts.network, settings);
  return { name, ...(width !== undefined && { width }) };
}
