import { expect, test } from "vitest";
import type { FinishedTrial, SweepRecord } from "../../../src/report/sweep/sweepRecord.ts";
import { leaderboard, parseSweep, renderSweepHtml, renderSweepMarkdown } from "../../../src/report/sweep.ts";
import { syntheticSweep } from "./syntheticSweep.ts";

/** A sweep over these axes whose trials were configured so. */
function sweep(
  axes: Record<string, readonly (string | number)[]>,
  config: (axes: Record<string, unknown>) => object,
  experiment: object = {},
): SweepRecord {
  const record = syntheticSweep({ axes, networks: 2 });
  const trials = record.trials.map((trial, i) => ({
    ...trial,
    id: `${Object.keys(axes)}-${i}`,
    config: { ...config(trial.axes) },
  }));
  return { ...record, experiment: { ...experiment }, trials } as SweepRecord;
}

const base = {
  network: { name: "convNet", width: 32 },
  strategy: { epochs: 100 },
  test: { data: "cifar-10", images: 1000 },
};
const dc = { file: "a/dc.pt", sha256: "d1" };
const stamps = sweep({ attack: ["strong", "faint"], seed: [0, 1] }, ({ attack, seed }) => ({
  ...base,
  ...{ set: dc, seed, attack: { method: "cleanLabel", options: { strength: attack === "strong" ? 3 : 1 } } },
}));
const weights = sweep(
  { set: ["dc10"], "attack.alpha": [0.1, 0.2] },
  (axes) => ({
    ...base,
    strategy: { epochs: 100, ema: 0 },
    ...{ set: { ...dc, file: "elsewhere/dc.pt" }, seed: 0 },
    attack: { method: "poisonedDistillation", options: { alpha: axes["attack.alpha"] } },
  }),
  { attack: { method: "poisonedDistillation", preset: "robust" } },
);
const sources = [
  { name: "stamps", record: stamps, folder: "runs/stamps/" },
  { name: "weights", record: weights },
];

test("lays sweeps beside each other by set, attack, network, training and test images", () => {
  const board = leaderboard(sources);
  expect(parseSweep(JSON.parse(JSON.stringify(board)))).toEqual(board);
  expect(board.axes).toEqual([
    { name: "set", values: ["dc10"] },
    {
      name: "attack",
      values: ["strong", "faint", "poisoned-distillation robust alpha 0.1", "poisoned-distillation robust alpha 0.2"],
    },
    { name: "network", values: ["convNet-32"] },
    { name: "training", values: ["100 epochs"] },
    { name: "test", values: ["1000 of cifar-10"] },
    { name: "seed", values: ["0", "1"], repeats: true },
  ]);
  expect(board.trials).toHaveLength(6);
  const [first] = board.trials as FinishedTrial[];
  expect(first.evaluations).toEqual((stamps.trials[0] as FinishedTrial).evaluations);
  expect(first.link).toBe(`runs/stamps/${stamps.trials[0].link}`);
  expect((board.trials as FinishedTrial[])[5].link).toBeUndefined();
});

test("what only has the same name in two sweeps is told apart, what is the same trial counts once", () => {
  const other = sweep({ attack: ["strong"] }, () => ({
    ...base,
    ...{ set: { ...dc, sha256: "d2" }, seed: 0, attack: { method: "cleanLabel", options: { strength: 5 } } },
  }));
  const board = leaderboard([...sources, { name: "other", record: other }, { name: "again", record: stamps }]);
  expect(board.trials).toHaveLength(7);
  expect(board.axes[0].values).toEqual(["dc10", "dc.pt"]);
  expect(board.axes[1].values).toContain("strong (other)");
});

test("failed trials have no place; the page and the tables are those of a sweep", () => {
  const failing = syntheticSweep({ failEvery: 2 });
  const board = leaderboard([...sources, { name: "failing", record: failing }]);
  expect(board.trials.every(({ status }) => status === "ok")).toBe(true);
  expect(board.axes[3].values).toEqual(["100 epochs", "–"]);
  expect(renderSweepHtml(board)).toContain("Leaderboard");
  expect(renderSweepMarkdown(leaderboard(sources))).toContain("| faint | 2 |");
});
