import { createHash } from "node:crypto";
import { DataError } from "../../core/errors.ts";
import type { WhiteningFit, ZcaWhitening } from "../../data/Normalisation.ts";
import { readSafetensors, writeSafetensors } from "../../formats/safetensors/safetensorsFile.ts";
import { readKept, writeKept } from "../kept/keptFile.ts";

const format = "retort-whitening";
const owner = "whitening";

/** Keep a fitted whitening: safetensors with `mean` [D], `matrix` and `inverse` [D, D], and what it was fitted to. Whole or not at all. */
export async function writeWhitening(path: string, whitening: ZcaWhitening, fit: WhiteningFit): Promise<void> {
  const { mean, matrix, inverse } = whitening;
  const d = mean.length;
  const tensors = {
    mean: { shape: [d], data: mean },
    matrix: { shape: [d, d], data: matrix },
    inverse: { shape: [d, d], data: inverse },
  };
  const entries = { format, data: fit.data, epsilon: String(fit.epsilon) };
  await writeKept(path, writeSafetensors(tensors, entries), owner);
}

/**
 * Read a kept whitening.
 *
 * @returns undefined where there is no file, one of another fit, or a damaged one, which is set aside.
 * @throws DataError if the file is whole and no whitening; the operating system's error if it is there and cannot be read.
 */
export async function readWhitening(path: string, fit: WhiteningFit): Promise<ZcaWhitening | undefined> {
  // Older versions wrote a digest of the matrices only.
  const bytes = await readKept(path, owner, { damaged: "aside", unmarked: () => true });
  if (!bytes) return undefined;
  const { tensors, metadata } = await readSafetensors(bytes);
  const floats = (name: string): Float32Array<ArrayBuffer> => {
    const data = tensors[name]?.data;
    if (data instanceof Float32Array) return data as Float32Array<ArrayBuffer>;
    throw new DataError(`whitening: invalid ${path}: expected a tensor ${name} in float32, got none`);
  };
  if (metadata.format !== format)
    throw new DataError(`whitening: invalid ${path}: expected the format ${format}, got ${metadata.format ?? "none"}`);
  const whitening = { mean: floats("mean"), matrix: floats("matrix"), inverse: floats("inverse") };
  if (metadata.sha256 !== undefined && digestOf(whitening) !== metadata.sha256)
    throw new DataError(`whitening: invalid ${path}: expected the content that was written, got another`);
  return metadata.data === fit.data && metadata.epsilon === String(fit.epsilon) ? whitening : undefined;
}

function digestOf({ mean, matrix, inverse }: ZcaWhitening): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of [mean, matrix, inverse])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}
