import { DataError } from "../../core/errors.ts";
import type { SourceFile } from "../Format.ts";

type Role = "images" | "labels" | "lr";

/** A file whose name says what it holds. `stem` is what is left of the name: equal stems belong together. */
interface RoleFile {
  readonly file: SourceFile;
  readonly role: Role;
  readonly stem: string;
}

export interface FileChoice {
  readonly images: readonly SourceFile[];
  readonly labels: readonly SourceFile[];
  readonly lr: SourceFile | undefined;
}

/**
 * Sort files into images, labels and learning rate by name; bare tensors do not say which they are.
 *
 * `images_best.pt` goes with `labels_best.pt`, `image_syn_upda.pt` with `label_syn_upda.pt`. Of several pairs the one named "best" is
 * taken. `images_best_0.pt`, `_1`, … without gaps are one set.
 */
export function pairFiles(files: readonly SourceFile[]): { roles: readonly RoleFile[]; chosen: () => FileChoice } {
  const roles: RoleFile[] = [];
  for (const file of files) {
    const name = /^(.*?)(images?|labels?|lr)(?=[._-])(.*)\.(pt|pth|bin)$/i.exec(file.path);
    if (!name) continue;
    const [, before, word, after] = name;
    if (before !== "" && !/[/_-]$/.test(before)) continue;
    const role = /^i/i.test(word) ? "images" : /^la/i.test(word) ? "labels" : "lr";
    roles.push({ file, role, stem: `${before}*${after}` });
  }
  return { roles, chosen: () => choose(roles) };
}

function choose(roles: readonly RoleFile[]): FileChoice {
  const of = (role: Role) => new Map(roles.filter((r) => r.role === role).map((r) => [r.stem, r.file]));
  const images = of("images");
  const labels = of("labels");
  const lrs = of("lr");
  const take = (imageStems: readonly string[], labelStems: readonly string[]): FileChoice => ({
    images: imageStems.map((stem) => images.get(stem) as SourceFile),
    labels: labelStems.map((stem) => labels.get(stem) as SourceFile),
    lr: lrs.get(imageStems[0] ?? labelStems[0] ?? "") ?? (lrs.size === 1 ? [...lrs.values()][0] : undefined),
  });
  const split = splitParts([...images.keys()]);
  if (split) {
    const labelParts = splitParts([...labels.keys()]);
    if (labels.has(split.base)) return take(split.stems, [split.base]);
    if (labelParts?.base === split.base) return take(split.stems, labelParts.stems);
    if (labels.size === 0) return take(split.stems, []);
  }
  const pairs = [...images.keys()].filter((stem) => labels.has(stem));
  const best = pairs.filter((stem) => /best$/.test(stem));
  const chosen = pairs.length === 1 ? pairs : best;
  if (chosen.length === 1) return take(chosen, chosen);
  if (pairs.length === 0 && images.size <= 1 && labels.size <= 1) return take([...images.keys()], [...labels.keys()]);
  throw new DataError(
    `torchFolder: invalid pairs: expected one pair of images and labels, got ${[...images.keys(), ...labels.keys()].slice(0, 8).join(", ")}; name the two files`,
  );
}

/** Stems `base_0`, `base_1`, … without gaps, in order; undefined if these are no parts of one thing. */
function splitParts(stems: readonly string[]): { base: string; stems: readonly string[] } | undefined {
  if (stems.length < 2) return undefined;
  const parts = stems.map((stem) => /^(.*)_(\d{1,6})$/.exec(stem));
  const base = parts[0]?.[1];
  if (base === undefined || parts.some((part) => part?.[1] !== base)) return undefined;
  const byNumber = new Map(parts.map((part, i) => [Number(part?.[2]), stems[i]]));
  const ordered = stems.map((_, i) => byNumber.get(i));
  return ordered.includes(undefined) ? undefined : { base, stems: ordered as string[] };
}
