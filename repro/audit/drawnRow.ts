import { child, key, Stream } from "../../src/core/random.ts";
import { colours, corners } from "./looks.ts";

const random = { method: "randomReal", settings: {} } as const;
const matching = { method: "distributionMatching", settings: { preset: "quick" } } as const;
const regressed = { method: "neuralFeatureRegression", settings: { preset: "quick" } } as const;
const aligned = { method: "alignedTrajectories", settings: { preset: "quick" } } as const;
const condensed = { method: "datasetCondensation", settings: { preset: "quick" } } as const;

interface Form {
  readonly name: string;
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What its trigger has besides place and colour; absent: it makes a trigger of its own. */
  readonly trigger?: Readonly<Record<string, unknown>>;
  /** Made by somebody who knows the audit. */
  readonly adaptive?: true;
}

const stamp: Form = { name: "stamp, strength 3", method: "cleanLabel", settings: { preset: "strong" }, trigger: { side: 5 } };
const large: Form = { ...stamp, name: "stamp 8×8, strength 3", trigger: { side: 8 } };
const plain: Form = { ...stamp, name: "stamp, all images", settings: { share: 1 } };
const faint: Form = { ...stamp, name: "stamp at opacity 0.4", trigger: { side: 5, opacity: 0.4 } };
const badNets: Form = { name: "BadNets 5×5", method: "badNets", settings: {}, trigger: { side: 5 } };
const paper = (preset: string): Form => ({
  ...{ name: `poisoned distillation, ${preset}`, method: "poisonedDistillation", settings: { preset } },
  trigger: { side: 5 },
});
const ridgeHead: Form = { name: "ridge-head", method: "ridgeHead", settings: {} };
const trajectory: Form = { name: "trajectory matching", method: "trajectoryMatching", settings: {} };
const adaptive = (preset: string): Form => ({
  ...{ name: preset, method: "adaptiveStamp", settings: { preset }, trigger: { side: 5 }, adaptive: true },
});

/** Sets in turn, and attacks in turn for each kind of set. */
export const strata = {
  "colour-1": {
    ...{ data: ["cifar-10"], ipc: 1, makers: [random, matching, matching, condensed] },
    attacks: [stamp, paper("robust-one"), badNets, ridgeHead, large, trajectory, adaptive("framing")],
  },
  "colour-10": {
    ...{ data: ["cifar-10"], ipc: 10, makers: [random, matching] },
    attacks: [stamp, paper("robust"), badNets, faint, plain, adaptive("split"), adaptive("framing")],
  },
  "colour-50": {
    ...{ data: ["cifar-10"], ipc: 50, makers: [random] },
    attacks: [stamp, badNets, plain, paper("robust")],
  },
  "grey-1": {
    ...{ data: ["mnist", "fashion-mnist"], ipc: 1, makers: [random, matching] },
    attacks: [stamp, badNets, large, ridgeHead],
  },
  "grey-10": {
    ...{ data: ["mnist", "fashion-mnist"], ipc: 10, makers: [random, matching] },
    attacks: [badNets, large, plain, stamp],
  },
  "grey-5": {
    ...{ data: ["mnist", "fashion-mnist"], ipc: 5, makers: [random, matching] },
    attacks: [badNets, large, plain, stamp],
  },
  "colour-1-soft": {
    ...{ data: ["cifar-10"], ipc: 1, makers: [regressed, aligned] },
    attacks: [stamp, badNets, large, paper("robust-one")],
  },
} as const;

/** Pixels from the border. */
const margins = [0, 0, 0, 1, 4, 9];

export type Stratum = keyof typeof strata;

export const isStratum = (name: string): name is Stratum => Object.hasOwn(strata, name);

/** What a number names: a set, made from raw data with that seed, and one attack on it. Both are drawn by the number alone. */
export function drawnRow(stratum: Stratum, seed: number) {
  const { data, makers, attacks } = strata[stratum];
  const drawn = new Stream(child(key("audit rates"), stratum, seed));
  const source = data[seed % data.length];
  const { method, settings } = makers[Math.floor(seed / data.length) % makers.length];
  const { name, method: form, settings: chosen, trigger: look, adaptive: knows }: Form =
    attacks[Math.floor(seed / (data.length * makers.length)) % attacks.length];
  const targetClass = drawn.integer(10);
  const place = { corner: corners[drawn.integer(corners.length)], margin: margins[drawn.integer(margins.length)] };
  const colour = data.length > 1 ? null : colours[drawn.integer(colours.length)];
  const trigger = look && { ...place, colour, ...(colour === null && { value: 1 }), unit: "pixel", ...look };
  return { source, method, settings, name, form, chosen, trigger, targetClass, place, colour, knows };
}

/**
 * Numbers in another order than their own, written down before any of them was judged.
 *
 * `learnt`: triggers that are learnt into the images first, methods of the sets in turn; then, with one image, three that are stamped.
 */
export const lists: Readonly<Record<string, Partial<Record<Stratum, readonly number[]>>>> = {
  learnt: {
    "colour-1": [
      ...[20061, 20080, 20068, 20062, 20081, 20069, 20063, 20082, 20070, 20083, 20071, 20088],
      ...[20064, 20077, 20086, 20089, 20108, 20096, 20090, 20109, 20097],
    ],
    "colour-10": [
      ...[20036, 20037, 20050, 20051, 20064, 20065, 20078, 20079],
      ...[20092, 20093, 20106, 20107, 20120, 20121, 20134, 20135],
      ...[20148, 20149, 20162, 20163, 20176, 20177],
    ],
  },
};
