import { expect, it } from "vitest";
import { compileMove, imageOptimiser } from "../../src/attack/common/budget.ts";
import { Surrogates } from "../../src/attack/common/surrogate.ts";
import { carrierGoal, type Lesson } from "../../src/attack/trajectoryMatching/carrierGoal.ts";
import type { Goal } from "../../src/attack/trajectoryMatching/Goal.ts";
import { parameterGoal } from "../../src/attack/trajectoryMatching/parameterGoal.ts";
import { Unrolled } from "../../src/attack/trajectoryMatching/unrolled.ts";
import { type Key, key, normal } from "../../src/core/random.ts";
import { squareTrigger } from "../../src/data/Trigger.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { targetsOf } from "../../src/train/targets.ts";
import { cpu, tinySet } from "./tiny.ts";

const set = tinySet();
const labels = targetsOf(set);
const parts = [Int32Array.from({ length: 6 }, (_, i) => i)];
const options = { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 };
const network = convNet({ channels: 3, size: 8, classes: 3 }, { width: 8, depth: 2 });
const trigger = squareTrigger(
  { side: 3, value: 1, unit: "pixel", corner: "bottom-right", margin: 0, opacity: 1 },
  set.shape,
  set.normalisation,
);
const lesson: Lesson = {
  carriers: normal(key("carriers"), 4 * 192),
  taught: new Float32Array(12).fill(1 / 3),
  count: 4,
  batch: 4,
  trigger,
  targetClass: 0,
  alpha: 0.9,
};

/** Losses of one network from one beginning while the images follow the derivative; the goal does not move. */
async function follow(make: (surrogates: Surrogates) => Goal): Promise<number[]> {
  const surrogates = new Surrogates(network, set, options, 256, cpu);
  const unrolled = new Unrolled(surrogates.learner, parts, labels, options, cpu);
  const goal = make(surrogates);
  const move = await compileMove(set.shape, undefined, { penalty: 0 }, cpu);
  const from = surrogates.fresh(key("from"));
  const pattern = { values: trigger.pattern, slots: [trigger.pattern, trigger.pattern] };
  const hyper = (step: number, lr: number) => Float32Array.from(imageOptimiser.hyper(step, lr));
  const losses: number[] = [];
  let state = { images: set.images, slots: [0, 1].map(() => new Float32Array(set.images.length)) };
  for (let step = 0; step < 40; step++) {
    const { state: reached, path } = await unrolled.forward(from, state.images, 5);
    const led = { architecture: 0, from, reached, pattern, hyper: hyper(0, 0), key: key("step") };
    const { losses: found, gradient } = await goal.judge(led);
    losses.push(found.loss);
    const down = await unrolled.backward(path, state.images, gradient);
    const moved = await move(state.images, down, state.slots, hyper(step, 0.05), []);
    state = { images: moved.images, slots: [...moved.slots] };
  }
  for (const held of [surrogates, unrolled, goal, move]) await held.close();
  return losses;
}

it("leads a network towards what carriers shall be called", async () => {
  const losses = await follow((surrogates) => {
    const grow = (_: number, passes: number, of: Key) => surrogates.trained(passes, of);
    return carrierGoal([network], grow, lesson, cpu);
  });
  expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]);
});

it("leads a network towards the parameters of one that was backdoored", async () => {
  const losses = await follow((surrogates) =>
    parameterGoal([surrogates], { images: set.images, labels, parts }, lesson, { weight: 1, ahead: 5, lr: 0.05 }),
  );
  expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]);
});
