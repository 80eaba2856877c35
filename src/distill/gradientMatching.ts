import type * as z from "zod";
import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError } from "../core/errors.ts";
import { child } from "../core/random.ts";
import { parseDsaStrategy } from "../data/augment/dsa.ts";
import type { Floats } from "../nn/Network.ts";
import type { Tree } from "../tensor/tree.ts";
import { type CondensationOptions, withLoops } from "./condensationOptions.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { checkStart, initialImages } from "./initialImages.ts";
import { decodeImages } from "./multiFormation.ts";
import { weightArrays, weightTree } from "./weightArrays.ts";

/** Everything that an update changes. */
interface State {
  /** Updates done: `outer` of them an iteration. */
  readonly update: number;
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
  /** The network of this iteration; undefined where the next one begins. */
  readonly weights: Tree<Floats> | undefined;
  readonly loss: number | undefined;
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
      const { key, device, normalisation, resume } = context;
      if (resume) checkResume(record, resume);
      const total = opts.iterations * opts.outer;
      const start = (): State => {
        const images = initialImages(set, opts, normalisation, key);
        const slots = opts.momentum > 0 ? [new Float32Array(images.length)] : [];
        return { update: 0, images, slots, weights: undefined, loss: undefined };
      };

      const [, c, h, w] = set.shape;
      const report = ({ update, images, loss, ...rest }: State): DistillationStep => ({
        iteration: update,
        total,
        ...(loss === undefined ? {} : { loss }),
        set: () => {
          const seen = decodeImages(images, [set.classes * opts.ipc, c, h, w], opts.factor);
          return distilledSet(record, seen, update / opts.outer);
        },
        checkpoint: () => save({ update, images, loss, ...rest }, fingerprint(record)),
      });

      const { Condenser } = await loadCondenser();
      const resumed = resume?.json.update === total;
      if (resumed) {
        yield report(restore(resume!, undefined));
        return;
      }
      await using condenser = await Condenser.compile(set, opts, operators, normalisation, device);
      let state = resume ? restore(resume, condenser.draw(key)) : start();
      while (state.update < total) {
        const iteration = Math.floor(state.update / opts.outer);
        const turn = state.update % opts.outer;
        const own = child(key, "iteration", iteration);
        const weights = state.weights ?? condenser.draw(child(own, "network"));
        const next = await condenser.update(weights, state.images, state.slots, child(own, "update", turn));
        if (!Number.isFinite(next.loss))
          throw new NumericError(
            `${name}: invalid loss: expected a number, got ${next.loss}; a lower lrImg may help`,
            state.update,
          );
        const last = turn === opts.outer - 1;
        const trained = last
          ? undefined
          : await condenser.train(weights, next.images, opts.inner, child(own, "training", turn));
        state = { ...next, update: state.update + 1, weights: trained };
        yield report(state);
      }
    },
  };
}

function save({ update, images, slots, weights, loss }: State, run: string): Checkpoint {
  return {
    json: { run, update, ...(loss === undefined ? {} : { loss }) },
    arrays: {
      images,
      ...(slots.length > 0 ? { momentum: slots[0] } : {}),
      ...(weights === undefined ? {} : weightArrays("weights", weights)),
    },
  };
}

/** @param like weights of any network of the kind: shows the structure */
function restore({ json, arrays }: Checkpoint, like: Tree<Floats> | undefined): State {
  const { update, loss } = json as { update: number; loss?: number };
  const slots = arrays.momentum ? [arrays.momentum] : [];
  return { update, loss, images: arrays.images, slots, weights: like && weightTree("weights", arrays, like) };
}

/** Loaded when work begins. */
const loadCondenser = () => import("./Condenser.ts");
