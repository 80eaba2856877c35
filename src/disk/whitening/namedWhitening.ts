import { existsSync } from "node:fs";
import { join } from "node:path";
import { DataError, UsageError } from "../../core/errors.ts";
import type { Normalisation, WhiteningFit, ZcaWhitening } from "../../data/Normalisation.ts";
import { normalisationNamed } from "../../data/normalise.ts";
import type { Device } from "../../engine/device.ts";
import type { WhiteningLookup } from "../../formats/Format.ts";
import { datasets } from "../datasets.ts";
import { dataFolder } from "../getDataset.ts";
import { handleDamage } from "../kept/keptFile.ts";
import { rawData } from "../rawData.ts";
import { setDigest } from "../setDigest.ts";
import { readWhitening, writeWhitening } from "./whiteningFile.ts";

/** What somebody who waits for a fit may want to do meanwhile. */
export interface WhiteningHooks {
  /** Where a fit is computed. */
  readonly device?: Device;
  readonly signal?: AbortSignal;
  /** A fit of `name` is at `done` of `total`; the last call has them equal. */
  readonly onProgress?: (name: string, done: number, total: number) => void;
  readonly warn?: (message: string) => void;
}

/** What is added to every variance. Trajectory matching and the sets that follow it use this (arXiv 2203.11932, released program). */
const EPSILON = 0.1;

interface Fitted {
  readonly fit: WhiteningFit;
  readonly whitening: ZcaWhitening;
}

/** Whitenings of this process by file: 75 MB each for pictures of 3 × 32 × 32, and seconds to read. */
const known = new Map<string, Promise<Fitted>>();

/**
 * Look up what a person writes after `--normalisation`: `zca-NAME` is the whitening of the raw dataset NAME, everything else as
 * `normalisationNamed` has it.
 *
 * @throws UsageError if the name is unknown or its raw data are not in the data folder.
 */
export async function openedNormalisation(
  text: string,
  who: string,
  hooks: WhiteningHooks = {},
): Promise<Normalisation> {
  if (!text.startsWith("zca-")) return normalisationNamed(text, who);
  const name = text.slice("zca-".length);
  if (!isRaw(name))
    throw new UsageError(
      `${who}: unknown normalisation: expected zca-NAME with NAME one of ${rawNames().join(", ")}, got ${JSON.stringify(text)}`,
    );
  return { kind: "zca", name, ...(await fitted(name, who, hooks)) };
}

/** Find the whitening that a set names. Hostile names and missing or other raw data give undefined, and a warning. */
export const whiteningLookup =
  (hooks: WhiteningHooks = {}): WhiteningLookup =>
  async (name, fit) => {
    const wanted = `the set was whitened by ${name.slice(0, 40)}`;
    if (!isRaw(name) || fit.epsilon !== EPSILON) {
      hooks.warn?.(`${wanted} with ε ${fit.epsilon}, which nobody here knows: there is no way to its pixels`);
      return undefined;
    }
    if (name !== "strokes" && !existsSync(join(dataFolder(), name))) {
      hooks.warn?.(`${wanted}: get it with retort data get ${name} to have its pixels`);
      return undefined;
    }
    const found = await fitted(name, "whitening", hooks);
    if (found.fit.data === fit.data) return found.whitening;
    hooks.warn?.(`${wanted} of another content than in the data folder: there is no way to its pixels`);
    return undefined;
  };

const rawNames = (): string[] => ["strokes", ...Object.keys(datasets)];
/** Whether a whitening can be named by this. */
export const isRaw = (name: string): boolean => rawNames().includes(name);

function fitted(name: string, who: string, hooks: WhiteningHooks): Promise<Fitted> {
  const path = join(dataFolder(), `zca-${name}.safetensors`);
  const found = known.get(path) ?? fittedIn(path, name, who, hooks);
  known.set(path, found);
  // What failed or was interrupted is tried again.
  found.catch(() => known.delete(path));
  return found;
}

/**
 * The whitening of a raw dataset's training half, kept in a file: read from there if it is whole and of this content,
 * else set aside, which is said, and fitted again.
 *
 * @throws UsageError if the raw data are missing.
 */
export async function fittedIn(path: string, name: string, who: string, hooks: WhiteningHooks): Promise<Fitted> {
  const train = await rawData(name, who).split("train");
  const fit = { data: setDigest(train), epsilon: EPSILON };
  const kept = await readWhitening(path, fit).catch(async (error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    await handleDamage(path, `what does not read (${error.message})`, "aside");
    return undefined;
  });
  if (kept) return { fit, whitening: kept };
  // A fit needs the engine; most calls need no fit.
  const { fitWhitening } = await import("./fitWhitening.ts");
  const whitening = await fitWhitening(train, {
    epsilon: EPSILON,
    device: hooks.device,
    signal: hooks.signal,
    onProgress: (done, total) => hooks.onProgress?.(name, done, total),
  });
  await writeWhitening(path, whitening, fit).catch((error: Error) => {
    hooks.warn?.(`the whitening of ${name} cannot be kept and will be fitted again next time: ${error.message}`);
  });
  return { fit, whitening };
}
