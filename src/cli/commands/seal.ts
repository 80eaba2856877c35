import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import * as z from "zod";
import { RetortError, UsageError } from "../../core/errors.ts";
import { commitSeal, finishSeal } from "../../disk/commitSeal.ts";
import { makeFolder } from "../../disk/makeFolder.ts";
import { readRegularSync } from "../../disk/readRegular.ts";
import { sealFolder, sealPlace } from "../../disk/sealFolder.ts";
import type { Opened } from "../../formats/Format.ts";
import { readRun } from "../../run/Run.ts";
import { lookInto } from "../../run/sealedAlong.ts";
import { versions } from "../../run/versions.ts";
import { readEarlierSeal } from "../../seal/earlierSeal.ts";
import type { Folder } from "../../seal/Folder.ts";
import { brief } from "../../seal/fileChecks.ts";
import { makeSeal } from "../../seal/makeSeal.ts";
import { gitPaths, isIgnored, provenanceName, signatureName, stagingFolder } from "../../seal/manifest.ts";
import type { MakingRun } from "../../seal/provenance.ts";
import { isSealFile } from "../../seal/staging.ts";
import { spellFingerprint } from "../../seal/Trust.ts";
import type { SetFacts } from "../../seal/tensors.ts";
import { givenVersion } from "../../seal/versions.ts";
import { defineCommand } from "../shell/command.ts";
import type { Console } from "../shell/console.ts";
import { openForSeal, type SealedSet } from "../steps/openForSeal.ts";
import { resolveSealer, sealerOptions } from "../steps/sealer.ts";

const options = z.object({
  ...sealerOptions,
  release: z
    .string()
    .optional()
    .describe(
      "version of the set, a semantic one such as 1.2.0 (default: that of the earlier seal, or 1.0.0); an older one than is sealed is refused",
    ),
  force: z.boolean().default(false).describe("seal an older version in place of a newer one"),
  date: z.iso
    .date()
    .optional()
    .describe("day of publication (default: today, or that of the earlier seal of this version)"),
  name: z.string().optional().describe("name of the set (default: the folder's)"),
  description: z.string().optional().describe("one paragraph about the set"),
  license: z.string().optional().describe("SPDX identifier or URL"),
  creator: z.string().optional().describe("person or organisation"),
  url: z.string().optional().describe("home of the set"),
  derivedFrom: z.array(z.string()).optional().describe("raw datasets that it was distilled from"),
  run: z
    .string()
    .optional()
    .describe("run folder that the set came from (default: the folder itself or the one above, if it is one)"),
  method: z.string().optional().describe("distillation method (default: from the set or the run)"),
  network: z.string().optional().describe("network it was distilled with (default: from the set or the run)"),
  seeds: z.array(z.int()).optional().describe("seeds of the distillation"),
  cta: z.number().min(0).max(1).optional().describe("test accuracy that you measured, as a fraction"),
  ctaTolerance: z.number().min(0).max(1).default(0.03).describe("how far an honest re-measurement may be off"),
  ctaNetwork: z.string().optional().describe("network of that measurement"),
  tensors: z.boolean().default(true).describe("digest the tensors, so that a re-encoded copy can be checked"),
  experiment: z.int().min(0).optional().describe("which experiment of a DC file to digest"),
  normalisation: z
    .string()
    .optional()
    .describe(
      "what was done to the pixels where the file does not say: unit, 8-bit, the dataset whose mean/std was used, zca-DATASET, or MEANS/DEVIATIONS",
    ),
  ignore: z.array(z.string()).optional().describe("exact relative paths to leave out of the seal"),
  out: z
    .string()
    .optional()
    .describe("write the seal into this folder instead (for read-only sets; default for a file: FILE.seal)"),
  finish: z.boolean().default(false).describe("only complete a sealing that was interrupted"),
});

/** Sign a set. */
export const seal = defineCommand({
  summary: "sign a set so that tampering shows",
  description: `Writes model.sig (an OpenSSF Model Signing bundle over every file of the folder), retort.provenance.json, retort.tensors.json,
croissant.json and a dataset card. Sealing again replaces the old seal at one moment: killed at any time, the folder has the old seal or the new one.
A card or croissant.json that you wrote yourself is left alone and signed.
Says what it took as the set, and which files it signs along without having read them. A single file is sealed into the folder FILE.seal beside it.`,
  arguments: { "<path>": "folder of the set, or a file" },
  options,
  readWhen: Object.keys(options.shape)
    .filter((option) => option !== "finish" && option !== "out")
    .map((option) => ({
      option,
      read: ({ finish }: { finish: boolean }) => !finish,
      by: "a sealing from the start, not with --finish",
    })),
  examples: [
    'seal sets/cifar10-dc --key lab.key --license CC-BY-4.0 --creator "Example Lab"',
    "seal sets/cifar10-dc --key lab.key --release 1.1.0 --cta 0.265 --cta-network ConvNet",
    "seal sets/cifar10-dc --key lab.key --certificate-chain lab.pem",
    "seal sets/cifar10-dc --keyless",
    "seal res_DC_CIFAR10_ConvNet_10ipc.pt --key lab.key --normalisation cifar-10",
    "seal /mnt/readonly/set --key lab.key --out seals/set",
  ],
  async run({ args: [path], options, console, signal }) {
    const target = sealPlace(path, options.out);
    if (options.finish) {
      sealFolder(path);
      const finished = finishSeal(target);
      console.result({ finished }, () =>
        console.line(finished ? "completed the interrupted sealing" : "nothing to complete"),
      );
      return 0;
    }
    if (options.release !== undefined) givenVersion(options.release, "seal", "--release");
    requireWritable(path, target);
    const sealer = await resolveSealer(options, console, signal);
    if (target === path) finishSeal(path);
    const folder = sealFolder(path);
    const run = await findRun(path, options.run);
    const opened = options.tensors ? await openForSeal(folder, options, console, signal) : undefined;
    const unread = await sayWhatIsSealed(folder, opened, options.ignore ?? [], console);
    const bar = console.progress("hashing", folder.files.length);
    const made = await makeSeal(folder, {
      sealer,
      set: opened?.set && { value: opened.set, format: opened.format },
      facts: facts(options, opened, run),
      description: {
        name: options.name,
        version: options.release,
        date: options.date,
        license: options.license,
        creator: options.creator,
        url: options.url,
        text: options.description,
        derivedFrom: options.derivedFrom ?? sourcesOf(opened),
        today: today(),
      },
      run,
      tool: { version: versions("none", 0).retort, node: process.versions.node },
      ignore: options.ignore,
      detached: target !== path,
      earlier: readEarlierSeal(readIfThere(join(target, signatureName)), readIfThere(join(target, provenanceName))),
      force: options.force,
      onProgress: ({ files, bytes }) => bar.update(files, `${(bytes / 1e6).toFixed(0)} MB`),
      signal,
    });
    bar.end();
    for (const warning of made.warnings) console.warn(warning);
    await makeFolder(target);
    commitSeal(target, made.files);
    const { manifest, fingerprint, rootDigest, description } = made;
    const place = target === path ? "" : ` to ${target}`;
    console.result(
      {
        folder: target,
        files: [...made.files.keys()],
        signed: manifest.resources.length,
        ignored: manifest.ignorePaths,
        ...(opened && { set: { format: opened.format, files: [...opened.read].sort() } }),
        unread,
        fingerprint,
        rootDigest,
        version: description.version,
        date: description.date,
      },
      () => {
        const what = manifest.single ? "the file" : `${manifest.resources.length} files of`;
        console.line(`sealed ${what} ${folder.name}, version ${description.version}`);
        console.line(`wrote ${[...made.files.keys()].join(", ")}${place}`);
        if (target !== path)
          console.line(`verify with  retort verify ${path} --signature ${join(target, signatureName)}`);
        console.line(`fingerprint  ${spellFingerprint(fingerprint)}`);
      },
    );
    return 0;
  },
});

type Choice = z.infer<typeof options>;

/** The folder that the seal goes into, or the one that it would be made in. */
function requireWritable(path: string, target: string): void {
  if (!existsSync(path)) return;
  const place = existsSync(target) ? target : dirname(resolve(target));
  try {
    if (existsSync(place)) accessSync(place, constants.W_OK);
  } catch {
    throw new UsageError(`seal: invalid folder ${place}: expected a writable one; write the seal elsewhere with --out`);
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  return existsSync(path) ? readRegularSync(path) : undefined;
}

/** What a publisher should know before signing: what counts as the set, what is signed along, what is wrong with either. */
async function sayWhatIsSealed(
  folder: Folder,
  opened: SealedSet | undefined,
  ignore: readonly string[],
  console: Console,
): Promise<readonly string[]> {
  const ignored = new Set([...gitPaths, stagingFolder, ...ignore]);
  const unread = await lookInto(
    folder.files.filter(({ path }) => !opened?.read.has(path) && !isIgnored(path, ignored) && !isSealFile(path)),
  );
  const names = unread.map(({ path }) => path);
  if (opened) {
    console.note(`the set: ${counted(opened.read.size)} read as ${opened.format} (${brief([...opened.read].sort())})`);
    // What is wrong with a file that nobody read is said below.
    for (const { severity, message, file } of opened.findings)
      if (severity !== "note" && !names.includes(file ?? ""))
        console.warn(file === undefined ? message : `${file}: ${message}`);
  }
  if (names.length > 0)
    console.warn(`signed along without having been read, ${counted(names.length)}: ${brief(names, 20)}`);
  for (const { path, danger } of unread)
    if (danger !== undefined) console.warn(`${path} is DANGEROUS and is signed along: it ${danger}`);
  return names;
}

const counted = (count: number): string => `${count} ${count === 1 ? "file" : "files"}`;

/** What is said about the set: options first, then the run's configuration, then the set's own metadata. */
function facts(options: Choice, opened: Opened | undefined, run: MakingRun | undefined): SetFacts {
  const metadata = opened?.set?.kind === "distilled" ? opened.set.metadata : {};
  const found = (name: string) =>
    [run?.config[name], metadata[name]].find((value) => typeof value === "string") as string | undefined;
  const seed = run?.config.seed ?? metadata.seed;
  const seeds = options.seeds ?? (typeof seed === "number" ? [seed] : undefined);
  return {
    method: options.method ?? found("method"),
    network: options.network ?? found("network"),
    seeds,
    ...(options.cta !== undefined && {
      cta: { value: options.cta, tolerance: options.ctaTolerance, network: options.ctaNetwork },
    }),
  };
}

function sourcesOf(opened: Opened | undefined): string[] {
  const metadata = opened?.set?.kind === "distilled" ? opened.set.metadata : {};
  return typeof metadata.dataset === "string" ? [metadata.dataset] : [];
}

async function findRun(path: string, given: string | undefined): Promise<MakingRun | undefined> {
  const candidates = given === undefined ? [path, join(path, "..")] : [given];
  for (const folder of candidates) {
    if (given === undefined && !existsSync(join(folder, "metrics.json"))) continue;
    try {
      const run = await readRun(folder);
      const { command, config, data, versions } = run.description;
      return { command, config, data, versions: { ...versions }, metrics: await run.readJson("metrics.json") };
    } catch (error) {
      // A config.json that is not a run's belongs to somebody else, unless it was named.
      if (given !== undefined || !(error instanceof RetortError)) throw error;
    }
  }
  return undefined;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
