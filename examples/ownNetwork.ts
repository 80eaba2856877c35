/** A network of one's own as a receiver, beside one of Retort's. */
import { defineNetwork, distil, evaluate, strokes } from "retort-dd";
import { type Affine, linear, linearParams, ops, type Tensor } from "retort-dd/engine";

type Layers = readonly [Affine<Tensor>, Affine<Tensor>];

const twoLayers = defineNetwork(({ channels, size, classes }, { width = 64 }) => {
  const inputs = channels * size * size;
  return {
    name: "twoLayers",
    input: [channels, size, size],
    classes,
    weights: [linearParams(inputs, width), linearParams(width, classes)],
    running: [],
    forward(weights, _running, x) {
      const [first, last] = weights as unknown as Layers;
      const features = ops.relu(linear(first, ops.reshape(x, [-1, inputs])));
      return { features, logits: linear(last, features), running: [] };
    },
  };
});

const set = await distil(strokes("train", 400), "randomReal", { ipc: 20 });
const { rates } = await evaluate(set, {
  test: strokes("test", 100),
  networks: [twoLayers, "mlp"],
  width: 32,
  repeats: 2,
  epochs: 60,
  lr: 0.03,
});
for (const { network, clean } of rates) console.log(network, clean.cta.mean.toFixed(3));
