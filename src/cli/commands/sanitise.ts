import { basename } from "node:path";
import { setPath } from "../../disk/setPath.ts";
import { networkRepairOptions } from "../../sanitise/network/settings.ts";
import { repairOptions } from "../../sanitise/settings.ts";
import { sanitiseOptions } from "../options/sanitiseOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { formatByEnding } from "../steps/formatByEnding.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort sanitise";

/** Take a backdoor out of a set that nobody sealed. */
export const sanitise = defineCommand({
  summary: "take a backdoor out of a distilled set, with no clean copy and no raw data",
  description: `Audits the set, paints the trigger over in the images that carry it, adds copies of other images with the trigger under their own labels,
and audits the result with other networks, round after round until nothing is found and no found trigger works (docs/sanitise.md).
Where the first audit finds nothing, nothing is changed and nothing written.
The repaired set says in its metadata how it was made and from which.
With --model a trained network is repaired instead: it unlearns the trigger that is found in the set it was trained on.
Exit status: 0 nothing found, or repaired and nothing found any more; 1 something is left; 2 the set cannot be judged, or an error.`,
  arguments: { "<set>": "distilled set in any format that `retort inspect` opens" },
  options: sanitiseOptions,
  readWhen: [
    ...Object.keys(repairOptions()).map((option) => ({
      option,
      read: ({ repair }: { repair?: readonly string[] }) =>
        (repair ?? ["inpaint", "antidote", "drop"]).includes(option),
      by: `--repair ${option}`,
    })),
    ...Object.keys(networkRepairOptions()).map((option) => ({
      option,
      read: ({ model, modelRepair }: { model?: string; modelRepair?: readonly string[] }) =>
        model !== undefined && (modelRepair ?? ["unlearn"]).includes(option),
      by: `--model and --model-repair ${option}`,
    })),
    { option: "modelRepair", read: ({ model }: { model?: string }) => model !== undefined, by: "--model" },
    ...["to", "repair", "rounds", "growth", "auditAgain", "report"].map((option) => ({
      option,
      read: ({ model }: { model?: string }) => model === undefined,
      by: "a set, not with --model",
    })),
    ...["calibration", "method"].map((option) => ({
      option,
      read: ({ audit, auditAgain, model }: { audit?: string; auditAgain?: boolean; model?: string }) =>
        audit === undefined || (auditAgain !== false && model === undefined),
      by: "an audit, which --audit FILE leaves out before and --no-audit-again after",
    })),
    ...["rounds", "growth"].map((option) => ({
      option,
      read: ({ auditAgain }: { auditAgain?: boolean }) => auditAgain !== false,
      by: "--audit-again",
    })),
    { option: "testImages", read: ({ test }: { test?: string }) => test !== undefined, by: "--test" },
    {
      option: "networks",
      read: ({ test, model }: { test?: string; model?: string }) => test !== undefined && model === undefined,
      by: "--test, and not with --model",
    },
  ] as never,
  examples: [
    "sanitise download.safetensors --out repaired.safetensors",
    "sanitise res_DC_CIFAR10_ConvNet_10ipc.pt --normalisation cifar-10 --out repaired.safetensors --report repaired.html",
    "sanitise set.npz --audit audit.json --repair redistil,antidote --antidote-share 0.5 --out repaired.npz",
    "sanitise set.safetensors --out repaired.safetensors --test cifar-10 --json",
    "sanitise set.safetensors --model runs/x/networks/convNet-100-0-clean.safetensors --out network.safetensors",
  ],
  async run(invocation) {
    if (invocation.options.model !== undefined)
      return (await import("../steps/sanitiseModel.ts")).sanitiseModel(invocation, invocation.options.model, who);
    const {
      args: [path],
      options,
      console,
      signal,
      commandLine,
    } = invocation;
    const [
      { distilledSet },
      { sanitise },
      { sanitiseRecordOf, isLeft },
      { readAudit },
      { readCalibrations },
      { findingsOfReport },
      { setDigest },
    ] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../../library/sanitise.ts"),
      import("../../library/sanitiseRecord.ts"),
      import("../../run/auditFile.ts"),
      import("../../run/calibrationFile.ts"),
      import("../../sanitise/auditReport.ts"),
      import("../../disk/setDigest.ts"),
    ]);
    const { out, seed, device, threads, force, rounds, growth } = options;
    const format = await formatByEnding(options.to, out, who);
    const [{ checkFree }, { checkOutputs }] = await Promise.all([
      import("../../disk/writeFiles.ts"),
      import("../../disk/checkOutputs.ts"),
    ]);
    await checkOutputs([out, options.report]);
    await checkOutputs(
      [options.report],
      [setPath(path), options.audit, ...(options.calibration ?? []), ...(options.key ?? [])],
    );
    if (!options.overwrite) await checkFree(out, who, "--overwrite");
    const calibrations = await readCalibrations(options.calibration, who);
    const report = options.audit === undefined ? undefined : await readAudit(options.audit, who);
    const { set } = await distilledSet(path, options, who, console, whiteningHooks(console, signal));
    const { rawData } = await import("../../disk/rawData.ts");
    const test =
      options.test === undefined ? undefined : await rawData(options.test, who).split("test", options.testImages);
    // What would fail at the end fails now: receivers measured on other images, a format that cannot hold such a set.
    const [{ checkFit }, { convert }] = await Promise.all([
      import("../../run/checkFit.ts"),
      import("../../formats/convert.ts"),
    ]);
    checkFit(who, { set, test });
    await convert(set, format);
    const bar = console.progress("sanitise", 100);
    const result = await sanitise(
      set,
      {
        repairs: options.repair,
        options: Object.fromEntries(
          Object.keys(repairOptions()).map((name) => [name, (options as Record<string, unknown>)[name]]),
        ),
        ...(report && { audit: findingsOfReport(report, set, setDigest(set), who) }),
        ...{ force, rounds, growth, again: options.auditAgain },
      },
      {
        ...{ seed, device, threads, signal, calibrations, method: options.method },
        onProgress: ({ phase, done, total }) => bar.update((100 * done) / total, phase),
      },
    ).finally(() => bar.end());
    const { measureSanitised } = await import("../steps/measureSanitised.ts");
    const measured = test && (await measureSanitised(set, result, test, options, console, signal));
    const { versions } = await import("../../run/versions.ts");
    const record = sanitiseRecordOf({
      title: `Repair of ${basename(path)}`,
      command: commandLine,
      created: new Date().toISOString(),
      versions: versions(device, threads) as never,
      ...(measured && { measured }),
      ...{ set, result },
    });
    const changed = result.rounds.length > 0;
    const { writeSanitised } = await import("../steps/writeSanitised.ts");
    const written = await writeSanitised(set, result, record, { ...options, path, format });
    const { showSanitised } = await import("../steps/showSanitised.ts");
    const { images: _, findings, ...rest } = record;
    console.result(
      {
        set: path,
        changed,
        ...(changed && { out, files: written.paths.length, losses: written.losses, difference: written.difference }),
        ...rest,
        findings: findings.map(({ trigger: _picture, ...one }) => one),
      },
      () => showSanitised(record, written, console),
    );
    if (isLeft(result)) return 1;
    const { auditStatus } = await import("../../audit/verdict.ts");
    return changed ? 0 : auditStatus[result.before.verdict];
  },
});
