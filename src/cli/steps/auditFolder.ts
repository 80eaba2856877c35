import { basename, join } from "node:path";
import type { Calibration } from "../../audit/calibration.ts";
import { hashJson } from "../../core/hash.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { workingDevice } from "../../engine/workingDevice.ts";
import type { Run } from "../../run/Run.ts";
import { versions } from "../../run/versions.ts";
import { readingOf } from "../options/readingOf.ts";
import { runFolder } from "./runFolder.ts";

/** What an audit leaves in its folder last: what it prints with `--json`. */
export const AUDIT = "audit.json";

/** What an audit keeps in its folder: no report takes its place. */
export const auditFiles = (out: string): string[] =>
  ["config.json", "log.jsonl", AUDIT, "checkpoints", "timing"].map((name) => join(out, name));

interface FolderOf {
  readonly out: string;
  readonly path: string;
  readonly set: DistilledSet;
  readonly options: Readonly<Record<string, unknown>> & {
    readonly device: string;
    readonly threads: number;
    readonly seed: number;
  };
  readonly given: ReadonlySet<string>;
  readonly calibrations: readonly Calibration[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly commandLine: string;
}

/** Open the folder in which an audit keeps what it has finished. @throws UsageError if it holds another run, and says what differs. */
export async function auditFolder({ out, path, set, options, given, settings, ...call }: FolderOf): Promise<Run> {
  const target = await workingDevice(options.device, options.threads);
  const { calibrations, commandLine } = call;
  return runFolder(
    { out, stem: "", commandLine },
    {
      command: "audit",
      config: { of: basename(path), ...readingOf(options, given), ...settings, seed: options.seed },
      data: {
        set: setDigest(set),
        ...Object.fromEntries(calibrations.map((library, i) => [`calibration ${i + 1}`, hashJson(library)])),
      },
      versions: versions(target.name, target.threads),
    },
  );
}
