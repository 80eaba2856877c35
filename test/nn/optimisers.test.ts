import { describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import { type Floats, initialise, isParamSpec, type ParamSpec } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { adam, type Optimiser, sgd } from "../../src/nn/optimisers.ts";
import { leaves } from "../../src/tensor/tree.ts";
import { Learner } from "../../src/train/Learner.ts";
import { cpu } from "../attack/tiny.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, type Scalar, type Summary } from "../golden/summary.ts";
import { GoldenNetwork, type Named, oneHot } from "./goldenNetwork.ts";

interface Run {
  name: string;
  x: DetSpec;
  optimiser: "sgd" | "adam" | "adamw";
  options: { momentum?: number; nesterov?: boolean; weight_decay?: number };
  freshState: boolean;
  schedule: { at?: number };
  rates: number[];
  results: { losses: Scalar<number[]>; params: Record<string, Summary> };
}
const { mlp: problem, runs } = golden<{ mlp: { params: Named[]; labels: number[] }; runs: Run[] }>("optimisers.json");

function optimiserOf({ optimiser, options: { momentum, nesterov, weight_decay: decay } }: Run): Optimiser {
  if (optimiser === "sgd") return sgd({ momentum, nesterov, weightDecay: decay });
  return adam(optimiser === "adam" ? { weightDecay: decay } : { decoupledDecay: decay });
}

describe("optimisers against PyTorch, 20 steps", () => {
  const network = mlp({ channels: 1, size: 28, classes: 10 });
  const params = new GoldenNetwork(network, problem.params, 0);

  it.each(runs)("$name", async (run) => {
    const learner = new Learner(network, optimiserOf(run), cpu);
    let state = learner.start(params.weights(), []);
    for (const [k, lr] of run.rates.entries()) {
      if (run.freshState && k === run.schedule.at) state = learner.start(state.weights, []);
      const { loss, state: next } = await learner.step(state, build(run.x), oneHot(problem.labels, 10), lr);
      expect(Math.abs(loss - run.results.losses.f64[k]), `step ${k}`).toBeLessThan(1e-5);
      state = next;
    }
    for (const { name, error } of params.errors(run.results.params, state.weights))
      expect(error, name).toBeLessThan(1e-5);
    await learner.close();
  });
});

describe("initial weights", () => {
  const { layers } = golden<{ layers: { name: string; fanIn: number; bound: number }[] }>("init.json");

  it("are uniform within PyTorch's bounds, norms 1 and 0", () => {
    const bounds = new Map(layers.map(({ fanIn, bound }) => [fanIn, bound]));
    const network = convNet({ channels: 3, size: 32, classes: 10 });
    const specs = leaves<ParamSpec>(network.weights, isParamSpec);
    const values = leaves<Floats>(initialise(network.weights, key(1)), (x): x is Floats => x instanceof Float32Array);
    const compared = specs.map((spec, i) => {
      const fanIn = spec.shape.slice(0, -1).reduce((n, d) => n * d, 1);
      if (spec.bound === undefined) {
        expect(new Set(values[i])).toEqual(new Set([spec.constant]));
        return 0;
      }
      if (spec.shape.length === 1) return 0;
      expect(spec.bound).toBeCloseTo(bounds.get(fanIn)!, 10);
      const most = values[i].reduce((a, v) => Math.max(a, Math.abs(v)), 0);
      expect(most).toBeLessThanOrEqual(Math.fround(spec.bound));
      expect(most).toBeGreaterThan(0.98 * spec.bound);
      const deviation = Math.sqrt(values[i].reduce((sum, v) => sum + v * v, 0) / values[i].length);
      expect(deviation / (spec.bound / Math.sqrt(3))).toBeCloseTo(1, 1);
      return 1;
    });
    expect(compared.filter(Boolean)).toHaveLength(4);
  });
});
