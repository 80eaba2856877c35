import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { whitenRaw } from "../../train/whitenRaw.ts";
import type { Work } from "./attackRun.ts";

/** Whiten the raw images once, with a bar; nothing for other normalisations. */
export async function whitened(
  { console, signal, device }: Pick<Work, "console" | "signal" | "device">,
  set: LabelledSet,
  normalisation: Normalisation,
): Promise<void> {
  if (normalisation.kind !== "zca") return;
  const bar = console.progress("whiten", set.shape[0]);
  await whitenRaw(set, normalisation, device, { signal, onProgress: (done) => bar.update(done) }).finally(() =>
    bar.end(),
  );
}
