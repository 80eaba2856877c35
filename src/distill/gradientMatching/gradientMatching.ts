import type * as z from "zod";
import type { Checkpoint } from "../../core/checkpoint.ts";
import { child } from "../../core/random.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { decodeImages } from "../common/multiFormation.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { convNetReadWhen } from "../common/sharedOptions.ts";
import { weightArrays, weightTree } from "../common/weightArrays.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { type CondensationOptions, withLoops } from "./condensationOptions.ts";

/** Everything that an update changes. */
interface State {
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
  /** The network of this iteration; undefined where the next one begins. */
  readonly weights: Tree<Floats> | undefined;
}

/** What one method of gradient matching is beyond the loop that all share. */
type Facts<S extends z.ZodObject> = Pick<
  Distillation<S>,
  "title" | "abbreviation" | "source" | "options" | "presets"
> & { readonly name: string };

/**
 * Make a method of gradient matching (arXiv 2006.05929, algorithm 1): at each of many random networks, update the images so
 * that the gradient of every class is that of its real images, then train the network on them, `outer` times.
 *
 * Differs: networks with batch norm are not offered. A step is one update of the images, not one iteration: many updates at
 * one network take minutes.
 */
export function gradientMatching<S extends z.ZodObject>({ name, ...facts }: Facts<S>): Distillation<S> {
  return {
    ...facts,
    access: "raw-data",
    multiFormation: true,
    readWhen: convNetReadWhen as never,
    check(set, options) {
      const opts = options as unknown as CondensationOptions;
      parseDsaStrategy(opts.dsa ?? "none");
      checkStart(set, opts, name);
    },
    async *run(set, options, context) {
      this.check(set, options);
      const opts = withLoops(options as unknown as CondensationOptions);
      const operators = parseDsaStrategy(opts.dsa ?? "none");
      const record: DistillationRecord = { method: name, options: opts, source: set, context };
      const { key, device, normalisation } = context;
      const total = opts.iterations * opts.outer;
      const [, c, h, w] = set.shape;
      const start = (): State => {
        const images = initialImages(set, opts, normalisation, key);
        const slots = opts.momentum > 0 ? [new Float32Array(images.length)] : [];
        return { images, slots, weights: undefined };
      };
      yield* reportSteps<State>(record, {
        total,
        set({ images }, step) {
          const seen = decodeImages(images, [set.classes * opts.ipc, c, h, w], opts.factor);
          return distilledSet(record, seen, step / opts.outer);
        },
        save,
        finished: (checkpoint) => restore(checkpoint, undefined),
        async *steps(done, checkpoint) {
          const { Condenser } = await loadCondenser();
          await using condenser = await Condenser.compile(name, set, opts, operators, normalisation, device);
          let state = checkpoint ? restore(checkpoint, condenser.draw(key)) : start();
          for (let update = done; update < total; update++) {
            const turn = update % opts.outer;
            const own = child(key, "iteration", Math.floor(update / opts.outer));
            const weights = state.weights ?? condenser.draw(child(own, "network"));
            const next = await condenser.update(weights, state.images, state.slots, child(own, "update", turn));
            const { loss, images, slots } = next;
            const ends = turn === opts.outer - 1 || !Number.isFinite(loss);
            const trained = ends
              ? undefined
              : await condenser.train(weights, images, opts.inner, child(own, "training", turn));
            state = { images, slots, weights: trained };
            yield { loss, state, advice: "a lower lrImg" };
          }
        },
      });
    },
  };
}

function save({ images, slots, weights }: State): Pick<Checkpoint, "json" | "arrays"> {
  const own: Checkpoint["arrays"] = slots.length > 0 ? { images, momentum: slots[0] } : { images };
  return { json: {}, arrays: weights === undefined ? own : { ...own, ...weightArrays("weights", weights) } };
}

/** @param like weights of any network of the kind: shows the structure */
function restore({ arrays }: Checkpoint, like: Tree<Floats> | undefined): State {
  const slots = arrays.momentum ? [arrays.momentum] : [];
  return { images: arrays.images, slots, weights: like && weightTree("weights", arrays, like) };
}

/** Loaded when work begins. */
const loadCondenser = () => import("./Condenser.ts");
