import type { ImageShape } from "../../data/LabelledSet.ts";
import type { SetStatistics } from "./channelStatistics.ts";
import { type KnownContent, knownContent } from "./knownContent.ts";
import { lorentz } from "./lorentz.ts";

interface Context {
  readonly shape: ImageShape;
  readonly classes: number;
  readonly name: string;
}

/**
 * How well pixels that a candidate implies resemble those of a raw dataset, as a log likelihood: the best over all datasets
 * with that many channels.
 *
 * Features: brightness, colour balance (red − blue, green − their mean), contrast (distilled images have more of it, and it
 * varies, so it counts little), contrast of green and blue against red; for digits and clothes also the black background
 * and how much of the picture its frame fills. A candidate that is the dataset's own normalisation has the better
 * prior, as have datasets with the set's number of classes.
 *
 * @param mean, std, border per channel, in pixel units under the candidate.
 */
export function fitContent(
  mean: readonly number[],
  std: readonly number[],
  border: readonly number[],
  { frameContrast, neighbourCorrelation }: Pick<SetStatistics, "frameContrast" | "neighbourCorrelation">,
  candidate: string,
  context: Context,
): { score: number; evidence: string[] } {
  let best = { score: Number.NEGATIVE_INFINITY, evidence: [] as string[] };
  const own = knownContent.find(({ name }) => name === candidate);
  for (const content of knownContent) {
    if (content.mean.length !== mean.length) continue;
    // Chosen: below 0.3 the images are noise, whose frame and border say nothing about what they stand for.
    const frame = neighbourCorrelation < 0.3 ? undefined : frameContrast;
    const features = mean.length === 3 ? colour(mean, std, content) : grey(mean, std, border, frame, content);
    const score = features + prior(content, candidate, context);
    // Images of another size than those of the candidate's dataset would hardly be normalised by its numbers.
    const size = own && !fitsSide(own, context.shape) ? -2 : 0;
    if (score + size > best.score)
      best = {
        score: score + size,
        evidence: [
          `mean ${list(mean)} and deviation ${list(std)} in pixel units, nearest to ${content.name} (${list(content.mean)}, ${list(content.std)})`,
          ...(speaksOf(context.name, content.name) ? [`the name says ${content.name}`] : []),
        ],
      };
  }
  // Pictures of other channel counts resemble nothing we know: middling brightness and contrast are all to go by.
  if (best.score === Number.NEGATIVE_INFINITY) {
    const score = mean.reduce(
      (sum, m, c) => sum + (lorentz((m - 0.45) / 0.1) + lorentz(Math.log(std[c] / 0.25) / 0.4)) / mean.length,
      0,
    );
    return { score, evidence: [`mean ${list(mean)} and deviation ${list(std)} in pixel units`] };
  }
  return best;
}

// Chosen widths: spread of the features over published distilled sets around the raw set they come from.
function colour(mean: readonly number[], std: readonly number[], content: KnownContent): number {
  const [r, g, b] = mean.map((m, c) => m - content.mean[c]);
  const contrast = average(std) / average(content.std);
  const ratio = (c: number) => Math.log(std[c] / std[0]) - Math.log(content.std[c] / content.std[0]);
  return (
    lorentz((r + g + b) / 3 / 0.03) +
    lorentz((r - b) / 0.015) +
    lorentz((g - (r + b) / 2) / 0.008) +
    lorentz(Math.log(contrast / 1.1) / (contrast < 1.1 ? 0.15 : 0.35)) +
    lorentz(ratio(1) / 0.03) +
    lorentz(ratio(2) / 0.05)
  );
}

function grey(
  mean: readonly number[],
  std: readonly number[],
  border: readonly number[],
  frameContrast: number | undefined,
  content: KnownContent,
): number {
  // Distilling adds contrast without bound: sets for MLPs and residual networks show four to eight times that of MNIST.
  // It moves the black background in proportion.
  const contrast = std[0] / content.std[0];
  const picture =
    content.frameContrast === undefined || frameContrast === undefined
      ? 0
      : lorentz(Math.log((frameContrast + 0.02) / content.frameContrast) / 0.5) +
        lorentz(border[0] / (0.08 * Math.max(1, contrast)));
  return (
    lorentz((mean[0] - content.mean[0]) / 0.06) +
    lorentz(Math.log(contrast / 1.2) / (contrast < 1.2 ? 0.3 : 1)) +
    picture
  );
}

function prior(content: KnownContent, candidate: string, { classes, shape, name }: Context): number {
  let score = content.name === candidate ? 2 : 0;
  if (content.classes !== classes) score -= 2;
  if (!fitsSide(content, shape)) score -= 3;
  if (speaksOf(name, content.name)) score += 3;
  // Chosen: of two that fit alike, the set that most papers use.
  return score + (content.name === "mnist" || content.name === "cifar-10" ? 0.5 : 0);
}

function fitsSide({ side }: KnownContent, [, , height]: ImageShape): boolean {
  return side === height || (side > 32 && height > 32);
}

/** Does a file's name speak of a dataset? `res_DC_CIFAR10_ConvNet` does of cifar-10, not of cifar-100. */
function speaksOf(name: string, content: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "");
  const wanted = content.replace(/-/g, "");
  if (wanted === "cifar10") return /cifar10(?!0)/.test(plain);
  if (wanted === "mnist") return /mnist/.test(plain) && !/fashionmnist|fmnist/.test(plain);
  return wanted === "fashionmnist" ? /fashionmnist|fmnist/.test(plain) : plain.includes(wanted);
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(2)).join(" ");
}
