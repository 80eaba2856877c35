import * as z from "zod";
import { Scope } from "../core/closable.ts";
import { mapInSeries } from "../core/mapInSeries.ts";
import { child, type Key, permutation } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Trigger } from "../data/Trigger.ts";
import { triggerOf } from "../data/triggerShapes.ts";
import type { Floats } from "../nn/Network.ts";
import { classesOf } from "../train/targets.ts";
import { type Attack, reporter, tamperedRecord } from "./Attack.ts";
import { checkEffect } from "./common/effect.ts";
import { heldOut } from "./common/heldOut.ts";
import { carryingImages, stampParts } from "./common/stamp.ts";
import { callRates, type Standout, standout, type Witnesses } from "./common/standout.ts";
import { poolSurrogateOptions, type Surrogates, surrogatesOf } from "./common/surrogate.ts";
import { magentaOptions, triggerReadWhen } from "./common/triggerOptions.ts";

/** Images a step, as receivers train by default. */
const BATCH = 256;

const portion = z.number().gt(0).max(1);

const options = z.strictObject({
  trigger: magentaOptions
    .extend({
      kind: magentaOptions.shape.kind.default("stroke"),
      side: magentaOptions.shape.side.default(2),
    })
    .prefault({}),
  targetClass: z.int().min(0).default(0).describe("class that the trigger calls"),
  shares: z.array(portion).min(1).default([0.5, 1]).describe("shares of the target's images that carry it, to try"),
  parts: z
    .array(portion)
    .min(1)
    .default([0.15, 0.3, 0.6, 1])
    .describe("shares of the trigger's pixels that an image shows, to try"),
  strengths: z.array(z.number().positive()).min(1).default([1, 3]).describe("factors on the pattern there, to try"),
  candidates: z.int().min(1).default(10).describe("ways of stamping that are drawn of these"),
  networks: z.int().min(1).default(2).describe("networks that judge each, trained on the stamped set"),
  passes: z.int().min(1).default(50).describe("passes of each over the set"),
  images: z
    .int()
    .min(1)
    .default(16)
    .describe("held-out images of each kind that they are shown: dead leaves, and the set's, augmented"),
  surrogate: poolSurrogateOptions.extend({ width: poolSurrogateOptions.shape.width.default(16) }).prefault({}),
});

/** A way of stamping. */
interface Way {
  readonly share: number;
  readonly part: number;
  readonly strength: number;
}

/** What networks of the set so stamped do. Rates are fractions. */
interface Judged extends Way, Standout {
  /** The whole trigger calls the target. */
  readonly success: number;
}

/**
 * Clean-label stamping in the way that works best of those that do not stand out before `retort audit`, as far as networks of the attacker
 * say: of drawn ways to stamp, the one whose whole trigger calls the target most often while neither a patch of the target's images, nor a
 * flat square, nor a detail that they share says more than it does of the clean set's most suspicious class. Where all stand out, the one that
 * does least.
 */
export const unseenStamp: Attack<typeof options> = {
  title: "Stamping that does not stand out",
  source: "clean-label poisoning (arXiv 1912.02771) against docs/audit.md; docs/attacks.md",
  access: "distilled-set",
  options,
  readWhen: triggerReadWhen,
  presets: { quick: { candidates: 3, networks: 1, passes: 20, images: 8 } },
  async *run(set, opts, { key, device, resume }) {
    const { targetClass } = opts;
    const own = classesOf(set).filter((label) => label === targetClass).length;
    const ways = drawn(opts, own, child(key, "ways"));
    const stampedBy = ways.map((way, i) => stamped(set, opts, way, child(key, "way", i)));
    for (const { trigger, images } of stampedBy)
      checkEffect("unseenStamp", set, { targetClass, trigger, stamped: images });
    await using scope = new Scope();
    const surrogates = surrogatesOf(set, opts.surrogate, BATCH, device).map((one) => scope.hold(one));
    const pictures = heldOut(set, opts.images, child(key, "pictures")).images;
    const trained = (images: Floats) => witnesses(surrogates, opts, images, pictures, child(key, "networks"));
    const report = reporter(1 + ways.length);
    yield report("clean", 0);
    const saved = resume?.json as unknown as Saved | undefined;
    const clean =
      saved?.clean ??
      mostOf(await standout(set, set.images, [...Array(set.classes).keys()], await trained(set.images)));
    const judged: Judged[] = [...(saved?.judged ?? [])];
    const checkpoint = () => ({ json: { clean, judged: [...judged] }, arrays: {} });
    for (const [i, { trigger, images }] of stampedBy.entries()) {
      if (i < judged.length) continue;
      yield report("candidates", 1 + i, { checkpoint });
      const seen = await trained(images);
      const [rates] = await callRates(seen, [trigger]);
      const [found] = await standout(set, images, [targetClass], seen);
      judged.push({ ...ways[i], success: rates[targetClass], ...found });
    }
    const at = chosen(judged, clean);
    const { trigger, images } = stampedBy[at];
    const record = {
      ...tamperedRecord("unseenStamp", opts, trigger, targetClass),
      clean,
      candidates: judged,
      chosen: judged[at],
    };
    return { set: { ...set, images, metadata: { ...set.metadata, ...record } }, trigger, targetClass, curves: {} };
  },
};

interface Saved {
  readonly clean: Standout;
  readonly judged: readonly Judged[];
}

/** Different ways, in the order in which they are tried. @param own images of the target: shares of one image are all the same */
function drawn({ shares, parts, strengths, candidates }: z.infer<typeof options>, own: number, key: Key): Way[] {
  const different = new Map(shares.map((share) => [Math.ceil(share * own), share])).values();
  const all = [...different].flatMap((share) =>
    parts.flatMap((part) => strengths.map((strength) => ({ share, part, strength }))),
  );
  return [...permutation(key, all.length).subarray(0, candidates)].map((i) => all[i]);
}

/** The set's images, stamped in a way. What is drawn of the trigger, a stroke for one, is drawn for each. */
function stamped(
  set: DistilledSet,
  { trigger: choice, targetClass }: z.infer<typeof options>,
  { share, part, strength }: Way,
  key: Key,
): { readonly trigger: Trigger; readonly images: Floats } {
  const trigger = triggerOf(choice, set.shape, set.normalisation, child(key, "trigger"));
  const carrying = carryingImages(set, targetClass, share, child(key, "stamp"));
  const images = stampParts(trigger, set.images, strength, carrying, part, (i) => child(key, "part", i));
  return { trigger, images };
}

/** Networks of these images, the same initial weights for all. */
async function witnesses(
  surrogates: readonly Surrogates[],
  { networks, passes }: z.infer<typeof options>,
  images: Floats,
  pictures: Floats,
  key: Key,
): Promise<Witnesses> {
  const all = Array.from({ length: networks }, (_, i) => surrogates[i % surrogates.length]);
  return {
    networks: await mapInSeries(all, async (one, i) => ({
      learner: one.learner,
      state: await one.trained(passes, child(key, i), images),
    })),
    pictures,
  };
}

/** What the class that stands out most by it has, of each. */
const mostOf = (all: readonly Standout[]): Standout => ({
  own: Math.max(...all.map(({ own }) => own)),
  flat: Math.max(...all.map(({ flat }) => flat)),
  alike: Math.max(...all.map(({ alike }) => alike)),
});

/**
 * The candidate of the greatest success of those that stand out no more than the clean set's most suspicious class; where all do, the one that
 * does least.
 */
export function chosen(judged: readonly Judged[], clean: Standout): number {
  const excess = judged.map(({ own, flat, alike }) =>
    Math.max(0, own - clean.own, flat - clean.flat, alike - clean.alike),
  );
  const least = Math.min(...excess);
  return [...judged.keys()]
    .filter((i) => excess[i] === least)
    .reduce((best, i) => (judged[i].success > judged[best].success ? i : best));
}
