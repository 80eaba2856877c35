import { expect, it } from "vitest";
import { imageOptimiser } from "../../src/attack/common/budget.ts";
import { compileGradient, compileUpdate } from "../../src/attack/poisonedDistillation/hybridLoss.ts";
import { type Floats, isParamSpec, type ParamSpec } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { rebuild } from "../../src/tensor/tree.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";
import { convNetShape, fromTorch } from "../golden/torchLayout.ts";
import { cpu } from "./tiny.ts";

interface Case {
  name: string;
  params: (DetSpec & { name: string })[];
  batches: Record<"images" | "real" | "backdoor", { x: DetSpec; labels: number[] }>;
  results: { inner: { losses: Scalar<number[]>; images: Summary } };
}

/** Names in the order of our tree: blocks (conv bias, conv weight, norm bias, norm weight), then linear. */
const order = [0, 1, 2]
  .flatMap((i) => [`${i}.conv.bias`, `${i}.conv.weight`, `${i}.norm.bias`, `${i}.norm.scale`])
  .concat("linear.bias", "linear.weight");

it("follows PyTorch through five Adam steps of the attack's inner loop", async () => {
  const { cases, alpha } = golden<{ cases: Case[]; alpha: number }>("matching.json");
  const c = cases.find((one) => one.name === "convnet32-3x32")!;
  const network = convNet({ channels: 3, size: 32, classes: 10 }, { width: 32 });
  const spec = (name: string) => c.params.find((p) => p.name === name)!;
  const weights = rebuild<ParamSpec, Floats>(
    network.weights,
    isParamSpec,
    order.map((name) => fromTorch(convNetShape(spec(name).shape, 32), build(spec(name)))),
  );
  const batch = (name: "images" | "real" | "backdoor") => {
    const y = new Float32Array(40);
    c.batches[name].labels.forEach((k, i) => {
      y[10 * i + k] = 1;
    });
    return { x: build(c.batches[name].x), y };
  };
  const gradient = await compileGradient(network, 4, cpu);
  const layerWeights = { kernels: 1, matrices: 1, vectors: 1 };
  const options = { distance: "cosine", layerWeights, penalty: 0 } as const;
  const update = await compileUpdate(network, 4, options, undefined, cpu);
  const [images, real, backdoor] = [batch("images"), batch("real"), batch("backdoor")];
  const [gr, gb] = [await gradient(weights, real.x, real.y), await gradient(weights, backdoor.x, backdoor.y)];
  const step = await update.hold(weights, gr, gb, Float32Array.of(alpha), images.y, []);
  let x = images.x;
  let slots: readonly Floats[] = [new Float32Array(x.length), new Float32Array(x.length)];
  const { losses, images: expected } = c.results.inner;
  for (const [i, loss] of losses.f64.entries()) {
    const out = await step(x, slots, Float32Array.from(imageOptimiser.hyper(i, 0.1)));
    expect(Math.abs(out.loss[0] - loss)).toBeLessThan(1e-4);
    expect(out.loss[0]).toBeCloseTo((1 - alpha) * out.benign[0] + alpha * out.backdoor[0], 5);
    ({ images: x, slots } = out);
  }
  expect(relativeError(expected, x)).toBeLessThan(1e-3);
  await gradient.close();
  await update.close();
});
