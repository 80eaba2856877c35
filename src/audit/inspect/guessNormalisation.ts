import { extent } from "../../core/extent.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import { knownNormalisations, type Normalisation } from "../../data/Normalisation.ts";
import { type SetStatistics, setStatistics } from "./channelStatistics.ts";
import { fitContent } from "./fitContent.ts";
import { findLattice, type Lattice } from "./lattice.ts";
import { lorentz } from "./lorentz.ts";

/** One way in which pixels may have become the stored numbers, and what speaks for it. */
export interface NormalisationGuess {
  /** `unit`, `8-bit`, a name of `knownNormalisations`, `per-set`, `zca`, or `grid` (read off the grey levels). */
  readonly name: string;
  /** What would undo it; absent for ZCA, whose matrix the set does not carry. */
  readonly normalisation?: Normalisation;
  /** Fraction in [0, 1]; all guesses sum to 1. */
  readonly confidence: number;
  /** Share of values outside [0, 1] if this guess is right; absent for ZCA. */
  readonly outOfGamut?: number;
  /** Sentences, the strongest first. */
  readonly evidence: readonly string[];
}

interface Candidate {
  readonly name: string;
  readonly normalisation?: Normalisation;
  /** Stored number → pixel: x · scale + shift, per channel. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

interface Judged {
  readonly candidate: Candidate;
  readonly score: number;
  readonly outOfGamut?: number;
  readonly evidence: readonly string[];
}

/** Chosen: scores are log likelihoods of features that are not independent; a temperature of 2 keeps confidences modest. */
const temperature = 2;

/**
 * Rank what may have been done to the pixels of a set, from its numbers alone.
 *
 * Exact evidence decides where there is any: 8-bit pixels leave an even grid of grey levels, whose step is 1 / (255 · std) and whose
 * place gives the mean; standardised sets have mean 0 and deviation 1 to many digits; clamped sets touch 0 and 1. Otherwise the mean,
 * contrast and colour balance that a candidate implies are compared with those of the raw sets (fitContent.ts), and ZCA with what whitening
 * leaves: no mean, little contrast, little correlation.
 *
 * @param images N·C·H·W numbers as stored.
 * @param name what the file is called, weak evidence if it names a dataset; leave it out to judge by content only.
 * @returns all candidates, the likeliest first.
 */
export function guessNormalisation(
  images: Float32Array,
  shape: ImageShape,
  classes: number,
  name = "",
  statistics = setStatistics(images, shape),
): NormalisationGuess[] {
  const lattices = shape[1] <= 4 ? statistics.channels.map((_, c) => findLattice(images, shape, c)) : [];
  const grid = lattices.every((lattice) => lattice !== undefined) && lattices.length > 0 ? lattices : undefined;
  const judged = candidates(shape[1], grid).map((candidate) =>
    judge(candidate, { images, shape, classes, name, statistics, grid }),
  );
  judged.push(judgeStandardised(statistics, grid), judgeZca(statistics, shape[1], grid, name));
  const best = Math.max(...judged.map(({ score }) => score));
  const weights = judged.map(({ score }) => Math.exp((score - best) / temperature));
  const sum = weights.reduce((a, b) => a + b);
  return judged
    .map(({ candidate, outOfGamut, evidence }, i) => ({
      name: candidate.name,
      ...(candidate.normalisation ? { normalisation: candidate.normalisation } : {}),
      confidence: weights[i] / sum,
      ...(outOfGamut === undefined ? {} : { outOfGamut }),
      evidence,
    }))
    .sort((a, b) => b.confidence - a.confidence);
}

function candidates(channels: number, grid: readonly Lattice[] | undefined): Candidate[] {
  const constant = (value: number) => Array.from({ length: channels }, () => value);
  const list: Candidate[] = [
    { name: "unit", normalisation: { kind: "unit" }, scale: constant(1), shift: constant(0) },
    {
      name: "8-bit",
      normalisation: { kind: "meanStd", name: "8-bit", mean: constant(0), std: constant(1 / 255) },
      scale: constant(1 / 255),
      shift: constant(0),
    },
  ];
  for (const [name, known] of Object.entries(knownNormalisations))
    if (known.mean.length === channels) list.push({ name, normalisation: known, scale: known.std, shift: known.mean });
  const levels = grid?.map(({ levels }) => levels);
  // The grid gives mean and std by itself where the darkest level is black, as it is when nearly all 256 occur.
  if (grid && levels?.every((count) => count >= 250)) {
    const std = grid.map(({ step }) => 1 / (255 * step));
    const mean = grid.map(({ lowest }, c) => -lowest * std[c]);
    list.push({ name: "grid", normalisation: { kind: "meanStd", mean, std }, scale: std, shift: mean });
  }
  return list;
}

interface Subject {
  readonly images: Float32Array;
  readonly shape: ImageShape;
  readonly classes: number;
  readonly name: string;
  readonly statistics: SetStatistics;
  readonly grid?: readonly Lattice[];
}

function judge(candidate: Candidate, subject: Subject): Judged {
  const { statistics, grid } = subject;
  const { scale, shift } = candidate;
  const { outside, touches } = gamut(candidate, subject);
  const evidence: string[] = [];
  let score = 0;
  if (grid) {
    const fits = grid.every((lattice, c) => onGrid(lattice, scale[c], shift[c]));
    // Chosen: the grid read off the data fits itself, so it stands behind every known normalisation that fits too.
    score += fits ? (candidate.name === "grid" ? 40 : 60) : 0;
    if (fits) evidence.push("every value is one of 256 grey levels");
    else if (candidate.name !== "grid") evidence.push("the values lie on a grid that is not that of 256 grey levels");
  } else if (outside === 0 && touches) {
    score += 12;
    evidence.push("all values lie in [0, 1], and both ends occur");
  }
  const fit = fitContent(
    statistics.channels.map(({ mean }, c) => mean * scale[c] + shift[c]),
    statistics.channels.map(({ std }, c) => std * Math.abs(scale[c])),
    statistics.borderMedian.map((value, c) => value * scale[c] + shift[c]),
    statistics,
    candidate.name,
    subject,
  );
  score += fit.score;
  evidence.push(...fit.evidence);
  if (outside > 0) evidence.push(`${percent(outside)} of the values would lie outside [0, 1]`);
  return { candidate, score, outOfGamut: outside, evidence };
}

/** Is every grey level of the grid k / 255 under this candidate? Chosen: a hundredth of a level at both ends. */
function onGrid({ step, lowest, levels }: Lattice, scale: number, shift: number): boolean {
  const [low, high] = [0, levels].map((level) => 255 * ((lowest + level * step) * scale + shift));
  const whole = (value: number) => Math.abs(value - Math.round(value)) < 0.01 * Math.max(1, levels / 255);
  return whole(low) && whole(high) && Math.round(high) - Math.round(low) === levels && low > -0.5 && high < 255.5;
}

/** Share of values outside [0, 1] under a candidate, and whether 0 and 1 are both reached in each channel. */
function gamut({ scale, shift }: Candidate, { images, shape, statistics }: Subject) {
  const [n, c, h, w] = shape;
  // Chosen: a hundredth of a grey level, far above float32 rounding.
  const tolerance = 0.01 / 255;
  let outside = 0;
  for (let plane = 0; plane < n * c; plane++) {
    const k = plane % c;
    // In stored numbers, so that each value is only compared: most of a quick inspection passes here.
    const low = (-tolerance - shift[k]) / scale[k];
    const high = (1 + tolerance - shift[k]) / scale[k];
    for (let i = plane * h * w; i < (plane + 1) * h * w; i++) if (!(images[i] >= low && images[i] <= high)) outside++;
  }
  const touches = statistics.channels.every(
    ({ min, max }, k) =>
      Math.abs(min * scale[k] + shift[k]) < tolerance && Math.abs(max * scale[k] + shift[k] - 1) < tolerance,
  );
  return { outside: images.length === 0 ? 0 : outside / images.length, touches };
}

/** Standardised by its own statistics: mean 0 and deviation 1 to more digits than chance gives. */
function judgeStandardised({ channels }: SetStatistics, grid: readonly Lattice[] | undefined): Judged {
  const [mean, std] = [
    extent(channels.map((channel) => Math.abs(channel.mean))).max,
    extent(channels.map((channel) => Math.abs(channel.std - 1))).max,
  ];
  const fits = mean < 5e-4 && std < 5e-4;
  const candidate = { name: "per-set", scale: [], shift: [] };
  if (!fits)
    return { candidate, score: -30, evidence: [`mean off 0 by ${short(mean)}, deviation off 1 by ${short(std)}`] };
  return { candidate, score: grid ? 50 : 15, evidence: ["every channel has mean 0 and deviation 1"] };
}

/** Whitened sets: no mean, contrast about a half, neighbours less alike than in pictures (method, §4: eps 0.1). */
function judgeZca(
  statistics: SetStatistics,
  channels: number,
  grid: readonly Lattice[] | undefined,
  name: string,
): Judged {
  const { neighbourCorrelation: rho } = statistics;
  const mean = extent(statistics.channels.map((channel) => Math.abs(channel.mean))).max;
  const std = statistics.channels.reduce((sum, channel) => sum + channel.std, 0) / channels;
  // Chosen from whitened CIFAR-10 and the sets distilled from it: deviations 0.3 to 0.7, correlation below 0.6.
  const score =
    lorentz(mean / 0.05) +
    lorentz(Math.log(std / 0.5) / 0.3) +
    lorentz(Math.max(0, rho - 0.5) / 0.1) -
    (channels === 1 ? 3 : 1);
  const named = /zca/i.test(name);
  const evidence = [
    `mean off 0 by ${short(mean)}, deviation ${short(std)}, correlation of neighbours ${short(rho)}`,
    ...(named ? ["the name says ZCA"] : []),
  ];
  return {
    candidate: { name: "zca", scale: [], shift: [] },
    score: (grid ? -30 : 0) + score + (named ? 3 : 0),
    evidence,
  };
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

function short(value: number): string {
  return value.toPrecision(2);
}
