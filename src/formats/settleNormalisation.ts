import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { describeNormalisation, sameNormalisation } from "../data/normalise.ts";
import type { Finding, NormalisationBy, Opened } from "./Format.ts";

/**
 * Settle how the pixels of an opened set were normalised: what the file says, what the caller says, and who of them is believed.
 *
 * The caller fills in what the file leaves open. Where both speak they must agree; with `force` the caller's word is taken and a
 * finding says so. Pictures hold pixels by definition: nothing but that can be said of them.
 *
 * @param name of the source, as the caller knows it.
 * @throws UsageError on a contradiction, or numbers for another count of channels than the images have.
 */
export function settleNormalisation(
  opened: Opened,
  said: Normalisation | undefined,
  force: boolean,
  name: string,
): Opened {
  const { set } = opened;
  if (said === undefined) return opened;
  const by = set?.kind === "labelled" ? "pictures" : opened.normalisationBy;
  if (by === "pictures") {
    if (isPixels(said)) return opened;
    throw new UsageError(
      `${name}: invalid --normalisation: expected none, for pictures hold pixels, got ${describeNormalisation(said)}; to bring them into that space: retort convert INPUT set.safetensors --normalise ${describeNormalisation(said)}`,
    );
  }
  if (!set)
    throw new UsageError(
      `${name}: invalid --normalisation: expected none, for no images with labels are in it, got ${describeNormalisation(said)}; labels may be missing (--ipc)`,
    );
  if (set.kind === "labelled") return opened;
  checkChannels(said, set, name);
  const { normalisation: stated } = set;
  if (agree(stated, said))
    return stated.kind === said.kind && stated.kind !== "zca"
      ? opened
      : taken(opened, set, said, stated.kind === "unknown" ? "you" : "file");
  if (by === "reader" || stated.kind === "unknown") return taken(opened, set, said, "you");
  const [theirs, yours] = [describeNormalisation(stated), describeNormalisation(said)];
  if (!force)
    throw new UsageError(
      `${name}: invalid --normalisation: expected ${theirs} as the file says, got ${yours}; --force takes your word against the file's`,
    );
  const finding: Finding = {
    severity: "warning",
    rule: "normalisation-overridden",
    message: `You say ${yours}, the file says ${theirs}; your word was taken.`,
  };
  return taken({ ...opened, findings: [...opened.findings, finding] }, set, said, "you");
}

function taken(opened: Opened, set: DistilledSet, normalisation: Normalisation, by: NormalisationBy): Opened {
  return { ...opened, set: { ...set, normalisation }, normalisationBy: by };
}

/** Whitening that the file names or only mentions is filled in by the caller's, which has the matrix. */
function agree(stated: Normalisation, said: Normalisation): boolean {
  if (sameNormalisation(stated, said)) return true;
  if (stated.kind !== "zca" || said.kind !== "zca" || stated.whitening || stated.fit) return false;
  return stated.name === undefined || stated.name === said.name;
}

function isPixels(said: Normalisation): boolean {
  return said.kind === "unit" || (said.kind === "meanStd" && said.name === "8-bit");
}

function checkChannels(said: Normalisation, { shape }: DistilledSet, name: string): void {
  if (said.kind !== "meanStd" || said.name === "8-bit" || said.mean.length === shape[1]) return;
  throw new UsageError(
    `${name}: invalid --normalisation: expected means and deviations of ${shape[1]} channels, got ${said.mean.length} (${describeNormalisation(said)})`,
  );
}
