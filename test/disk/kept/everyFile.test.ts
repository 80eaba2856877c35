import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

/** Every kind of file that is written and read back, the module that reads it, and the test that flips, cuts, empties and swaps it. */
const readBack: readonly (readonly [kind: string, reader: string, test: string, mentioned: string])[] = [
  ["configuration of a run", "run/runConfig.ts", "disk/kept/runFolder.long.test.ts", "config.json"],
  [
    "stage files and measurements of a run",
    "run/Run.ts",
    "disk/kept/runFolder.long.test.ts",
    "results/mlp-1-0-clean.json",
  ],
  ["sets of a run", "run/runSets.ts", "disk/kept/runFolder.long.test.ts", "tampered.safetensors"],
  [
    "trigger and archetypes of an attack",
    "run/attackStage.ts",
    "disk/kept/runFolder.long.test.ts",
    "attack.safetensors",
  ],
  [
    "checkpoint of an attack",
    "run/checkpointFile.ts",
    "disk/kept/runFolder.long.test.ts",
    "checkpoints/attack.safetensors",
  ],
  [
    "checkpoint of a distillation",
    "run/checkpointFile.ts",
    "run/distillStage.long.test.ts",
    "checkpoints/distill.safetensors",
  ],
  ["networks and findings of an audit", "run/checkpointFile.ts", "audit/resumed.long.test.ts", "checkpoints/audit-"],
  ["times of stages", "run/Stopwatch.ts", "disk/kept/runFolder.long.test.ts", "timing/evaluation.json"],
  ["audits of a sweep", "run/Run.ts", "experiment/sweep/audited.long.test.ts", "audit.json"],
  ["manifest of a sweep", "experiment/plan/manifest.ts", "disk/kept/sweepFolder.long.test.ts", "manifest.json"],
  ["outcomes of trials", "experiment/sweep/outcomes.ts", "disk/kept/sweepFolder.long.test.ts", "trials"],
  ["cache of a sweep", "experiment/sweep/StageStore.ts", "disk/kept/sweepFolder.long.test.ts", "cache/evaluations"],
  ["results of a sweep", "cli/steps/readSweep.ts", "disk/kept/sweepFolder.long.test.ts", "sweep.json"],
  ["kept experts and teachers", "disk/kept/keptNetworks.ts", "disk/kept/keptNetworks.test.ts", "teacher"],
  ["fitted whitening", "disk/whitening/whiteningFile.ts", "disk/whitening/namedWhitening.test.ts", "damaged"],
  ["raw data", "disk/getDataset.ts", "disk/kept/dataFolder.test.ts", "unpacked.json"],
  ["library of clean sets", "run/calibrationFile.ts", "run/sharedJson.test.ts", "calibrationText"],
  ["trained network", "disk/networkFile.ts", "disk/networkFile.test.ts", "writeNetwork"],
  ["audit", "run/auditFile.ts", "run/sharedJson.test.ts", "auditKind"],
];

/** Modules that read files by other ways, and why those files need no digest of their own. */
const otherReaders: Readonly<Record<string, string>> = {
  "cli/commands/attest.ts": "a statement of a person, and a seal, which is signed",
  "cli/commands/seal.ts": "an earlier seal, which is signed",
  "cli/commands/search.ts": "a space that a person wrote",
  "cli/commands/verify.ts": "digests of tensors, which are signed",
  "cli/options/settingsFile.ts": "options that a person wrote",
  "cli/options/sweepOptions.ts": "an experiment that a person wrote",
  "cli/shell/passphrase.ts": "a passphrase",
  "cli/steps/readKey.ts": "a key",
  "cli/steps/resolveTrust.ts": "certificates and a trusted root",
  "cli/steps/sealer.ts": "keys, certificates, a token",
  "cli/steps/trustFile.ts": "pins, each a digest of a key",
  "disk/detachedSeal.ts": "a seal, which is signed",
  "disk/download.ts": "part of a download, whose digest is pinned",
  "disk/fileSource.ts": "sets, hostile until read; seals are for them",
  "disk/folderLock.ts": "a lock, which is empty or a process's number",
  "disk/setPath.ts": "whether a folder is a run's, which decides a sentence only",
  "experiment/plan/sweepLog.ts": "a log whose broken lines are left out",
  "experiment/sweep/stageLock.ts": "a lock",
  "run/plugins.ts": "a module of a person",
  "run/versions.ts": "package.json of a dependency",
};
const kept = new Set([
  "disk/kept/keptFile.ts",
  "disk/readBounded.ts",
  "disk/readRegular.ts",
  "disk/readText.ts",
  "run/sharedJson.ts",
]);

const reads =
  /\b(?:readRegular|readRegularSync|openRegular|readFile|readFileSync|createReadStream|readText|readJsonText|readBounded|readBoundedText)\(/;

it.each(readBack)("%s is read in %s and damaged in %s", (_, reader, test, mentioned) => {
  expect(existsSync(join(root, "src", reader)), reader).toBe(true);
  const text = readFileSync(join(root, "test", test), "utf8");
  expect(text).toContain(mentioned);
  expect(text).toMatch(/inject\(|damage\(/);
});

it("no module reads files that nobody thought of", () => {
  const all = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const readers = all.filter(
    (name) => !name.endsWith("pageScript.ts") && reads.test(readFileSync(join(root, "src", name), "utf8")),
  );
  const known = new Set([...Object.keys(otherReaders), ...kept, ...readBack.map(([, reader]) => reader)]);
  expect(readers.filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(otherReaders).filter((name) => !readers.includes(name))).toEqual([]);
});
