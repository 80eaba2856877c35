import type { Checkpoint } from "../core/checkpoint.ts";
import { NumericError, UsageError } from "../core/errors.ts";
import { child, type Key, normal } from "../core/random.ts";
import { parseDsaStrategy } from "../data/augment/dsa.ts";
import { checkEachClass, classRows, sampleEachClass } from "../data/classRows.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation } from "../data/Normalisation.ts";
import { normalisedRows } from "../data/normalisedBatch.ts";
import type { Floats } from "../nn/Network.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "./Distillation.ts";
import { type MatchingOptions, matchingOptions } from "./matchingOptions.ts";

/** Everything that an iteration changes. */
interface State {
  readonly iteration: number;
  readonly images: Floats;
  /** Of the whole set; empty without momentum. */
  readonly slots: readonly Floats[];
  readonly loss: number | undefined;
}

/**
 * Distribution matching: move the synthetic images of each class so that their mean embedding by a random network is that
 * of the class's real images (arXiv 2110.04181, algorithm 1).
 *
 * Each class has its own siamese augmentation in each iteration. Differs: networks with batch norm, whose statistics would
 * mix the classes, are not offered.
 */
export const distributionMatching: Distillation<typeof matchingOptions> = {
  title: "Distribution matching",
  abbreviation: "dm",
  source: "arXiv 2110.04181",
  access: "raw-data",
  options: matchingOptions,
  check(set, { ipc, init, dsa }) {
    const [, , h, w] = set.shape;
    if (h !== w) throw new UsageError(`distributionMatching: invalid images: expected square ones, got ${h}×${w}`);
    parseDsaStrategy(dsa);
    const rows = classRows(set);
    const none = rows.findIndex((own) => own.length === 0);
    if (none >= 0)
      throw new UsageError(
        `distributionMatching: missing images: expected some of every class, got none of class ${none}`,
      );
    if (init === "real") checkEachClass(rows, ipc, "distributionMatching");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const operators = parseDsaStrategy(opts.dsa);
    const record: DistillationRecord = { method: "distributionMatching", options: opts, source: set, context };
    const { key, device, normalisation, resume } = context;
    if (resume) checkResume(record, resume);
    const rows = classRows(set);
    let state = resume ? restore(resume) : begin(set, rows, opts, normalisation, key);

    const report = (now: State): DistillationStep => ({
      iteration: now.iteration,
      total: opts.iterations,
      ...(now.loss === undefined ? {} : { loss: now.loss }),
      set: () => distilledSet(record, now.images, now.iteration),
      checkpoint: () => save(now, fingerprint(record)),
    });
    if (state.iteration === opts.iterations) {
      yield report(state);
      return;
    }

    const { MatchingUpdate } = await loadUpdate();
    await using update = await MatchingUpdate.compile(set, rows, opts, operators, normalisation, device);
    while (state.iteration < opts.iterations) {
      const { iteration, images, slots } = state;
      const next = await update.run(images, slots, child(key, "iteration", iteration));
      if (!Number.isFinite(next.loss))
        throw new NumericError(
          `distributionMatching: invalid loss: expected a number, got ${next.loss}; a lower lrImg may help`,
          iteration,
        );
      state = { ...next, iteration: iteration + 1 };
      yield report(state);
    }
  },
};

function begin(
  set: LabelledSet,
  rows: readonly Int32Array[],
  { ipc, init, momentum }: MatchingOptions,
  normalisation: Normalisation,
  key: Key,
): State {
  const [, c, h, w] = set.shape;
  const images =
    init === "noise"
      ? normal(child(key, "initial"), set.classes * ipc * c * h * w)
      : normalisedRows(
          set,
          sampleEachClass(rows, ipc, (k) => child(key, "initial", k)),
          normalisation,
        );
  const slots = momentum > 0 ? [new Float32Array(images.length)] : [];
  return { iteration: 0, images, slots, loss: undefined };
}

function save({ iteration, images, slots, loss }: State, run: string): Checkpoint {
  const json = { run, iteration, ...(loss === undefined ? {} : { loss }) };
  return { json, arrays: slots.length > 0 ? { images, momentum: slots[0] } : { images } };
}

function restore({ json, arrays }: Checkpoint): State {
  const { iteration, loss } = json as { iteration: number; loss?: number };
  return { iteration, loss, images: arrays.images, slots: arrays.momentum ? [arrays.momentum] : [] };
}

/** Loaded when work begins. Apart from `await using`, beside which the compiler would not rewrite the ending. */
const loadUpdate = () => import("./MatchingUpdate.ts");
