import { describe, expect, it } from "vitest";
import { cosine, gradientDistances } from "../../src/nn/gradientDistance.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { type Floats, parameterCount, specsOf } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { mlp } from "../../src/nn/networks/mlp.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { grad, valueAndGrad } from "../../src/tensor/grad.ts";
import { add, mul } from "../../src/tensor/ops.ts";
import { isTensor, type Tensor } from "../../src/tensor/Tensor.ts";
import { leaves, type Tree } from "../../src/tensor/tree.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden as readGolden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";
import { GoldenNetwork, type Named, oneHot } from "./goldenNetwork.ts";

interface Case {
  name: string;
  network: "convnet" | "mlp";
  options: { width: number; depth?: number; hidden?: number };
  channels: number;
  size: number;
  classes: number;
  parameterCount: number;
  params: Named[];
  batches: Record<"images" | "real" | "backdoor", { x: DetSpec; labels: number[] }>;
  results: {
    logits: Summary;
    loss: Scalar;
    imageGradient: Summary;
    gradients: Record<string, Summary>;
    matching: Record<string, { value: Scalar; imageGradient: Summary }>;
  };
}

const { cases, alpha } = readGolden<{ cases: Case[]; alpha: number }>("matching.json");
const TOLERANCE = 1e-5;

const close = (value: number, expected: number) =>
  expect(Math.abs(value - expected) / Math.abs(expected)).toBeLessThan(TOLERANCE);

describe.each(cases)("$name against PyTorch", (c) => {
  const shape = { channels: c.channels, size: c.size, classes: c.classes };
  const network = c.network === "mlp" ? mlp(shape, c.options) : convNet(shape, c.options);
  const golden = new GoldenNetwork(network, c.params, c.network === "mlp" ? 0 : c.options.width);
  const params = golden.weights();
  const batch = (name: "images" | "real" | "backdoor"): [Floats, Floats] => [
    build(c.batches[name].x),
    oneHot(c.batches[name].labels, c.classes),
  ];
  const specs = [f32(4, c.channels, c.size, c.size), f32(4, c.classes)];
  const loss = (w: Tree<Tensor>, x: Tensor, y: Tensor) => crossEntropy(network.forward(w, [], x, true).logits, y);
  const gradient = (w: Tree<Tensor>, x: Tensor, y: Tensor) =>
    leaves<Tensor>(grad((v: Tree<Tensor>) => loss(v, x, y))(w), isTensor);

  it("has the same number of parameters", () => {
    expect(parameterCount(network)).toBe(c.parameterCount);
  });

  it("gives the same logits, loss and first derivatives", async () => {
    const f = await compile<
      [Tree<Floats>, Floats, Floats],
      { logits: Floats; loss: Floats; x: Floats; w: Tree<Floats> }
    >(
      (w, x, y) => {
        const [value, gw] = valueAndGrad((v: Tree<Tensor>) => loss(v, x, y))(w);
        return {
          logits: network.forward(w, [], x, true).logits,
          loss: value,
          x: grad((v: Tensor) => loss(w, v, y))(x),
          w: gw,
        };
      },
      [specsOf(network.weights), ...specs],
    );
    const out = await f(params, ...batch("images"));
    expect(relativeError(c.results.logits, out.logits)).toBeLessThan(TOLERANCE);
    close(out.loss[0], c.results.loss.f64);
    expect(relativeError(c.results.imageGradient, out.x)).toBeLessThan(TOLERANCE);
    for (const { name, error } of golden.errors(c.results.gradients, out.w))
      expect(error, name).toBeLessThan(TOLERANCE);
    await f.close();
  });

  it.each(["cosine", "layerwise", "mse", "hybrid"] as const)(
    "gives the same %s matching loss and its image gradient",
    async (name) => {
      const f = await compile<[Tree<Floats>, ...Floats[]], [Floats, Floats]>(
        (w, x, y, xr, yr, xb, yb) => {
          const real = gradient(w, xr, yr);
          const backdoor = gradient(w, xb, yb);
          return valueAndGrad((images: Tensor) => {
            const g = gradient(w, images, y);
            if (name !== "hybrid") return gradientDistances[name](g, real);
            return add(mul(cosine(g, real), 1 - alpha), mul(cosine(g, backdoor), alpha));
          })(x);
        },
        [specsOf(network.weights), ...specs, ...specs, ...specs],
      );
      const [value, gx] = await f(params, ...batch("images"), ...batch("real"), ...batch("backdoor"));
      const expected = c.results.matching[name];
      close(value[0], expected.value.f64);
      expect(relativeError(expected.imageGradient, gx)).toBeLessThan(TOLERANCE);
      await f.close();
    },
  );
});
