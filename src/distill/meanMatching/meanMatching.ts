import type * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { child } from "../../core/random.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import { classRows } from "../../data/classRows.ts";
import type { Floats } from "../../nn/Network.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { decodeImages } from "../common/multiFormation.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen } from "../common/sharedOptions.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import type { Embed } from "./embedding.ts";
import type { MatchingOptions } from "./matchingOptions.ts";

/** Everything that an iteration changes. */
interface State {
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
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
    multiFormation: true,
    readWhen: convNetReadWhen as never,
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
      const { key, device, normalisation } = context;
      const [, c, h, w] = set.shape;
      const start = (): State => {
        const images = initialImages(set, opts, normalisation, key);
        return { images, slots: opts.momentum > 0 ? [new Float32Array(images.length)] : [] };
      };
      yield* reportSteps<State>(record, {
        total: opts.iterations,
        set({ images }, step) {
          const seen = decodeImages(images, [set.classes * opts.ipc, c, h, w], opts.factor);
          return distilledSet(record, seen, step);
        },
        save({ images, slots: [momentum] }) {
          const arrays: Checkpoint["arrays"] = momentum ? { images, momentum } : { images };
          return { json: {}, arrays };
        },
        finished: restore,
        async *steps(done, checkpoint) {
          let state = checkpoint ? restore(checkpoint) : start();
          const { MatchingUpdate } = await loadMatchingUpdate();
          const phi = await embed(opts);
          const data = { set, rows: classRows(set), normalisation };
          await using update = await MatchingUpdate.compile(name, data, opts, operators, device, phi);
          for (let iteration = done; iteration < opts.iterations; iteration++) {
            const { loss, ...next } = await update.run(state.images, state.slots, child(key, "iteration", iteration));
            state = next;
            yield { loss, state, advice: "a lower lrImg" };
          }
        },
      });
    },
  };
}

const restore = ({ arrays: { images, momentum } }: Checkpoint): State => ({
  images,
  slots: momentum ? [momentum] : [],
});

/** Loaded when work begins. */
const loadMatchingUpdate = () => import("./MatchingUpdate.ts");
