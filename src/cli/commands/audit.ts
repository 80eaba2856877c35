import { z } from "zod";
import type { AuditResult, Suspect } from "../../audit/auditSet.ts";
import { detectors } from "../../audit/settings.ts";
import type { AuditConclusion } from "../../audit/verdict.ts";
import { computeOptions } from "../options/computeOptions.ts";
import { readOptions } from "../options/readOptions.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { whiteningHooks } from "../steps/whiteningHooks.ts";

const who = "retort audit";
const { seed, device, threads } = computeOptions;

const options = z.object({
  calibration: z
    .array(z.string())
    .optional()
    .describe("libraries of clean sets to compare with, made by retort calibrate"),
  detectors: z
    .array(z.enum(detectors))
    .min(1)
    .default([...detectors])
    .describe("what looks for patches; inversion is the slower one with few images"),
  side: z.int().min(2).max(16).default(5).describe("side of the patches that are looked for, in pixels"),
  grid: z.int().min(2).default(8).describe("places of a patch along each edge"),
  width: z.int().min(1).default(16).describe("channels of the audit's networks"),
  epochs: z.int().min(1).default(100).describe("passes over the set of each of its networks"),
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
  examples: [
    "audit download.safetensors",
    "audit res_DC_CIFAR10_ConvNet_10ipc.pt --normalisation cifar-10",
    "audit set.npz --calibration my-sets.json --json",
  ],
  async run({ args: [path], options, console, signal }) {
    const [{ distilledSet }, { audit }, { readCalibration }] = await Promise.all([
      import("../steps/distilledSet.ts"),
      import("../../library/audit.ts"),
      import("../../run/calibrationFile.ts"),
    ]);
    const { set } = await distilledSet(path, options, who, console, whiteningHooks(console, signal));
    const calibrations = await Promise.all((options.calibration ?? []).map((file) => readCalibration(file, who)));
    const { detectors: asked, side, grid, width, epochs } = options;
    const bar = console.progress("audit", 100);
    const { conclusion, result } = await audit(
      set,
      { detectors: asked, side, grid, width, epochs },
      {
        seed: options.seed,
        device: options.device,
        threads: options.threads,
        signal,
        calibrations,
        onProgress: ({ phase, done, total }) => bar.update((100 * done) / total, phase),
      },
    ).finally(() => bar.end());
    const { setDigest } = await import("../../disk/setDigest.ts");
    console.result({ set: path, sha256: setDigest(set), ...conclusion, ...plain(result) }, () =>
      show(conclusion, result, console),
    );
    const { auditStatus } = await import("../../audit/verdict.ts");
    return auditStatus[conclusion.verdict];
  },
});

/** Without typed arrays, which JSON writes as objects. */
const plain = ({ suspects, ...rest }: AuditResult) => ({
  ...rest,
  suspects: suspects.map(({ patch, ...suspect }) => ({ ...suspect, patch: { ...patch, values: [...patch.values] } })),
});

function show({ verdict, sentences, significance }: AuditConclusion, result: AuditResult, console: Console): void {
  console.line(`${verdict.toUpperCase()}: ${sentences[0]}`);
  console.line(sentences[1]);
  console.line();
  const percent = (rate: number) => `${(100 * rate).toFixed(0)} %`;
  console.table(result.suspects, [
    { title: "class", of: ({ targetClass }: Suspect) => targetClass },
    { title: "found by", of: ({ detector }: Suspect) => detector, align: "left" },
    { title: "row", of: ({ patch }: Suspect) => patch.top },
    { title: "column", of: ({ patch }: Suspect) => patch.left },
    { title: "calls", of: ({ held }: Suspect) => percent(held), align: "right" },
    {
      title: "images that carry it",
      of: ({ support }: Suspect) => support.flagged.join(", ") || "none",
      align: "left",
    },
    { title: "before", of: ({ support }: Suspect) => percent(support.before), align: "right" },
    { title: "without", of: ({ support }: Suspect) => percent(support.after), align: "right" },
    { title: "drop", of: ({ support }: Suspect) => percent(support.drop), align: "right" },
  ]);
  for (const { method, n, p } of significance) console.line(`p ${p.toFixed(3)} against ${n} clean sets: ${method}`);
}
