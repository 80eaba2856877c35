import type * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child } from "../core/random.ts";
import { parseDsaStrategy } from "../data/augment/dsa.ts";
import { classRows } from "../data/classRows.ts";
import type { Floats } from "../nn/Network.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import type { Embed } from "./embedding.ts";
import { checkStart, initialImages } from "./initialImages.ts";
import type { MatchingOptions } from "./matchingOptions.ts";
import { decodeImages } from "./multiFormation.ts";

/** Everything that an iteration changes. */
interface State {
  readonly iteration: number;
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
  readonly loss: number | undefined;
}

/** What one method of matching means is beyond the loop that all share. */
type Facts<S extends z.ZodObject> = Pick<
  Distillation<S>,
  "title" | "abbreviation" | "source" | "options" | "presets"
> & {
  readonly name: string;
  /** φ, whose means over a class are matched. Loaded when a run begins. */
  embed(options: MatchingOptions): Promise<Embed>;
};

/**
 * Make a method that moves the synthetic images of each class so that their mean embedding by a random network is that of
 * the class's real images (arXiv 2110.04181, algorithm 1).
 *
 * Each class has its own siamese augmentation in each iteration. Differs: networks with batch norm, whose statistics would
 * mix the classes, are not offered.
 */
export function meanMatching<S extends z.ZodObject>({ name, embed, ...facts }: Facts<S>): Distillation<S> {
  return {
    ...facts,
    access: "raw-data",
    check(set, options) {
      const opts = options as unknown as MatchingOptions;
      parseDsaStrategy(opts.dsa);
      checkStart(set, opts, name);
    },
    async *run(set, options, context) {
      this.check(set, options);
      const opts = options as unknown as MatchingOptions;
      const operators = parseDsaStrategy(opts.dsa);
      const record: DistillationRecord = { method: name, options: opts, source: set, context };
      const { key, device, normalisation, resume } = context;
      if (resume) checkResume(record, resume);
      const start = (): State => {
        const images = initialImages(set, opts, normalisation, key);
        const slots = opts.momentum > 0 ? [new Float32Array(images.length)] : [];
        return { iteration: 0, images, slots, loss: undefined };
      };
      let state = resume ? restore(resume) : start();

      const [, c, h, w] = set.shape;
      const report = (now: State): DistillationStep => ({
        iteration: now.iteration,
        total: opts.iterations,
        ...(now.loss === undefined ? {} : { loss: now.loss }),
        set: () => {
          const seen = decodeImages(now.images, [set.classes * opts.ipc, c, h, w], opts.factor);
          return distilledSet(record, seen, now.iteration);
        },
        checkpoint: () => save(now, fingerprint(record)),
      });
      if (state.iteration === opts.iterations) {
        yield report(state);
        return;
      }

      const { MatchingUpdate } = await loadMatchingUpdate();
      const phi = await embed(opts);
      await using update = await MatchingUpdate.compile(
        set,
        classRows(set),
        opts,
        operators,
        normalisation,
        device,
        phi,
      );
      while (state.iteration < opts.iterations) {
        const { iteration, images, slots } = state;
        const next = await update.run(images, slots, child(key, "iteration", iteration));
        if (!Number.isFinite(next.loss))
          throw new NumericError(
            `${name}: invalid loss: expected a number, got ${next.loss}; a lower lrImg may help`,
            iteration,
          );
        state = { ...next, iteration: iteration + 1 };
        yield report(state);
      }
    },
  };
}

function save({ iteration, images, slots, loss }: State, run: string): Checkpoint {
  const json = { run, iteration, ...(loss === undefined ? {} : { loss }) };
  return { json, arrays: slots.length > 0 ? { images, momentum: slots[0] } : { images } };
}

function restore({ json, arrays }: Checkpoint): State {
  const { iteration, loss } = json as { iteration: number; loss?: number };
  return { iteration, loss, images: arrays.images, slots: arrays.momentum ? [arrays.momentum] : [] };
}

/** Loaded when work begins. */
const loadMatchingUpdate = () => import("./MatchingUpdate.ts");
