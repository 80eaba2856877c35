import type { AttackResult } from "../attack/Attack.ts";
import { roundsInWords } from "../attack/poisonedDistillation/rounds.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { imagesOfClass } from "../data/imagesOfClass.ts";
import type { ImageShape, LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { describeNormalisation, pictureSpace, toPixels } from "../data/normalise.ts";
import { normalisedBatch } from "../data/normalisedBatch.ts";
import { applyTrigger } from "../data/Trigger.ts";
import { stealth } from "../metrics/stealth.ts";
import { differencePictures, pictures } from "../report/pictures.ts";
import { type Curve, type NetworkResult, type RunRecord, recordFormat, type TriggerRecord } from "../report/record.ts";
import type { NetworkDiverged, NetworkEvaluation } from "../train/measure.ts";
import { classesOf } from "../train/targets.ts";

export interface RecordParts {
  readonly title: string;
  readonly command: string;
  readonly created?: string;
  readonly attack?: NonNullable<RunRecord["attack"]>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly versions: RunRecord["versions"];
  readonly data: RunRecord["data"];
  readonly clean: DistilledSet;
  /** Test accuracies stored in the clean set's file, per network, as fractions. */
  readonly stored?: Readonly<Record<string, readonly number[]>>;
  readonly result?: AttackResult;
  readonly test?: LabelledSet;
  readonly evaluations: readonly NetworkEvaluation[];
  readonly diverged?: readonly NetworkDiverged[];
  readonly timings: RunRecord["timings"];
  /** Loss curves besides those of the attack. */
  readonly curves?: readonly Curve[];
}

/** Put together what a report shows. Pure: the same parts, the same record. */
export function attackRecord(parts: RecordParts): RunRecord {
  const { clean, result, test } = parts;
  const names = clean.classNames ?? test?.classNames;
  // Where pixels cannot be had back from the stored numbers (ZCA without its matrix), pictures show the numbers as they are.
  const visible = (images: Float32Array, shape: ImageShape) => pixelsOf(images, shape, clean.normalisation);
  const tampered = result?.set;
  const comparable = tampered && tampered.shape.join() === clean.shape.join() ? tampered : undefined;
  const rounds = tampered && roundsInWords(tampered.metadata);
  const before = visible(clean.images, clean.shape);
  const after = tampered && visible(tampered.images, tampered.shape);
  return {
    format: recordFormat,
    title: parts.title,
    command: parts.command,
    ...(parts.created && { created: parts.created }),
    ...(parts.attack && { attack: { ...parts.attack, ...(rounds && { rounds }) } }),
    config: parts.config,
    versions: parts.versions,
    data: parts.data,
    set: {
      name: clean.name,
      classes: clean.classes,
      ...(names && { classNames: [...names] }),
      labels: [...classesOf(clean)],
      normalisation: describeNormalisation(clean.normalisation),
      ...(parts.stored && { stored: storedOf(parts.stored) }),
      clean: pictures(before, [...clean.shape]),
      ...(after && tampered && { tampered: pictures(after, [...tampered.shape]) }),
      ...(comparable && after && { difference: differencePictures(before, after, [...clean.shape]) }),
    },
    ...(result?.archetypes && {
      archetypes: {
        labels: [...result.archetypes.classes],
        pictures: archetypePictures(result.archetypes.images, clean, result.archetypes.classes.length),
      },
    }),
    ...(result && { trigger: triggerRecord(result, clean, test) }),
    ...(test && { testImages: test.shape[0] }),
    results: parts.evaluations.map(networkResult),
    ...(parts.diverged && parts.diverged.length > 0 && { diverged: [...parts.diverged] }),
    ...(comparable && after && { stealth: stealth(before, after, [...clean.shape]) }),
    curves: [...(result ? attackCurves(result) : []), ...(parts.curves ?? [])],
    timings: parts.timings,
  };
}

function pixelsOf(images: Float32Array, shape: ImageShape, normalisation: Normalisation): Float32Array {
  if (normalisation.kind === "unknown" || (normalisation.kind === "zca" && !normalisation.whitening))
    return images.map((v) => 0.5 + v / 6);
  return toPixels(images, shape, normalisation);
}

function archetypePictures(images: Float32Array, clean: DistilledSet, n: number) {
  const [, c, h, w] = clean.shape;
  return pictures(pixelsOf(images, [n, c, h, w], pictureSpace(clean.normalisation)), [n, c, h, w]);
}

const storedOf = (accuracies: Readonly<Record<string, readonly number[]>>) =>
  Object.fromEntries(Object.entries(accuracies).map(([network, values]) => [network, [...values]]));

function networkResult({ losses: _, ...result }: NetworkEvaluation): NetworkResult {
  return result;
}

function triggerRecord(
  { trigger, targetClass, sourceClass }: AttackResult,
  clean: DistilledSet,
  test?: LabelledSet,
): TriggerRecord {
  const { channels: c, height: h, width: w, mask, pattern } = trigger;
  const space = pictureSpace(clean.normalisation);
  const place = mask.findIndex((m) => m > 0);
  const stamped = [...mask.keys()].filter((i) => mask[i] > 0);
  const channels = Array.from({ length: c }, (_, k) => k * h * w);
  const flat = channels.every((from) => stamped.every((i) => pattern[from + i] === pattern[from + place]));
  const pixels = pixelsOf(pattern, [1, c, h, w], space);
  const images = test && (sourceClass === undefined ? test : imagesOfClass(test, sourceClass));
  const shown = images && Math.min(6, images.shape[0]);
  const examples = () => {
    const shape: [number, number, number, number] = [shown!, c, h, w];
    const x = normalisedBatch(images!, 0, shown!, space);
    return {
      before: pictures(pixelsOf(x, shape, space), shape),
      after: pictures(pixelsOf(applyTrigger(trigger, x), shape, space), shape),
    };
  };
  return {
    description: trigger.description,
    targetClass,
    ...(sourceClass !== undefined && { sourceClass }),
    height: h,
    width: w,
    mask: [...mask],
    ...(!trigger.generator &&
      (flat
        ? {
            value: {
              normalised: channels.map((from) => pattern[from + place]),
              pixel: channels.map((from) => pixels[from + place]),
            },
          }
        : { shows: pictures(pixels, [1, c, h, w]) })),
    inGamut: trigger.inGamut,
    ...(shown && space.kind !== "unknown" && space.kind !== "zca" && { examples: examples() }),
  };
}

function attackCurves({ curves }: AttackResult): Curve[] {
  const points = (list: readonly number[]): [number, number][] => list.map((v, i) => [i, v]);
  const { archetypes, ...update } = curves;
  const names: Record<string, string> = { loss: "hybrid loss", benign: "benign part", backdoor: "backdoor part" };
  const all: Curve[] = [];
  const series = Object.entries(update).map(([name, list]) => ({ name: names[name] ?? name, points: points(list) }));
  if (series.length > 0) all.push({ title: "Updating the set", x: "step", y: "loss", series });
  if (archetypes)
    all.push({
      title: "Reconstructing archetypes",
      x: "step",
      y: "loss per image",
      series: [{ name: "archetypes", points: points(archetypes) }],
    });
  return all;
}
