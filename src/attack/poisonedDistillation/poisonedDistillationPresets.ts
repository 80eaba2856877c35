/** A magenta square of 5×5, as a picture can hold it. */
const trigger = { side: 5, colour: [1, 0, 1], unit: "pixel" };

/** Few updates at networks that are trained further and further, a step that comes to rest, carriers with the statistics of pictures. */
const robust = {
  trigger,
  decay: true,
  stride: 6,
  surrogate: { width: 32, hidden: 0, steps: 50 },
  carrier: { sources: ["archetypes", "leaves"], batch: 128 },
  archetype: {
    objective: "imageFeature",
    start: "leaves",
    networks: 2,
    perClass: 10,
    steps: 60,
    lr: 0.05,
    jitter: 2,
    clamp: true,
  },
};

/** One image per class. */
const one = { ...robust, alpha: 0.6, lr: 0.03, trajectory: 6, steps: 50 };

/**
 * `fast`. Chosen: two thirds of the time, the same within its intervals (docs/results/ablations.md). Narrower networks are not.
 *
 * `gentle`. Chosen: what keeps clean accuracy of a DC set with ten images per class and plants a trigger that networks see
 * (docs/results/worst-case.md).
 *
 * `robust`, and for one image per class `robust-one` and `thorough-one`, which takes three times as long. Chosen on training images of
 * CIFAR-10 (docs/results/robust.md, methods.md).
 *
 * `robust-grey` for ten grey images per class. Chosen on training images of Fashion-MNIST (docs/results/grey.md).
 */
export const presets = {
  fast: { steps: 70 },
  gentle: { alpha: 0.2, lr: 0.003, trigger, surrogate: { width: 32 } },
  robust: {
    ...robust,
    alpha: 0.25,
    lr: 0.006,
    trajectory: 5,
    steps: 30,
    rounds: {},
  },
  "robust-one": one,
  // Three times along the trajectory, whatever the interceptor's networks say: with one image they do not tell once from three times.
  "thorough-one": { ...one, rounds: { most: 3, growth: 1, enough: 1 } },
  "robust-grey": {
    trigger: { kind: "checker", side: 5, value: 1, unit: "pixel" },
    decay: true,
    alpha: 0.6,
    lr: 0.02,
    trajectory: 6,
    stride: 15,
    steps: 50,
    surrogate: { width: 32, hidden: 0 },
    carrier: { sources: ["set"], batch: 128 },
  },
};
