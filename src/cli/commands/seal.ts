import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { RetortError, UsageError } from "../../core/errors.ts";
import type { Opened } from "../../data/formats/Format.ts";
import { commitSeal, finishSeal } from "../../experiment/commitSeal.ts";
import { makeFolder } from "../../experiment/makeFolder.ts";
import { readRun } from "../../experiment/Run.ts";
import { sealFolder } from "../../experiment/sealFolder.ts";
import { versions } from "../../experiment/versions.ts";
import type { Folder } from "../../seal/Folder.ts";
import { makeSeal } from "../../seal/makeSeal.ts";
import type { RunRecord } from "../../seal/provenance.ts";
import { spellFingerprint } from "../../seal/Trust.ts";
import { dataSource, type SetFacts } from "../../seal/tensors.ts";
import { defineCommand } from "../command.ts";
import { resolveSealer, sealerOptions } from "../sealer.ts";

const options = z.object({
  ...sealerOptions,
  release: z
    .string()
    .optional()
    .describe("version of the set, MAJOR.MINOR.PATCH (default: that of the earlier seal, or 1.0.0)"),
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
  ignore: z.array(z.string()).optional().describe("exact relative paths to leave out of the seal"),
  out: z.string().optional().describe("write the seal into this folder instead (for read-only sets)"),
  finish: z.boolean().default(false).describe("only complete a sealing that was interrupted"),
});

/** Sign a set. */
export const seal = defineCommand({
  summary: "sign a set so that tampering shows",
  description: `Writes model.sig (an OpenSSF Model Signing bundle over every file of the folder), retort.provenance.json, retort.tensors.json,
croissant.json and a dataset card. Sealing again replaces the old seal at one moment: killed at any time, the folder has the old seal or the new one.
A card or croissant.json that you wrote yourself is left alone and signed.`,
  arguments: { "<folder>": "folder of the set" },
  options,
  examples: [
    'seal sets/cifar10-dc --key lab.key --license CC-BY-4.0 --creator "Example Lab"',
    "seal sets/cifar10-dc --key lab.key --release 1.1.0 --cta 0.265 --cta-network ConvNet",
    "seal sets/cifar10-dc --key lab.key --certificate-chain lab.pem",
    "seal sets/cifar10-dc --keyless",
    "seal /mnt/readonly/set --key lab.key --out seals/set",
  ],
  async run({ args: [path], options, console, signal }) {
    const target = options.out ?? path;
    if (options.finish) {
      sealFolder(path);
      const finished = finishSeal(target);
      console.result({ finished }, () =>
        console.line(finished ? "completed the interrupted sealing" : "nothing to complete"),
      );
      return 0;
    }
    requireWritable(path, options.out);
    const sealer = await resolveSealer(options, console, signal);
    if (options.out === undefined) finishSeal(path);
    const folder = sealFolder(path);
    const opened = options.tensors ? await read(folder, options.experiment) : undefined;
    const run = await findRun(path, options.run);
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
      detached: options.out !== undefined,
      onProgress: ({ files, bytes }) => bar.update(files, `${(bytes / 1e6).toFixed(0)} MB`),
      signal,
    });
    bar.end();
    for (const warning of made.warnings) console.warn(warning);
    if (options.out !== undefined) await makeFolder(options.out);
    commitSeal(target, made.files);
    const { manifest, fingerprint, rootDigest, description } = made;
    console.result(
      {
        folder: target,
        files: [...made.files.keys()],
        signed: manifest.resources.length,
        ignored: manifest.ignorePaths,
        fingerprint,
        rootDigest,
        version: description.version,
        date: description.date,
      },
      () => {
        console.line(`sealed ${manifest.resources.length} files of ${folder.name}, version ${description.version}`);
        console.line(`wrote ${[...made.files.keys()].join(", ")}`);
        console.line(`fingerprint  ${spellFingerprint(fingerprint)}`);
      },
    );
    return 0;
  },
});

type Choice = z.infer<typeof options>;

function requireWritable(path: string, out: string | undefined): void {
  if (out !== undefined || !existsSync(path)) return;
  try {
    accessSync(path, constants.W_OK);
  } catch {
    throw new UsageError(`seal: invalid folder ${path}: expected a writable one; write the seal elsewhere with --out`);
  }
}

async function read(folder: Folder, experiment: number | undefined): Promise<Opened> {
  const [{ openSet }, { jpegDecoder }] = await Promise.all([
    import("../../data/formats/open.ts"),
    import("../../experiment/jpegDecoder.ts"),
  ]);
  try {
    const opened = await openSet(dataSource(folder), { jpeg: await jpegDecoder(), experiment });
    if (opened.set) return opened;
    throw new UsageError(`it is read as ${opened.format}, which holds no set`);
  } catch (error) {
    if (!(error instanceof RetortError)) throw error;
    throw new UsageError(
      `seal: unknown content: expected a set whose tensors can be digested (${error.message}); --no-tensors seals the files alone`,
    );
  }
}

/** What is said about the set: options first, then the run's configuration, then the set's own metadata. */
function facts(options: Choice, opened: Opened | undefined, run: RunRecord | undefined): SetFacts {
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

async function findRun(path: string, given: string | undefined): Promise<RunRecord | undefined> {
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
