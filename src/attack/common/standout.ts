import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import { toPixels } from "../../data/normalise.ts";
import { applyTrigger, clampToGamut, gamutBounds, type Trigger } from "../../data/Trigger.ts";
import { coherence } from "../../metrics/coherence.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Learner, LearnerState } from "../../train/Learner.ts";
import { logitsOf } from "../../train/logits.ts";
import { argmaxRows, classesOf } from "../../train/targets.ts";
import { joined } from "./miniBatches.ts";

/** Networks, and pictures that they are shown. */
export interface Witnesses {
  readonly networks: readonly { readonly learner: Learner; readonly state: LearnerState }[];
  /** N·C·H·W, in the space of the set. */
  readonly pictures: Floats;
}

/** By how much a class stands out before whoever looks for compact patches that call it. Rates are fractions. */
export interface Standout {
  /** Best rate of a place of an image of the class, pasted at its place on pictures. */
  readonly own: number;
  /** Best rate of a flat square of a corner colour. */
  readonly flat: number;
  /** Pairs of its images that share a detail, over five times one more than any other class has; the audit's rule asks for 1. */
  readonly alike: number;
}

/** What `retort audit` has by default (docs/audit.md): sides of its patches in pixels, and places along each edge. */
const OWN = { side: 5, grid: 8 };
const FLAT = { side: 3, grid: 8 };
/** Every so-many-th picture decides, before the first network, which patches the others are asked about, and how many those are. */
const STEP = 8;
const KEPT = 8;
/** Pictures with a patch that are made at once. */
const TOGETHER = 1024;

/**
 * Show stamps to networks: how often is a picture called a class with it, of those that are not without it?
 *
 * @returns for each stamp a rate of each class over all networks, [K]
 */
export async function callRates(
  { networks, pictures }: Witnesses,
  stamps: readonly Trigger[],
): Promise<readonly Float64Array[]> {
  const { classes, input } = networks[0].learner.network;
  const n = pictures.length / input.reduce((a, b) => a * b);
  const says = async ({ learner, state }: Witnesses["networks"][number], x: Floats) =>
    argmaxRows(await logitsOf(learner, state, x), classes);
  const hits = stamps.map(() => new Float64Array(classes));
  const without: Int32Array[] = [];
  for (const one of networks) without.push(await says(one, pictures));
  const others = Float64Array.from({ length: classes }, (_, t) =>
    without.reduce((sum, said) => sum + said.filter((call) => call !== t).length, 0),
  );
  const many = Math.ceil(TOGETHER / n);
  for (let from = 0; from < stamps.length; from += many) {
    const some = stamps.slice(from, from + many);
    const shown = joined(some.map((stamp) => applyTrigger(stamp, pictures)));
    for (const [k, one] of networks.entries())
      (await says(one, shown)).forEach((call, i) => {
        if (call !== without[k][i % n]) hits[from + Math.floor(i / n)][call]++;
      });
  }
  return hits.map((counts) => counts.map((count, t) => count / Math.max(1, others[t])));
}

/**
 * Measure by how much classes stand out, as an attacker can compute what the audit's transplant, flat squares and coherence look for. The
 * audit itself has other networks and pictures.
 *
 * @param images the set's, or a changed copy
 * @returns one for each of the classes that are asked about
 */
export async function standout(
  set: DistilledSet,
  images: Floats,
  classes: readonly number[],
  witnesses: Witnesses,
): Promise<readonly Standout[]> {
  const flat = flatSquares(set);
  const shown = clampToGamut(images, set.shape, set.normalisation);
  const labels = classesOf(set);
  const out: Standout[] = [];
  const shared = coherence({ ...set, pixels: toPixels(images, set.shape, set.normalisation), labels });
  const rough = await callRates(thinned(set.shape, witnesses), flat);
  for (const label of classes) {
    const own = [...labels.keys()].filter((i) => labels[i] === label).flatMap((i) => ownPlaces(set, shown, i));
    out.push({
      own: await best(witnesses, own, await callRates(thinned(set.shape, witnesses), own), label),
      flat: await best(witnesses, flat, rough, label),
      alike: Math.max(...shared.map((one) => (one.targetClass === label ? one.pairs / (5 * (one.second + 1)) : 0))),
    });
  }
  return out;
}

/** The best rate of a class among the stamps that did best in a first look. */
async function best(
  witnesses: Witnesses,
  stamps: readonly Trigger[],
  rough: readonly Float64Array[],
  label: number,
): Promise<number> {
  const order = [...stamps.keys()].sort((a, b) => rough[b][label] - rough[a][label]).slice(0, KEPT);
  const rates = await callRates(
    witnesses,
    order.map((i) => stamps[i]),
  );
  return Math.max(0, ...rates.map((rate) => rate[label]));
}

/** The first network before every so-many-th picture. */
function thinned([, c, h, w]: ImageShape, { networks, pictures }: Witnesses): Witnesses {
  const size = c * h * w;
  const rows = Array.from({ length: Math.ceil(pictures.length / size / STEP) }, (_, i) => i * STEP);
  return {
    networks: networks.slice(0, 1),
    pictures: joined(rows.map((row) => pictures.subarray(row * size, (row + 1) * size))),
  };
}

/** What an image shows at each place. @param images clamped to what a picture can hold */
function ownPlaces({ shape }: DistilledSet, images: Floats, image: number): Trigger[] {
  const size = images.length / shape[0];
  const pattern = images.slice(image * size, (image + 1) * size);
  return boxes(shape, OWN).map((mask) => patch(shape, mask, pattern));
}

/** Squares of the corner colours, each channel black or white, at every place. */
function flatSquares({ shape, normalisation }: DistilledSet): Trigger[] {
  const [, c, h, w] = shape;
  const { low, high } = gamutBounds(normalisation, c);
  const patterns = Array.from({ length: 2 ** c }, (_, bits) =>
    Float32Array.from({ length: c * h * w }, (_, i) => {
      const channel = Math.floor(i / (h * w));
      return ((bits >> channel) & 1 ? high : low)[channel];
    }),
  );
  return boxes(shape, FLAT).flatMap((mask) => patterns.map((pattern) => patch(shape, mask, pattern)));
}

const patch = ([, channels, height, width]: ImageShape, mask: Floats, pattern: Floats): Trigger => ({
  description: "a patch",
  channels,
  height,
  width,
  mask,
  pattern,
  inGamut: true,
});

/** Masks of squares at evenly spread places, the edges among them. */
function boxes([, , h, w]: ImageShape, { side, grid }: { side: number; grid: number }): Floats[] {
  const along = (length: number) => [
    ...new Set(Array.from({ length: grid }, (_, i) => Math.round((i * Math.max(0, length - side)) / (grid - 1)))),
  ];
  return along(h).flatMap((top) =>
    along(w).map((left) =>
      Float32Array.from({ length: h * w }, (_, i) => {
        const [y, x] = [Math.floor(i / w) - top, (i % w) - left];
        return y >= 0 && y < side && x >= 0 && x < side ? 1 : 0;
      }),
    ),
  );
}
