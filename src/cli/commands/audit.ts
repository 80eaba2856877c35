import { basename } from "node:path";
import * as z from "zod";
import type { AuditResult, Suspect } from "../../audit/auditSet.ts";
import type { Calibration } from "../../audit/calibration.ts";
import type { Patch } from "../../audit/Patch.ts";
import { type AuditSettings, auditOptions } from "../../audit/settings.ts";
import type { AuditConclusion } from "../../audit/verdict.ts";
import { distinct } from "../../core/distinct.ts";
import { UsageError } from "../../core/errors.ts";
import { refuseIdle } from "../../core/readWhen.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { setPath } from "../../disk/setPath.ts";
import type { AuditCall } from "../../library/audit.ts";
import { auditAgainst } from "../options/auditPolicies.ts";
import { computeOptions } from "../options/computeOptions.ts";
import { readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import { flagOf } from "../shell/flagOf.ts";
import { repositoryPath } from "../steps/repositoryPath.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort audit";
const { seed, device, threads } = computeOptions;

const options = z.object({
  ...auditAgainst,
  quick: z.boolean().default(false).describe("only the set's own patches, and whether few images teach them"),
  deep: z
    .boolean()
    .default(false)
    .describe(
      "also larger squares, lines, frames, scatters and waves, support by many images, and detectors of others",
    ),
  detectors: auditOptions.shape.detectors,
  power: z
    .boolean()
    .default(false)
    .describe("where nothing is found, plant known stamps into the set and audit it again: three times the time"),
  followed: auditOptions.shape.followed,
  networks: distinct(z.array(z.string()).min(1))
    .default(["convNet"])
    .describe("architectures of the audit's networks: those that the receiver will train; the worst verdict counts"),
  page: z.string().optional().describe("also write the audit as a page (HTML) to this file"),
  markdown: z.string().optional().describe("also write it as Markdown"),
  sarif: z.string().optional().describe("also write a SARIF 2.1.0 report"),
  junit: z.string().optional().describe("also write a JUnit report"),
  side: auditOptions.shape.side,
  grid: auditOptions.shape.grid,
  width: auditOptions.shape.width,
  epochs: auditOptions.shape.epochs,
  out: z
    .string()
    .optional()
    .describe("run folder: keeps trained networks and what each detector found; resumed if it holds the same audit"),
  seed,
  device,
  threads,
  ...readOptions,
});

/** Ask whether an unsealed set was backdoored. */
export const audit = defineCommand({
  summary: "ask whether an unsealed set was backdoored, with no clean copy and no raw data",
  description: `Trains six small networks on the set. Three look for patches that call a class on pictures that are none of the set: the set's own
patches, and patches found by descent. The other three judge what was found, and are trained again without what the images that
carry the patch have at its place: a planted trigger is gone then, a natural one is not (docs/audit.md).
Exit status: 0 nothing found, 1 backdoored or suspicious, 2 cannot be judged or an error.`,
  arguments: { "<set>": "distilled set in any format that `retort inspect` opens" },
  options,
  readWhen: ["quick", "deep"].map((option) => ({
    option,
    read: ({ detectors }: z.infer<typeof options>) => detectors === undefined,
    by: "the detectors of a level, not with --detectors",
  })),
  examples: [
    "audit download.safetensors",
    "audit res_DC_CIFAR10_ConvNet_10ipc.pt --normalisation cifar-10",
    "audit set.npz --method dm",
    "audit set.npz --calibration my-sets.json --json",
    "audit set.npz --page audit.html --sarif audit.sarif --junit audit.xml",
    "audit set.npz --deep --power --networks convNet,resNet18 --out runs/audit",
    "audit set.npz --detectors gamut,grid,coherence",
  ],
  async run({ args: [path], options, given, console, signal, commandLine }) {
    const [
      { distilledSet },
      { audit, librariesFor },
      { readCalibrations },
      { auditReadWhen, ofNetworks },
      { named },
      { panelNetwork },
    ] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../../library/audit.ts"),
      import("../../run/calibrationFile.ts"),
      import("../../audit/auditReadWhen.ts"),
      import("../../run/checkFit.ts"),
      import("../../audit/Panel.ts"),
    ]);
    if (options.quick && options.deep)
      throw new UsageError(`${who}: invalid options: expected one of --quick and --deep, got both`);
    refuseIdle(who, [...auditReadWhen, ...["networks", "power"].map(ofNetworks)], options, given, flagOf);
    if (options.out !== undefined) await (await import("../steps/runFolder.ts")).checkOut(options.out);
    const kept = options.out === undefined ? [] : (await import("../steps/auditFolder.ts")).auditFiles(options.out);
    await (await import("../../disk/checkOutputs.ts")).checkOutputs(
      (["page", "markdown", "sarif", "junit"] as const).map((name) => options[name]),
      [setPath(path), ...(options.calibration ?? []), ...(options.key ?? []), ...kept],
    );
    const { set } = await distilledSet(path, options, who, console, whiteningHooks(console, signal));
    const calibrations = await readCalibrations(options.calibration, who);
    const { detectors, method, side, grid, width, epochs, followed, power } = options;
    const level = options.quick ? "quick" : options.deep ? "deep" : "default";
    const common = { level, ...(detectors && { detectors }), side, grid, width, epochs, followed } as const;
    const { networks, out } = options;
    for (const network of networks) {
      named(who, () => librariesFor(set, { ...common, network }, calibrations, method));
      if (ofNetworks("network").read({ detectors }))
        named(`${who}: --networks ${network}`, () => panelNetwork(set, { network, width }));
    }
    const run =
      out === undefined
        ? undefined
        : await (await import("../steps/auditFolder.ts")).auditFolder({
            ...{ out, path, set, options, given, calibrations, commandLine },
            settings: { ...common, networks, power, ...(method !== undefined && { method }) },
          });
    if (run) console.resumeWith(`the same command with --out ${run.folder} goes on`);
    const keep = run && (await import("../../run/runKeep.ts")).runKeep(run);
    const bar = console.progress("audit", 100 * networks.length);
    const audits: AuditOutcome[] = [];
    try {
      for (const [i, network] of networks.entries()) {
        const settings = { ...common, network } as const;
        audits.push({
          network,
          settings,
          ...(await audit(set, settings, {
            seed: options.seed,
            device: options.device,
            threads: options.threads,
            signal,
            calibrations,
            method,
            power,
            keep,
            onProgress: ({ phase, done, total }) => bar.update(100 * i + (100 * done) / total, phase),
          })),
        });
      }
    } finally {
      bar.end();
    }
    const { auditStatus, auditVerdicts } = await import("../../audit/verdict.ts");
    const { setDigest } = await import("../../disk/setDigest.ts");
    audits.sort((a, b) => auditVerdicts.indexOf(a.conclusion.verdict) - auditVerdicts.indexOf(b.conclusion.verdict));
    const [worst] = audits;
    const { conclusion, result } = worst;
    await writeReports(options, path, set, worst, { seed: options.seed, calibrations, method });
    const { withIntegrity } = await import("../../run/sharedJson.ts");
    const { auditKind } = await import("../../run/auditFile.ts");
    const said = withIntegrity(
      {
        set: path,
        sha256: setDigest(set),
        network: worst.network,
        ...conclusion,
        ...(conclusion.suspect && { suspect: plainSuspect(conclusion.suspect) }),
        ...plain(result),
        ...(audits.length > 1 && {
          networks: audits.map(({ network, conclusion: { verdict, sentences } }) => ({ network, verdict, sentences })),
        }),
      },
      auditKind,
    );
    await run?.write((await import("../steps/auditFolder.ts")).AUDIT, `${JSON.stringify(said, null, 2)}\n`);
    const { showAudit } = await import("../steps/showAudit.ts");
    console.result(said, () => {
      showAudit(conclusion, result, console);
      if (audits.length > 1)
        for (const { network, conclusion } of audits) console.line(`${network}: ${conclusion.verdict}`);
    });
    return auditStatus[conclusion.verdict];
  },
});

/** An audit by networks of one architecture. */
interface AuditOutcome {
  readonly network: string;
  readonly conclusion: AuditConclusion;
  readonly result: AuditResult;
  readonly settings: AuditSettings;
}

/** Write the reports that were asked for. */
async function writeReports(
  { page, markdown, sarif, junit }: z.infer<typeof options>,
  path: string,
  set: DistilledSet,
  { conclusion, result, settings }: AuditOutcome,
  { seed, calibrations, method }: Pick<AuditCall, "method"> & { seed: number; calibrations: readonly Calibration[] },
): Promise<void> {
  if ([page, markdown, sarif, junit].every((file) => file === undefined)) return;
  const [
    { auditPage },
    { auditMarkdown },
    { auditSarif },
    { auditJunit },
    { librariesFor },
    { writeAtomic },
    { version },
  ] = await Promise.all([
    import("../../audit/report/auditPage.ts"),
    import("../../audit/report/auditMarkdown.ts"),
    import("../../audit/report/auditSarif.ts"),
    import("../../audit/report/auditJunit.ts"),
    import("../../library/audit.ts"),
    import("../../disk/writeAtomic.ts"),
    import("../../core/version.ts"),
  ]);
  const report = {
    ...{ name: basename(path), set, conclusion, result, settings, version, seed },
    libraries: librariesFor(set, settings, calibrations, method),
  };
  if (page !== undefined) await writeAtomic(page, auditPage(report));
  if (markdown !== undefined) await writeAtomic(markdown, auditMarkdown(report));
  if (sarif !== undefined) await writeAtomic(sarif, auditSarif(report, repositoryPath(path)));
  if (junit !== undefined) await writeAtomic(junit, auditJunit(report));
}

/** Without typed arrays, which JSON writes as objects. */
const plain = ({ suspects, findings, ...rest }: AuditResult) => ({
  ...rest,
  suspects: suspects.map(plainSuspect),
  findings: findings.map((one) => ({ ...one, ...(one.patch && { patch: plainPatch(one.patch) }) })),
});

const plainSuspect = (one: Suspect) => ({ ...one, patch: plainPatch(one.patch) });

const plainPatch = ({ values, mask, ...place }: Patch) => ({
  ...place,
  values: [...values],
  ...(mask && { mask: [...mask] }),
});
