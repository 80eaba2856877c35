import { UsageError } from "../../core/errors.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Normalisation } from "../../data/Normalisation.ts";
import { rawData } from "../../disk/rawData.ts";
import { isRaw, openedNormalisation, type WhiteningHooks } from "../../disk/whitening/namedWhitening.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { whitenRaw } from "../../train/whitenRaw.ts";
import type { Work } from "./attackRun.ts";

const who = "retort distill";

/**
 * The whitening that raw images are distilled in: their own.
 *
 * @param digest of the raw images
 * @throws UsageError for that of other images, a name that nobody knows, and methods that need a pixel to stand by itself.
 */
export async function whiteningOf(
  name: string,
  set: LabelledSet,
  digest: string,
  { keepsGamut, abbreviation }: Pick<Distillation, "keepsGamut" | "abbreviation">,
  hooks: WhiteningHooks,
): Promise<Normalisation> {
  if (keepsGamut)
    throw new UsageError(
      `${who}: invalid --normalisation: expected a mean and deviation for the method ${abbreviation}, which keeps images to what pictures can hold, got ${name}`,
    );
  const of = name.slice("zca-".length);
  // Other images are refused before anything is fitted; a name that is none is refused by the look-up.
  const other = isRaw(of) && (await rawData(of, who).digest("train")) !== digest;
  if (!other) return await openedNormalisation(name, who, hooks);
  throw new UsageError(
    `${who}: invalid --normalisation: expected the whitening of the raw images themselves, zca-${set.name}, got ${name}`,
  );
}

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
