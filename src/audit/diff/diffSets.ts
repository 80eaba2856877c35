import { UsageError } from "../../core/errors.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { digestTensors } from "../../data/tensorDigests.ts";
import { maxAbsDifference, psnr } from "../../metrics/psnr.ts";
import { ssim } from "../../metrics/ssim.ts";
import { type Alignment, alignSets, type Pair, sameImageShape } from "./alignSets.ts";
import { type ChangeKind, classifyChange, estimateJpeg, type ImagePair } from "./classifyChange.ts";
import { type Comparable, comparable, imageOf } from "./comparable.ts";
import { type ChannelMap, fitNormalisation, mapValues } from "./fitNormalisation.ts";
import { addHeat, type Box, changedPlace, emptyHeat, type HeatMap } from "./heatMap.ts";
import type { JpegSettings } from "./jpegModel.ts";
import { type ToldSpace, tellSpace } from "./tellSpace.ts";

/** One image in both sets. Differences are in units of the first set's pixels, or of its value range where those are unknown. */
export interface ImageDifference extends Pair {
  readonly labelBefore: number;
  readonly labelAfter: number;
  readonly softLabelChanged: boolean;
  readonly maxAbs: number;
  /** Decibels; Infinity for equal images. */
  readonly psnr: number;
  readonly ssim: number;
  readonly kind: ChangeKind;
  readonly place?: Box;
}

/** All images of one class, by their label in the first set. */
export interface ClassDifference {
  readonly label: number;
  readonly name: string;
  readonly images: number;
  readonly changed: number;
  readonly edited: number;
  readonly relabelled: number;
  readonly maxAbs: number;
  readonly minPsnr: number;
  readonly minSsim: number;
}

/** The whole in one word; the worst of what was found. */
export type DiffVerdict = "same tensors" | "same images" | "normalisation" | "re-encoding" | "wider range" | "editing";

export interface SetDifference {
  readonly verdict: DiffVerdict;
  /** Why, in a sentence. */
  readonly reason: string;
  /** Exit status 1: something that neither storage nor normalisation explains. */
  readonly suspicious: boolean;
  readonly before: SetSummary;
  readonly after: SetSummary;
  /** Values are pixels in [0, 1]; otherwise the unit is the first set's value range. */
  readonly pixels: boolean;
  /** Scale and offset that take the values of one set, `of`, to those of the other. */
  readonly normalisation?: ChannelMap & { readonly of: "first" | "second" };
  readonly images: readonly ImageDifference[];
  readonly classes: readonly ClassDifference[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
  readonly reordered: number;
  readonly relabelled: number;
  readonly heat: HeatMap;
  readonly place?: Box;
}

export interface SetSummary {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes: number;
  readonly tampered?: unknown;
}

/** A difference together with the two sets in one space, for pictures. */
export interface Diffed {
  readonly difference: SetDifference;
  readonly before: Comparable;
  readonly after: Comparable;
}

/**
 * Compare two copies of a set, in whatever formats and normalisations they came.
 *
 * @throws UsageError if the images have different sizes.
 * @example
 * const { difference } = diffSets(before, after);
 */
export function diffSets(first: DistilledSet | LabelledSet, second: DistilledSet | LabelledSet): Diffed {
  const told = tellSpace(first, second);
  const [a, b] = [comparable(told.first), comparable(told.second)];
  if (!sameImageShape(a, b))
    throw new UsageError(
      `diff: invalid sets: expected images of one size, got ${a.shape.slice(1)} and ${b.shape.slice(1)}`,
    );
  const alignment = alignSets(a, b);
  // Pixels are what the other is mapped to, so that 8 bits and the gamut mean something.
  const backwards = b.pixels && !a.pixels;
  const map = backwards
    ? fitNormalisation(
        b,
        a,
        alignment.pairs.map((pair) => ({ a: pair.b, b: pair.a })),
      )
    : fitNormalisation(a, b, alignment.pairs);
  const mapped = !map
    ? ([a, b] as const)
    : backwards
      ? ([mapValues(a, map), b] as const)
      : ([a, mapValues(b, map)] as const);
  const [before, after] = toUnit(...mapped);
  // Rounding is judged where it happened: in the values as they are stored, not scaled to a range.
  const stored = alignment.pairs.map((pair) => imagePair(mapped[0], mapped[1], before.pixels, pair));
  const jpeg = before.pixels ? estimateJpeg(stored.filter((pair) => classifyChange(pair) === "edited")) : undefined;
  const images = alignment.pairs.map((pair, i) => compareImage(before, after, pair, classifyChange(stored[i], jpeg)));
  const heat = heatOf(before, after, images);
  const tensors = [digestTensors(first), digestTensors(second)].map(({ tensors: list }) =>
    list.map((t) => t.sha256).join(),
  );
  const found = { images, alignment, map, jpeg, told, sameTensors: tensors[0] === tensors[1] };
  const relabelled = images.filter((image) => image.labelBefore !== image.labelAfter || image.softLabelChanged).length;
  const place = changedPlace(heat);
  const difference: SetDifference = {
    ...judge(found, relabelled),
    before: summary(a),
    after: summary(b),
    pixels: before.pixels,
    ...(map && { normalisation: { ...map, of: backwards ? "first" : "second" } }),
    images,
    classes: classesOf(before, images),
    removed: alignment.removed,
    added: alignment.added,
    reordered: alignment.reordered,
    relabelled,
    heat,
    ...(place && { place }),
  };
  return { difference, before, after };
}

function summary({ name, shape, classes, tampered }: Comparable): SetSummary {
  return { name, shape, classes, ...(tampered !== undefined && { tampered }) };
}

/** Where pixels are unknown, scale both by the first set's range, so that PSNR and SSIM have a peak to refer to. */
function toUnit(a: Comparable, b: Comparable): [Comparable, Comparable] {
  if (a.pixels || b.pixels)
    return [
      { ...a, pixels: true },
      { ...b, pixels: true },
    ];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of a.values) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const scale = high > low ? high - low : 1;
  const unit = (set: Comparable): Comparable => ({
    ...set,
    pixels: false,
    values: set.values.map((x) => (x - low) / scale),
  });
  return [unit(a), unit(b)];
}

function imagePair(before: Comparable, after: Comparable, pixels: boolean, { a, b }: Pair): ImagePair {
  const [, channels, height, width] = before.shape;
  return { before: imageOf(before, a), after: imageOf(after, b), channels, height, width, pixels, half: after.half };
}

function compareImage(before: Comparable, after: Comparable, pair: Pair, kind: ChangeKind): ImageDifference {
  const [x, y] = [imageOf(before, pair.a), imageOf(after, pair.b)];
  const [, channels, height, width] = before.shape;
  const heat = emptyHeat(height, width);
  addHeat(heat, x, y, 1);
  const place = kind === "edited" ? changedPlace(heat) : undefined;
  return {
    ...pair,
    labelBefore: before.labels[pair.a],
    labelAfter: after.labels[pair.b],
    softLabelChanged: softChanged(before, after, pair),
    maxAbs: maxAbsDifference(x, y),
    psnr: psnr(x, y),
    ssim: ssim(x, y, [1, channels, height, width])[0],
    kind,
    ...(place && { place }),
  };
}

/** Chosen: single precision and text round at the sixth digit. */
function softChanged(
  { soft: p, classes: k }: Comparable,
  { soft: q, classes: l }: Comparable,
  { a, b }: Pair,
): boolean {
  if (!p && !q) return false;
  if (!p || !q || k !== l) return true;
  for (let i = 0; i < k; i++)
    if (Math.abs(p[a * k + i] - q[b * k + i]) > 1e-5 * Math.max(1, Math.abs(p[a * k + i]))) return true;
  return false;
}

function heatOf(before: Comparable, after: Comparable, images: readonly ImageDifference[]): HeatMap {
  const [, , height, width] = before.shape;
  const heat = emptyHeat(height, width);
  const edited = images.filter((image) => image.kind === "edited");
  const shown = edited.length > 0 ? edited : images;
  for (const { a, b } of shown) addHeat(heat, imageOf(before, a), imageOf(after, b), 1 / shown.length);
  return heat;
}

function classesOf(before: Comparable, images: readonly ImageDifference[]): ClassDifference[] {
  return Array.from({ length: before.classes }, (_, label) => {
    const own = images.filter((image) => image.labelBefore === label);
    return {
      label,
      name: before.classNames?.[label] ?? String(label),
      images: own.length,
      changed: own.filter((image) => image.kind !== "none").length,
      edited: own.filter((image) => image.kind === "edited").length,
      relabelled: own.filter((image) => image.labelBefore !== image.labelAfter || image.softLabelChanged).length,
      maxAbs: Math.max(0, ...own.map((image) => image.maxAbs)),
      minPsnr: Math.min(Number.POSITIVE_INFINITY, ...own.map((image) => image.psnr)),
      minSsim: Math.min(1, ...own.map((image) => image.ssim)),
    };
  }).filter((row) => row.images > 0);
}

interface Found {
  readonly images: readonly ImageDifference[];
  readonly alignment: Alignment;
  readonly map: ChannelMap | undefined;
  readonly jpeg: JpegSettings | undefined;
  /** What only one of the sets says, or both say differently, about its normalisation. */
  readonly told: Pick<ToldSpace, "said" | "contradict">;
  readonly sameTensors: boolean;
}

function judge(
  { images, alignment, map, jpeg, told, sameTensors }: Found,
  relabelled: number,
): Pick<SetDifference, "verdict" | "reason" | "suspicious"> {
  const count = (kind: ChangeKind) => images.filter((image) => image.kind === kind).length;
  const other = [
    relabelled > 0 && `${plural(relabelled, "label")} changed`,
    alignment.removed.length > 0 && `${plural(alignment.removed.length, "image")} removed`,
    alignment.added.length > 0 && `${plural(alignment.added.length, "image")} added`,
    alignment.reordered > 0 && `${plural(alignment.reordered, "image")} in another order`,
  ].filter((text) => text !== false);
  const edited = count("edited");
  // A set is compressed as a whole.
  const partly = count("lossy") > 0 && count("none") > 0;
  const altered = edited > 0 || partly || relabelled > 0 || alignment.removed.length > 0 || alignment.added.length > 0;
  const suspicious = altered || count("wider") > 0;
  const verdict: DiffVerdict = suspicious
    ? altered
      ? "editing"
      : "wider range"
    : count("rounding") + count("finer") + count("clamping") + count("lossy") > 0
      ? map
        ? "normalisation"
        : "re-encoding"
      : map || told.contradict
        ? "normalisation"
        : sameTensors
          ? "same tensors"
          : "same images";
  const how = [
    map && `the values were rescaled channel by channel${map.name ? ` by mean and deviation of ${map.name}` : ""}`,
    edited > 0 && `${edited} of ${images.length} images were altered in a way that storage does not explain`,
    count("lossy") > 0 &&
      `${plural(count("lossy"), "image")} are what JPEG${jpeg ? ` of quality ${jpeg.quality}` : ""} makes of the first`,
    partly && "the other images are untouched, which compressing a set does not do",
    count("clamping") > 0 && `${plural(count("clamping"), "image")} were cut off at black and white`,
    count("rounding") > 0 && `${plural(count("rounding"), "image")} were rounded`,
    count("wider") > 0 &&
      `in ${plural(count("wider"), "image")} the copy holds more than a picture can: values beyond black and white, where the first is cut off; all else is the same, as if the first had been clipped, and what lies beyond cannot be compared`,
    count("finer") > 0 && `${plural(count("finer"), "image")} are finer in the copy: the first is rounded`,
  ].filter((text) => typeof text === "string");
  const equal = sameTensors ? "every stored value is equal" : "every image and label is equal";
  const changes = [...how, ...other];
  const reason = [...(changes.length > 0 ? changes : [equal]), ...(told.said === undefined ? [] : [told.said])].join(
    "; ",
  );
  return { verdict, reason, suspicious };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
