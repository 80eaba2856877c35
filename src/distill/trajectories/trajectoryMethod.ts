import type * as z from "zod";
import { NumericError } from "../../core/errors.ts";
import { child, Stream } from "../../core/random.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import { type Floats, initialise } from "../../nn/Network.ts";
import type { Tree } from "../../tensor/tree.ts";
import { checkStart, initialImages } from "../common/initialImages.ts";
import { rehearsed } from "../common/rehearsed.ts";
import { reportSteps } from "../common/reportSteps.ts";
import { type Distillation, type DistillationRecord, distilledSet } from "../Distillation.ts";
import { beginDescent, type Descent, descended, restoreDescent, restoreExpert, saveDescent } from "./descent.ts";
import { Experts, saved, type Trajectory } from "./Experts.ts";
import {
  checkWindow,
  settled,
  startsBelow,
  type TrajectoryOptions,
  trajectoryReadWhen,
  usualAlpha,
} from "./trajectoryOptions.ts";

/** The expert at work, or where the descent is. */
interface State {
  readonly expert?: Trajectory;
  readonly descent?: Descent;
}

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
    readsOnce: true,
    learnsRate: true,
    readWhen: trajectoryReadWhen as never,
    check(set, options) {
      const opts = complete(options, set.classes);
      parseDsaStrategy(opts.dsa);
      checkWindow(opts, name);
      checkStart(set, { ...opts, init: opts.init ?? "real", factor: 1 }, name);
    },
    async *run(set, options, context) {
      this.check(set, options);
      const opts = complete(options, set.classes);
      const operators = parseDsaStrategy(opts.dsa);
      const record: DistillationRecord = { method: name, options: opts, source: set, context };
      const { key, device, normalisation, keep, pace } = context;
      const [, c, h, w] = set.shape;
      const epochs = opts.maxStart - 1 + opts.expertEpochs;
      const trained = opts.experts * epochs;
      const total = trained + opts.iterations;
      const first = initialImages(set, { ipc: opts.ipc, init: opts.init ?? "real", factor: 1 }, normalisation, key);
      yield* reportSteps<State>(record, {
        total,
        epochs: trained,
        set: ({ descent }, step) =>
          distilledSet(record, descent?.images ?? first, Math.max(0, step - trained), {
            ...(descent?.labels && { labels: { kind: "soft", form: "logits", values: descent.labels.slice() } }),
            learnt: { lr: descent?.rate ?? opts.lrNet },
          }),
        save: ({ descent, expert }) => (descent ? saveDescent(descent) : saved(expert!)),
        finished: (checkpoint) => ({ descent: restoreDescent(checkpoint) }),
        async *steps(done, checkpoint) {
          const [{ networkWithoutBatchNorm }, { sgd }, { Learner }, { TrajectoryUpdate }, labelling, { FlatSteps }] =
            await loadParts();
          const network = networkWithoutBatchNorm(set, opts, name);
          await using learner = new Learner(network, sgd(), device);
          const { expertRho: rho, expertAlpha: alpha = usualAlpha } = opts;
          await using flat = rho === undefined ? undefined : new FlatSteps(network, { rho, alpha }, device);
          const experts = new Experts(learner, { set, normalisation }, opts, operators, epochs, keep, flat);
          const halfway = checkpoint && done < trained ? restoreExpert(checkpoint, network) : undefined;
          const shape = [set.classes * opts.ipc, c, h, w] as const;
          await using update = new TrajectoryUpdate(learner, shape, opts, operators, soft, device);
          const missing = await experts.begin(done, halfway);
          pace?.ahead("teacher", missing);
          if (missing > 0) {
            const [from, target] = [0, 1].map((i) => initialise(network.weights, child(key, "rehearsal", i)));
            const lesson = { images: first, labels: soft ? new Float32Array(shape[0] * set.classes) : undefined };
            await rehearsed(pace, () => update.slopes({ ...lesson, rate: opts.lrNet }, from, target, key));
          }
          pace?.mark();
          for await (const { loss, current } of experts.train(done, pace))
            yield { loss, state: { expert: current }, advice: "a lower expertLr" };

          const begin = async (): Promise<Descent> => {
            const last = experts.trajectories.map(({ weights }) => weights[epochs]);
            const images = soft ? await labelling.rightImages(learner, last, set, normalisation, opts.ipc, key) : first;
            const labels = soft ? await labelling.expertLogits(learner, last, images, set.classes) : undefined;
            return beginDescent(images, labels, opts.lrNet);
          };
          let descent = checkpoint && done > trained ? restoreDescent(checkpoint) : await begin();
          pace?.mark();
          for (let step = Math.max(done, trained); step < total; step++) {
            const own = child(key, "iteration", step - trained);
            const [from, target] = drawWay(experts, opts, step - trained, new Stream(child(own, "start")));
            const { loss, ...slopes } = await update.slopes(descent, from, target, own);
            if (!(loss > (opts.threshold ?? Number.POSITIVE_INFINITY))) descent = descended(descent, slopes, opts);
            if (Number.isFinite(loss) && !(descent.rate > 0))
              throw new NumericError(
                `${name}: invalid learnt rate: expected a number above 0, got ${descent.rate}; a lower lrRate may help`,
                step,
              );
            yield { loss, state: { descent }, advice: "a lower lrImg" };
          }
        },
      });
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

/** Loaded when work begins. */
const loadParts = () =>
  Promise.all([
    import("../common/networkFor.ts"),
    import("../../nn/optimisers.ts"),
    import("../../train/Learner.ts"),
    import("./TrajectoryUpdate.ts"),
    import("./expertLabels.ts"),
    import("./FlatSteps.ts"),
  ]);
