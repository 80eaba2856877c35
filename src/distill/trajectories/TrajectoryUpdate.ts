import { Holder } from "../../core/closable.ts";
import { child, type Key, permutation } from "../../core/random.ts";
import type { Augmentation } from "../../data/augment/Augmentation.ts";
import { augment } from "../../data/augment/augment.ts";
import { augmentAdjoint } from "../../data/augment/augmentAdjoint.ts";
import { type DsaOperator, drawDsa } from "../../data/augment/dsa.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { Device } from "../../engine/device.ts";
import { type Floats, isFloats } from "../../nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../tensor/tree.ts";
import type { Learner } from "../../train/Learner.ts";
import { softmax } from "../../train/targets.ts";
import { takeRows } from "../../train/train.ts";
import { Unrolled } from "../../train/Unrolled.ts";
import type { TrajectoryOptions } from "./trajectoryOptions.ts";

/** What the student trains with: all that an iteration may change. */
export interface Lesson {
  readonly images: Floats;
  /** Logits [M, K] of learnt labels; undefined where images have their class. */
  readonly labels: Floats | undefined;
  /** The student's learning rate. */
  readonly rate: number;
}

/** The loss of an iteration and its derivatives by the lesson. */
export interface Slopes {
  readonly loss: number;
  readonly images: Floats;
  readonly labels: Floats | undefined;
  readonly rate: number;
}

/** What a step of the student sees. */
interface Seen {
  readonly rows: Int32Array;
  readonly draw: Augmentation | undefined;
  readonly y: Floats;
}

/**
 * One iteration of matching trajectories (arXiv 2203.11932, eq. 4): a student trains on the set from where an expert was, each
 * batch changed by one operator with numbers of each image's own, and is compared with where the expert was later,
 *
 *   L = ‖θ_N − θ*_{t+M}‖² / ‖θ*_t − θ*_{t+M}‖².
 *
 * With held weights the derivative is that of TESLA (arXiv 2211.10586, eq. 6).
 */
export class TrajectoryUpdate extends Holder {
  private readonly learner: Learner;
  private readonly unrolled: Unrolled;
  private readonly shape: ImageShape;
  private readonly options: TrajectoryOptions;
  private readonly operators: readonly DsaOperator[];

  /** @param learner plain SGD; stays the caller's */
  constructor(
    learner: Learner,
    shape: ImageShape,
    options: TrajectoryOptions,
    operators: readonly DsaOperator[],
    soft: boolean,
    device: Device,
  ) {
    super();
    this.learner = learner;
    this.shape = shape;
    this.options = options;
    this.operators = operators;
    const held = options.gradient === "held";
    this.unrolled = new Unrolled(learner, { momentum: 0, weightDecay: 0, labels: soft, held }, device);
  }

  async slopes(lesson: Lesson, from: Tree<Floats>, target: Tree<Floats>, key: Key): Promise<Slopes> {
    const [m, c, h, w] = this.shape;
    const { classes } = this.learner.network;
    const y = targets(lesson.labels, m, classes);
    const seen: Seen[] = [];
    const shown = (step: number) => {
      const rows = this.rowsOf(step, key);
      const batch = { images: rows.length, height: h, width: w };
      const draw = drawDsa(child(key, "augmentation", step), this.operators, batch, false);
      seen.push({ rows, draw, y: takeRows(y, m, rows) });
      return { x: augment(takeRows(lesson.images, m, rows), [rows.length, c, h, w], draw), y: seen[step].y };
    };
    const start = this.learner.start(from, []);
    const { state, path } = await this.unrolled.forward(start, this.options.studentSteps, shown, lesson.rate);
    const { loss, gradient } = distance(state.weights, from, target);

    const images = new Float32Array(lesson.images.length);
    const labels = lesson.labels && new Float32Array(lesson.labels.length);
    let rate = 0;
    await this.unrolled.backward(path, lesson.rate, gradient, (step, back) => {
      const { rows, draw, y } = seen[step];
      addRows(images, augmentAdjoint(back.images, [rows.length, c, h, w], draw), rows, m);
      if (labels) addRows(labels, throughSoftmax(back.labels, y, classes), rows, m);
      rate += back.slope / lesson.rate;
    });
    return { loss, images, labels, rate };
  }

  close(): Promise<void> {
    return this.unrolled.close();
  }

  /** Rows of the set that a step sees: parts of one order after the other; all in the set's own order where they fit. */
  private rowsOf(step: number, key: Key): Int32Array {
    const [m] = this.shape;
    const size = this.options.batchTrain;
    if (m <= size) return Int32Array.from({ length: m }, (_, i) => i);
    const parts = Math.ceil(m / size);
    const [pass, part] = [Math.floor(step / parts), step % parts];
    return permutation(child(key, "order", pass), m).subarray(part * size, (part + 1) * size);
  }
}

/** Softmax of learnt logits; otherwise one-hot, class after class, equally many of each. */
function targets(logits: Floats | undefined, m: number, classes: number): Floats {
  const y = new Float32Array(m * classes);
  for (let i = 0; i < m; i++)
    if (logits) y.set(softmax(logits.subarray(i * classes, (i + 1) * classes)), i * classes);
    else y[i * classes + Math.floor((i * classes) / m)] = 1;
  return y;
}

/** The loss and its derivative by the student's weights. Sums in double precision. */
function distance(reached: Tree<Floats>, from: Tree<Floats>, target: Tree<Floats>) {
  const list = (tree: Tree<Floats>) => leaves<Floats>(tree, isFloats);
  const [theta, first, wanted] = [list(reached), list(from), list(target)];
  let [left, way] = [0, 0];
  theta.forEach((w, i) => {
    for (let j = 0; j < w.length; j++) {
      left += (w[j] - wanted[i][j]) ** 2;
      way += (first[i][j] - wanted[i][j]) ** 2;
    }
  });
  const slopes = theta.map((w, i) => w.map((v, j) => (2 * (v - wanted[i][j])) / way));
  return { loss: left / way, gradient: rebuild(reached, isFloats, slopes) };
}

function addRows(to: Floats, part: Floats, rows: Int32Array, m: number): void {
  const width = to.length / m;
  rows.forEach((row, i) => {
    for (let j = 0; j < width; j++) to[row * width + j] += part[i * width + j];
  });
}

/** From derivatives by probabilities to those by logits: y ⊙ (g − ⟨g, y⟩), row by row. */
function throughSoftmax(gradient: Floats, y: Floats, classes: number): Floats {
  const out = new Float32Array(gradient.length);
  for (let from = 0; from < gradient.length; from += classes) {
    let mean = 0;
    for (let k = from; k < from + classes; k++) mean += gradient[k] * y[k];
    for (let k = from; k < from + classes; k++) out[k] = y[k] * (gradient[k] - mean);
  }
  return out;
}
