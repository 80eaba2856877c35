import { describe, expect, test } from "vitest";
import { pairedDifference, summarise } from "../../../src/metrics/intervals.ts";
import { asr, ctaAfter, ctaBefore } from "../../../src/report/conditions.ts";
import type { NetworkResult } from "../../../src/report/record.ts";
import { cellsOf, summaryIn } from "../../../src/report/sweep/cells.ts";
import { differences } from "../../../src/report/sweep/differences.ts";
import { ctaLoss, pool, rise } from "../../../src/report/sweep/measures.ts";
import { sweepData } from "../../../src/report/sweep/sweepData.ts";
import type { SweepRecord, Trial } from "../../../src/report/sweep/sweepRecord.ts";
import { syntheticSweep } from "./syntheticSweep.ts";

/** What one network of a trial did, on both sets. */
type Network = Partial<Omit<NetworkResult, "set">> & { before: number; after: number; attack: number; control: number };

function evaluations(networks: readonly Network[]): NetworkResult[] {
  return networks.flatMap(({ before, after, attack, control, ...more }, seed): NetworkResult[] => [
    { network: "ConvNet", seed, epochs: 50, ...more, set: "clean", cta: before, asr: 0.01 },
    {
      network: "ConvNet",
      seed,
      epochs: 50,
      ...more,
      set: "tampered",
      cta: after,
      asr: attack,
      asrWithoutTrigger: control,
    },
  ]);
}

function record(axes: SweepRecord["axes"], trials: readonly [Trial["axes"], readonly Network[]][]): SweepRecord {
  return {
    ...syntheticSweep(),
    axes,
    trials: trials.map(([at, networks], i) => ({
      id: `trial ${i}`,
      axes: at,
      config: {},
      status: "ok",
      evaluations: evaluations(networks),
      seconds: { evaluation: 1 },
    })),
  };
}

const attack = (value: number, control = 0.1): Network => ({ before: 0.5, after: 0.45, attack: value, control });

describe("conditions", () => {
  test("have one repetition a network where no axis repeats", () => {
    const data = sweepData(
      record([{ name: "trigger", values: ["a"] }], [[{ trigger: "a" }, [attack(0.3), attack(0.5)]]]),
    );
    const [cell] = cellsOf(data);
    expect(data.measurements.map(({ seed }) => seed)).toEqual(["0", "1"]);
    expect(summaryIn(cell, asr)).toEqual(summarise([0.3, 0.5]));
    expect(cell.control?.label).toBe("tampered set, no trigger");
    expect(cell.rise).toMatchObject(pairedDifference([0.1, 0.1], [0.3, 0.5]));
    expect(cell.ctaChange?.mean).toBeCloseTo(-0.05, 12);
  });

  test("have one repetition a seed where an axis repeats: networks of one attacked set are not independent", () => {
    const axes = [{ name: "seed", values: [7, 8], repeats: true }];
    const data = sweepData(
      record(axes, [
        [{ seed: 7 }, [attack(0.2), attack(0.4)]],
        [{ seed: 8 }, [attack(0.5), attack(0.9)]],
      ]),
    );
    expect(data.factors).toEqual([]);
    expect(data.measurements.map(({ seed }) => seed)).toEqual(["7", "8"]);
    expect(summaryIn(cellsOf(data)[0], asr)).toMatchObject({ n: 2, mean: expect.closeTo(0.5, 12) });
  });

  test("are split by what varies within trials", () => {
    const networks = [
      { ...attack(0.2), seed: 0, epochs: 100 },
      { ...attack(0.4), seed: 0, epochs: 50 },
      { ...attack(0.3), seed: 0, epochs: 50, network: "MLP" },
    ];
    const data = sweepData(record([{ name: "network", values: ["any"] }], [[{ network: "any" }, networks]]));
    expect(data.factors.map(({ name, values }) => [name, values])).toEqual([
      ["network", ["any"]],
      ["receiver network", ["ConvNet", "MLP"]],
      ["epochs", ["50", "100"]],
    ]);
    expect(cellsOf(data).map((cell) => [cell.at, summaryIn(cell, asr)?.mean])).toEqual([
      [[0, 0, 0], 0.4],
      [[0, 0, 1], 0.2],
      [[0, 1, 0], 0.3],
    ]);
  });

  test("are judged by the strongest control and after Holm's correction", () => {
    const far = [attack(0.8), attack(0.81), attack(0.83)];
    const near = [attack(0.12, 0.11), attack(0.13, 0.115), attack(0.12, 0.11)];
    const values = ["far", ...Array.from({ length: 9 }, (_, i) => `near ${i}`)];
    const all = record(
      [{ name: "trigger", values }],
      values.map((trigger) => [{ trigger }, trigger === "far" ? far : near]),
    );
    const cells = cellsOf(sweepData(all));
    expect(cells[0]).toMatchObject({ verdict: "worked", rise: { mean: expect.closeTo(0.7133, 3) } });
    // 0.010, 0.015, 0.010: t = 7, p = 0.0198 alone, of which ten are no evidence.
    expect(cells[1].rise?.p).toBeCloseTo(0.0198, 4);
    expect(cells[1].rise?.corrected).toBeCloseTo(9 * 0.0198039, 4);
    expect(cells[1].verdict).toBe("failed");
    const alone = cellsOf(sweepData({ ...all, trials: [all.trials[1]] }));
    expect(alone[0].verdict).toBe("weak");
  });

  test("say nothing of chance with one seed, and nothing of an attack without triggered images", () => {
    const one = cellsOf(sweepData(record([], [[{}, [attack(0.9)]]])));
    expect(one[0]).toMatchObject({ verdict: "inconclusive", rise: { n: 1, p: undefined, corrected: undefined } });
    const plain = syntheticSweep();
    for (const trial of plain.trials)
      if (trial.status === "ok")
        trial.evaluations = trial.evaluations.map(({ network, seed, epochs, set, cta }) => ({
          network,
          seed,
          epochs,
          set,
          cta,
        }));
    const [cell] = cellsOf(sweepData(plain));
    expect(cell).toMatchObject({ verdict: "none", control: undefined, rise: undefined });
    expect(summaryIn(cell, ctaBefore)?.n).toBe(3);
    expect(summaryIn(cell, ctaAfter)?.n).toBe(3);
  });

  test("leave out what failed", () => {
    const data = sweepData(syntheticSweep({ failEvery: 2 }));
    expect(cellsOf(data).map(({ at }) => at)).toEqual([[0], [2], [4]]);
    expect(data.trials.map(({ error }) => error === undefined)).toEqual([true, false, true, false, true]);
  });
});

describe("paired differences", () => {
  const axes = [
    { name: "set", values: ["s", "t"] },
    { name: "trigger", values: ["a", "b", "c"] },
  ];
  const cells = (trials: Parameters<typeof record>[1]) => {
    const data = sweepData(record(axes, trials));
    return { data, cells: cellsOf(data) };
  };

  test("are averaged over equal conditions within a seed and tested over seeds", () => {
    const { data, cells: all } = cells([
      [{ set: "s", trigger: "a" }, [attack(0.2), attack(0.3), attack(0.4)]],
      [{ set: "s", trigger: "b" }, [attack(0.4), attack(0.6), attack(0.6)]],
      [{ set: "t", trigger: "a" }, [attack(0.2), attack(0.2), attack(0.2)]],
      [{ set: "t", trigger: "b" }, [attack(0.2), attack(0.3), attack(0.2)]],
      [{ set: "t", trigger: "c" }, [attack(0.9), attack(0.8), attack(0.9)]],
    ]);
    const found = differences(all, data.factors, rise);
    const ab = found.find(({ factor, from, to }) => factor === 1 && from === 0 && to === 1);
    // Seeds 0, 1, 2: (0.2 + 0) / 2, (0.3 + 0.1) / 2, (0.2 + 0) / 2.
    expect(ab).toMatchObject({ conditions: 2, test: { n: 3, mean: expect.closeTo(0.4 / 3, 9) } });
    expect(ab?.test.p).toBeCloseTo(pOf([0.1, 0.2, 0.1]), 6);
    // c was measured on one set only, and s → t with a and b.
    expect(found.map(({ factor, from, to, conditions }) => [factor, from, to, conditions])).toEqual([
      [0, 0, 1, 2],
      [1, 0, 1, 2],
      [1, 0, 2, 1],
      [1, 1, 2, 1],
    ]);
    const smallest = Math.min(...found.map(({ test: { p } }) => p ?? 1));
    expect(Math.min(...found.map(({ test: { corrected } }) => corrected ?? 1))).toBeCloseTo(4 * smallest, 9);
  });

  test("hold many values against the first only", () => {
    const values = Array.from({ length: 13 }, (_, i) => i);
    const data = sweepData(
      record(
        [{ name: "alpha", values }],
        values.map((alpha) => [{ alpha }, [attack(0.2), attack(0.3)]]),
      ),
    );
    const found = differences(cellsOf(data), data.factors, ctaLoss);
    expect(found).toHaveLength(12);
    expect(found.every(({ from, test: { p } }) => from === 0 && p === 1)).toBe(true);
  });
});

/** p of three differences, whose t has two degrees of freedom: 1 − t / √(t² + 2) (closed form). */
function pOf(values: readonly number[]): number {
  const { mean, sd, n } = summarise(values);
  const t = mean / ((sd ?? 0) / Math.sqrt(n));
  return 1 - t / Math.sqrt(t * t + 2);
}

test("a measure over several conditions has one value a seed", () => {
  const data = sweepData(syntheticSweep({ axes: { trigger: ["a", "b"], set: ["s", "t"] }, networks: 4 }));
  const cells = cellsOf(data);
  const all = pool(cells, rise);
  expect(all?.n).toBe(4);
  const mean = cells.reduce((sum, cell) => sum + (cell.rise?.mean ?? 0), 0) / cells.length;
  expect(all?.mean).toBeCloseTo(mean, 9);
  expect(pool([], rise)).toBeUndefined();
});
