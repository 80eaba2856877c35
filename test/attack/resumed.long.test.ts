import { expect, it } from "vitest";
import type { Attack } from "../../src/attack/Attack.ts";
import * as attacks from "../../src/attack/attacks.ts";
import type { Checkpoint } from "../../src/core/checkpoint.ts";
import { key } from "../../src/core/random.ts";
import { attacked, quick, quickRidge, quickTrajectory, tinySet } from "./tiny.ts";

const both = { width: 8, networks: ["convNet", "convNetBN"] };
const others = { width: 8, networks: ["convNetBN", "mlp"] };
const carriers = { count: 8, batch: 3 };
const stronger = {
  ...{ onPolicy: true, stride: 2, decay: true },
  carrier: { ...carriers, sources: ["archetypes", "leaves"], fresh: "step" },
};
const layers = { steps: 4, objective: "layers", networks: 2 };
const parameters = { objective: "parameters", trigger: { learn: false }, reference: { ahead: 2 } };

it.each([
  ["poisonedDistillation", quick, { batch: 4 }],
  ["poisonedDistillation", quick, stronger],
  ["poisonedDistillation", quick, { archetype: { ...layers, start: "mixtures", jitter: 1 }, carrier: {} }],
  [
    "poisonedDistillation",
    quick,
    { carrier: { ...carriers, sources: ["mixtures"] }, archetype: {}, surrogate: others },
  ],
  ["ridgeHead", quickRidge, { batch: 4 }],
  ["ridgeHead", quickRidge, { surrogate: both }],
  ["trajectoryMatching", quickTrajectory, { batch: 4, surrogate: both }],
  ["trajectoryMatching", quickTrajectory, { ...parameters, batch: 4 }],
] as const)("%s resumed from any checkpoint gives the same bytes (%j, %j)", async (name, small, more) => {
  const run = (...resume: (Checkpoint | undefined)[]) =>
    attacked(attacks[name] as Attack, tinySet(), { ...small, ...more }, key(7), ...resume);
  const { result, checkpoints } = await run();
  expect(checkpoints.length).toBeGreaterThan(2);
  // Mixtures of the set's own images need no archetypes.
  if (JSON.stringify(more).includes('"sources":["mixtures"]')) expect(result.archetypes).toBeUndefined();
  for (const at of [0, Math.floor(checkpoints.length / 2), checkpoints.length - 1]) {
    const again = await run(checkpoints[at]);
    expect(again.result.set.images).toEqual(result.set.images);
    expect(again.result.trigger).toEqual(result.trigger);
    expect(again.result.curves).toEqual(result.curves);
  }
});
