import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import type { Settings } from "../../core/layers.ts";
import { resolveOptions } from "../../core/options.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import { askedTeacher, checkTeacherData } from "../../distill/teachers/askedTeacher.ts";
import { trainsAtLearntRate, underNamed } from "../../train/namedProtocols.ts";
import { type Protocol, protocolOptions } from "../../train/protocol.ts";
import { resolveProtocol } from "../../train/resolveProtocol.ts";
import type { Inputs } from "./Inputs.ts";
import { standIn } from "./standIn.ts";
import type { TrialConfig } from "./TrialConfig.ts";

/**
 * How the receivers of a trial are trained: what was written, over a named protocol if there is one, and the teacher that they ask.
 *
 * @throws UsageError that names the member.
 */
export async function strategyOfTrial(
  settings: Settings = {},
  trial: Pick<TrialConfig, "set" | "test">,
  inputs: Inputs,
  who: string,
): Promise<Pick<TrialConfig, "strategy" | "learntRate" | "teacher">> {
  const { protocol, teacherData, ...written } = settings as Settings & { protocol?: string; teacherData?: string };
  const learntRate =
    protocol !== undefined && written.lr === undefined && learnsRate(trial) && trainsAtLearntRate(protocol, who);
  const known = learntRate ? { ...written, lr: protocolOptions.shape.lr.parse(undefined) } : written;
  const all =
    protocol === undefined
      ? written
      : underNamed(protocol, await standIn(inputs, trial, who), known as Partial<Protocol>, who);
  const strategy = resolveProtocol(resolveOptions(who, z.object(protocolOptions.shape), all), who);
  const teacher = await teacherOfTrial(strategy, teacherData, trial, inputs, who);
  return { strategy, ...(learntRate && { learntRate }), ...(teacher && { teacher }) };
}

const learnsRate = ({ set }: Pick<TrialConfig, "set">): boolean =>
  "distil" in set && (methods[set.method as keyof typeof methods] as Distillation).learnsRate === true;

async function teacherOfTrial(
  strategy: Protocol,
  teacherData: string | undefined,
  { set, test }: Pick<TrialConfig, "set" | "test">,
  inputs: Inputs,
  who: string,
): Promise<TrialConfig["teacher"]> {
  if (strategy.teacherFrom !== "raw") {
    if (teacherData === undefined) return undefined;
    throw new UsageError(
      `${who}: invalid teacherData: expected it only with teacherFrom raw, got ${teacherData}; it would do nothing`,
    );
  }
  const shown = await standIn(inputs, { set }, who);
  const recipe = askedTeacher(shown, strategy, who)!;
  const data = teacherData ?? ("distil" in set ? set.distil : test.data);
  const sha256 = await inputs.trainDigest(data, who);
  const wanted = "distil" in set ? { metadata: { source: { digest: set.sha256 } } } : shown;
  checkTeacherData(wanted, strategy, { name: data, digest: sha256 }, who);
  return { recipe, data, sha256 };
}
