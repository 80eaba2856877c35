import { UsageError } from "../core/errors.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { rawData } from "../disk/rawData.ts";
import { isRaw, openedNormalisation, type WhiteningHooks } from "../disk/whitening/namedWhitening.ts";
import type { Distillation } from "../distill/Distillation.ts";

/**
 * The whitening that raw images are distilled in: their own.
 *
 * @param data the raw images, by name and by digest
 * @param flag what names the whitening: "--normalisation"
 * @throws UsageError for that of other images, a name that nobody knows, and methods that need a pixel to stand by itself.
 */
export async function whiteningOf(
  name: string,
  data: { readonly name: string; readonly digest: string },
  { keepsGamut, abbreviation }: Pick<Distillation, "keepsGamut" | "abbreviation">,
  { who, flag, hooks }: { readonly who: string; readonly flag: string; readonly hooks: WhiteningHooks },
): Promise<Normalisation> {
  if (keepsGamut)
    throw new UsageError(
      `${who}: invalid ${flag}: expected a mean and deviation for the method ${abbreviation}, which keeps images to what pictures can hold, got ${name}`,
    );
  const of = name.slice("zca-".length);
  // Other images are refused before anything is fitted; a name that is none is refused by the look-up.
  const other = isRaw(of) && (await rawData(of, who).digest("train")) !== data.digest;
  if (!other) return await openedNormalisation(name, who, hooks);
  throw new UsageError(
    `${who}: invalid ${flag}: expected the whitening of the raw images themselves, zca-${data.name}, got ${name}`,
  );
}
