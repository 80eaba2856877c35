import type { Attack } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { auditedSet } from "../../audit/AuditedSet.ts";
import { UsageError } from "../../core/errors.ts";
import { child, key } from "../../core/random.ts";
import { device } from "../../engine/device.ts";
import { librariesFor } from "../../library/audit.ts";
import { checkAttack } from "../../run/checkAttack.ts";
import { checkFit, named } from "../../run/checkFit.ts";
import { networkOf } from "../sweep/networkOf.ts";
import type { PartName } from "./experimentSchema.ts";
import type { Inputs } from "./Inputs.ts";
import { rawOfTrial } from "./rawOfTrial.ts";
import { standIn } from "./standIn.ts";
import type { TrialConfig } from "./TrialConfig.ts";

/**
 * Check that the parts of a trial belong together, as the commands for single runs do: set and test set, networks, the attack.
 *
 * @param who names the place of a part in the experiment file.
 * @param known what has been checked of other trials already.
 * @throws UsageError
 */
export async function checkTrial(
  config: TrialConfig,
  inputs: Inputs,
  who: (part: PartName) => string,
  known: Set<string>,
): Promise<void> {
  const { set: planned, attack, network, strategy, teacher, test, seed, audit } = config;
  const isNew = (part: unknown) => {
    const name = JSON.stringify(part);
    return !known.has(name) && known.add(name);
  };
  const on = device(config.device, config.threads);
  if (isNew([planned, test.data, test.split, network, strategy, teacher])) {
    const set = await standIn(inputs, config, who("set"));
    const one = await inputs.test({ ...test, images: 1 }, who("set"));
    checkFit(who("set"), { set, test: one });
    const networks = () => ({ [network.name]: networkOf(config, set) });
    const teacherData = teacher && (await inputs.sample(teacher.data, who("strategy")));
    checkFit(who("network"), { set, networks, protocol: strategy, teacherData, device: on });
  }
  if (audit && isNew([planned, "audit", audit])) {
    const set = await standIn(inputs, config, who("set"));
    const files = (audit.calibration ?? []).map(({ file }) => inputs.calibration(file, who("audit")));
    const libraries = await Promise.all(files);
    named(who("audit"), () => librariesFor(set, audit, libraries, audit.method));
    const judge = { name: audit.network, width: audit.width };
    checkFit(who("audit"), { set, networks: () => ({ [judge.name]: networkOf({ network: judge }, set) }) });
    // A whitening that the sweep will fit leads to pixels as well.
    if (set.normalisation.kind !== "zca") named(who("audit"), () => auditedSet(set));
  }
  if (!attack || !isNew([planned, attack])) return;
  const set = await standIn(inputs, config, who("set"));
  const method = attacks[attack.method as keyof typeof attacks] as unknown as Attack;
  try {
    const raw = await rawOfTrial(config, set, inputs, on, "attack");
    await checkAttack(method, set, attack.options, { key: child(key(seed), "attack"), device: on, raw });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    named(`${who("attack")} ${attack.method}`, () => {
      throw error;
    });
  }
}
