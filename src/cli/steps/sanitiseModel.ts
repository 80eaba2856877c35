import { basename } from "node:path";
import type * as z from "zod";
import { auditStatus } from "../../audit/verdict.ts";
import { UsageError } from "../../core/errors.ts";
import { checkOutputs } from "../../disk/checkOutputs.ts";
import { networkDigest, readNetwork, writeNetwork } from "../../disk/networkFile.ts";
import { rawData } from "../../disk/rawData.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { setPath } from "../../disk/setPath.ts";
import { checkFree } from "../../disk/writeFiles.ts";
import { isLeftInNetwork, type SanitiseNetworkResult, sanitiseNetwork } from "../../library/sanitiseNetwork.ts";
import { percent } from "../../page/numbers.ts";
import { readAudit } from "../../run/auditFile.ts";
import { readCalibrations } from "../../run/calibrationFile.ts";
import { checkFit } from "../../run/checkFit.ts";
import { findingsOfReport } from "../../sanitise/auditReport.ts";
import { networkRepairOptions } from "../../sanitise/network/settings.ts";
import type { sanitiseOptions } from "../options/sanitiseOptions.ts";
import type { ExitCode, Invocation } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { distilledSet } from "./distilledSet.ts";
import { measureNetworks, type NetworkRates } from "./measureNetworks.ts";
import { whiteningHooks } from "./whiteningHooks.ts";

/** Repair a trained network of what is found in the set that it was trained on: `retort sanitise --model`. */
export async function sanitiseModel(
  { args: [path], options, console, signal }: Invocation<z.infer<typeof sanitiseOptions>>,
  model: string,
  who: string,
): Promise<ExitCode> {
  const { out, seed, device, threads, force } = options;
  if (!out.toLowerCase().endsWith(".safetensors"))
    throw new UsageError(
      `${who}: unknown format of ${out}: expected a name that ends in .safetensors, which networks are written as`,
    );
  await checkOutputs([out], [setPath(path), options.audit, ...(options.calibration ?? []), ...(options.key ?? [])]);
  if (!options.overwrite) await checkFree(out, who, "--overwrite");
  const trained = await readNetwork(model, who);
  const calibrations = await readCalibrations(options.calibration, who);
  const report = options.audit === undefined ? undefined : await readAudit(options.audit, who);
  const { set } = await distilledSet(path, options, who, console, whiteningHooks(console, signal));
  const digest = setDigest(set);
  const taughtBy = (trained.metadata.trainedOn as { sha256?: unknown } | undefined)?.sha256;
  if (typeof taughtBy === "string" && taughtBy !== digest)
    console.warn(
      `${model} says that it was trained on another set than ${path}: what is found there may not work on it`,
    );
  const test =
    options.test === undefined ? undefined : await rawData(options.test, who).split("test", options.testImages);
  checkFit(who, { set, test });
  const bar = console.progress("sanitise", 100);
  const result = await sanitiseNetwork(
    trained,
    set,
    {
      repairs: options.modelRepair,
      options: Object.fromEntries(
        Object.keys(networkRepairOptions()).map((name) => [name, (options as Record<string, unknown>)[name]]),
      ),
      ...(report && { audit: findingsOfReport(report, set, digest, who) }),
      force,
    },
    {
      ...{ seed, device, threads, signal, calibrations, method: options.method },
      onProgress: ({ phase, done, total }) => bar.update((100 * done) / total, phase),
    },
  ).finally(() => bar.end());
  const changed = result.steps.length > 0;
  const measured = test && (await measureNetworks(trained, result, test, set, options, signal));
  if (changed) await writeNetwork(out, result.network);
  const { network: _, findings, ...said } = result;
  const left = isLeftInNetwork(result);
  console.result(
    {
      ...{ set: path, model, changed, left },
      ...(changed && { out, sha256: networkDigest(result.network) }),
      findings: findings.map(({ targetClass, images, patch }) => ({
        ...{ targetClass, images },
        ...(patch && { place: { top: patch.top, left: patch.left, side: patch.side } }),
      })),
      ...said,
      ...(measured && { measured }),
    },
    () => show(result, console, changed ? out : undefined, model, measured),
  );
  if (left) return 1;
  return changed ? 0 : auditStatus[result.before.verdict];
}

function show(
  { before, triggers, steps, learnt }: SanitiseNetworkResult,
  console: Console,
  out: string | undefined,
  model: string,
  measured?: readonly NetworkRates[],
): void {
  console.line(`THE SET: ${[`${before.verdict.toUpperCase()}.`, ...(before.sentences ?? [])].join(" ")}`);
  console.line();
  const rates = (one: (typeof triggers)[number]["before"]) =>
    `${percent(one.rate)} (controls ${[one.controls.moved, one.controls.recoloured].map(percent).join(", ")})`;
  if (triggers.length > 0)
    console.table(triggers, [
      { title: "class", of: ({ targetClass }) => targetClass },
      { title: "calls before", of: (one) => rates(one.before), align: "right" },
      { title: "after", of: (one) => rates(one.after), align: "right" },
    ]);
  for (const { repair, said } of steps)
    console.line(
      `${repair}: ${Object.entries(said)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")}`,
    );
  for (const { name, cta, asr } of measured ?? [])
    console.line(
      `${name}: clean accuracy ${percent(cta)}${asr === undefined ? "" : `, the found trigger succeeds ${percent(asr)}`}`,
    );
  if (out === undefined) {
    const why = triggers.length > 0 ? `no found trigger works on ${basename(model)}` : "there is nothing to repair";
    console.line(`Nothing was changed and nothing written: ${why}.`);
    return;
  }
  console.line(
    `It calls ${percent(learnt.before)} of the set's untouched images what they are labelled before, ${percent(learnt.after)} after.`,
  );
  console.line(`repaired network  ${out}`);
}
