import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { heldWhitened, holdWhitened } from "../data/whitenedImages.ts";
import type { Device } from "../engine/device.ts";
import { pictureBridge } from "./pictureBridge.ts";

// Chosen: a product that keeps the processor busy.
const BLOCK = 500;

/**
 * Whiten a raw set once, so that its images need not be whitened whenever they are read. Nothing happens for other normalisations.
 * Holds four bytes a number as long as the set is held: 614 MB of CIFAR-10.
 *
 * @param onProgress told of images done, of all
 * @throws the signal's reason once it is aborted, at the next block.
 */
export async function whitenRaw(
  set: LabelledSet,
  normalisation: Normalisation,
  device: Device,
  { signal, onProgress }: { readonly signal?: AbortSignal; onProgress?(done: number, total: number): void } = {},
): Promise<void> {
  const whitening = normalisation.kind === "zca" ? normalisation.whitening : undefined;
  if (!whitening || heldWhitened(set, whitening)) return;
  const [n, c, h, w] = set.shape;
  const size = c * h * w;
  const values = new Float32Array(n * size);
  await using bridge = pictureBridge(normalisation, [c, h, w], device);
  const block = Math.min(BLOCK, n);
  for (let from = 0; from < n; from += block) {
    signal?.throwIfAborted();
    // The last block begins earlier instead of being shorter: one compiled graph serves all.
    const first = Math.min(from, n - block);
    const pixels = Float32Array.from(set.pixels.subarray(first * size, (first + block) * size), (byte) => byte / 255);
    values.set(await bridge.fromPixels(pixels), first * size);
    onProgress?.(first + block, n);
  }
  holdWhitened(set, whitening, values);
}
