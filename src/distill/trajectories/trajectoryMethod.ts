import type * as z from "zod";
import { NumericError } from "../../core/errors.ts";
import { child, Stream } from "../../core/random.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import type { Floats } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import {
  checkResume,
  type Distillation,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  fingerprint,
} from "../Distillation.ts";
import { checkStart, initialImages } from "../initialImages.ts";
import {
  beginDescent,
  type Descent,
  descended,
  expertCheckpoint,
  restoreDescent,
  restoreExpert,
  saveDescent,
} from "./descent.ts";
import { Experts } from "./Experts.ts";
import { checkWindow, settled, startsBelow, type TrajectoryOptions } from "./trajectoryOptions.ts";

/** What one method of matching trajectories is beyond the loop that all share. */
type Facts<S extends z.ZodObject> = Pick<
  Distillation<S>,
  "title" | "abbreviation" | "source" | "options" | "presets"
> & {
  readonly name: string;
  /** What options that are left open are, by images per class. */
  readonly published: Parameters<typeof settled>[1];
  /** Learnt labels, which start from what experts say of images that they get right. */
  readonly soft: boolean;
};

/**
 * Make a method that matches training trajectories: experts learn the raw images once; then a student that trains on the set for
 * some steps from where an expert was shall come to where the expert was some epochs later. Images, the student's learning rate and,
 * in some methods, labels follow the derivative.
 *
 * Steps count the epochs of the experts, then the updates of the images. Differs: networks with batch norm are not offered.
 */
export function trajectoryMethod<S extends z.ZodObject>({
  name,
  published,
  soft,
  ...facts
}: Facts<S>): Distillation<S> {
  const complete = (options: unknown, classes: number) =>
    settled(options as { ipc: number }, published, classes) as TrajectoryOptions;
  return {
    ...facts,
    access: "raw-data",
    check(set, options) {
      const opts = complete(options, set.classes);
      parseDsaStrategy(opts.dsa);
      checkWindow(opts, name);
      checkStart(set, { ipc: opts.ipc, init: opts.init ?? "real", factor: 1 }, name);
    },
    async *run(set, options, context) {
      this.check(set, options);
      const opts = complete(options, set.classes);
      const operators = parseDsaStrategy(opts.dsa);
      const record: DistillationRecord = { method: name, options: opts, source: set, context };
      const { key, device, normalisation, keep, resume } = context;
      if (resume) checkResume(record, resume);
      const [, c, h, w] = set.shape;
      const epochs = opts.maxStart - 1 + opts.expertEpochs;
      const trained = opts.experts * epochs;
      const total = trained + opts.iterations;
      const first = initialImages(set, { ipc: opts.ipc, init: opts.init ?? "real", factor: 1 }, normalisation, key);

      const report = (
        step: number,
        loss: number,
        now: Descent | undefined,
        checkpoint: DistillationStep["checkpoint"],
      ) => ({
        iteration: step,
        total,
        loss,
        set: () =>
          distilledSet(record, now?.images ?? first, Math.max(0, step - trained), {
            ...(now?.labels && { labels: { kind: "soft", form: "logits", values: now.labels.slice() } }),
            learnt: { lr: now?.rate ?? opts.lrNet },
          }),
        checkpoint,
      });
      const after = (step: number, loss: number, now: Descent) =>
        report(step, loss, now, () => saveDescent(fingerprint(record), step, loss, now));
      const done = (resume?.json.step as number | undefined) ?? 0;
      let state = resume && done > trained ? restoreDescent(resume) : undefined;
      if (state && done === total) {
        yield after(done, resume!.json.loss as number, state);
        return;
      }

      const [{ convNet }, { sgd }, { Learner }, { TrajectoryUpdate }, { rightImages, expertLogits }] =
        await loadParts();
      const network = convNet({ channels: c, size: h, classes: set.classes }, opts);
      await using learner = new Learner(network, sgd(), device);
      const experts = new Experts(learner, { set, normalisation }, opts, operators, epochs, keep);
      const halfway = resume && done < trained ? restoreExpert(resume, network) : undefined;
      for await (const { done: step, loss, current } of experts.train(done, halfway)) {
        if (!Number.isFinite(loss)) throw diverged(name, loss, step, "expertLr");
        yield report(step, loss, undefined, () => expertCheckpoint(fingerprint(record), step, loss, current));
      }

      if (!state) {
        const last = experts.trajectories.map(({ weights }) => weights[epochs]);
        const images = soft ? await rightImages(learner, last, set, normalisation, opts.ipc, key) : first;
        const labels = soft ? await expertLogits(learner, last, images, set.classes) : undefined;
        state = beginDescent(images, labels, opts.lrNet);
      }
      const shape = [set.classes * opts.ipc, c, h, w] as const;
      await using update = new TrajectoryUpdate(learner, shape, opts, operators, soft, device);
      for (let step = Math.max(done, trained); step < total; step++) {
        const own = child(key, "iteration", step - trained);
        const [from, target] = drawWay(experts, opts, step - trained, new Stream(child(own, "start")));
        const slopes = await update.slopes(state, from, target, own);
        if (!Number.isFinite(slopes.loss)) throw diverged(name, slopes.loss, step, "lrImg");
        state = slopes.loss > (opts.threshold ?? Number.POSITIVE_INFINITY) ? state : descended(state, slopes, opts);
        if (!(state.rate > 0))
          throw new NumericError(
            `${name}: invalid learnt rate: expected a number above 0, got ${state.rate}; a lower lrRate may help`,
            step,
          );
        yield after(step + 1, slopes.loss, state);
      }
    },
  };
}

/** Where the student begins and what it is compared with. */
function drawWay(
  { trajectories }: Experts,
  opts: TrajectoryOptions,
  iteration: number,
  stream: Stream,
): [from: Tree<Floats>, target: Tree<Floats>] {
  const { weights } = trajectories[stream.integer(trajectories.length)];
  const least = opts.minStart ?? 0;
  const t = least + stream.integer(startsBelow(opts, iteration) - least);
  return [weights[t], weights[t + opts.expertEpochs]];
}

const diverged = (name: string, loss: number, step: number, option: string): NumericError =>
  new NumericError(`${name}: invalid loss: expected a number, got ${loss}; a lower ${option} may help`, step);

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../../nn/networks/convNet.ts"),
    import("../../nn/optimisers.ts"),
    import("../../train/Learner.ts"),
    import("./TrajectoryUpdate.ts"),
    import("./expertLabels.ts"),
  ]);
