import { describe, expect, it } from "vitest";
import { key } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { knownNormalisations } from "../../src/data/Normalisation.ts";
import * as networks from "../../src/nn/networks.ts";
import { inputTransform } from "../../src/train/inputTransform.ts";
import { learnerFor } from "../../src/train/learnerFor.ts";
import { type Protocol, protocolOptions } from "../../src/train/protocol.ts";
import { train } from "../../src/train/train.ts";
import { cpu } from "../attack/tiny.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, relativeError, type Scalar, type Summary } from "../golden/summary.ts";

interface Run {
  name: string;
  key: string;
  network: "convNet" | "convNetBN";
  softLabels: boolean;
  centredLabels?: true;
  protocol: Protocol;
  results: { losses: Scalar<number[]>; logits: Summary };
}
const { images, classes, logits, test, width, runs } = golden<{
  images: DetSpec;
  classes: number[];
  logits: DetSpec;
  test: DetSpec;
  width: number;
  runs: Run[];
}>("strategies.json");

const set: DistilledSet = {
  kind: "distilled",
  name: "twelve pictures of noise",
  images: build(images),
  shape: [12, 3, 32, 32],
  labels: { kind: "hard", classes: Int32Array.from(classes) },
  classes: 10,
  normalisation: knownNormalisations["cifar-10"],
  metadata: {},
};
const soft: DistilledSet = { ...set, labels: { kind: "soft", form: "logits", values: build(logits) } };

const centred: DistilledSet = { ...set, labels: { kind: "soft", form: "centred", values: build(logits) } };

describe("training with every option, step by step as PyTorch", () => {
  it.each(runs)("$name", async ({ key: source, network, softLabels, centredLabels, protocol: given, results }) => {
    const protocol = protocolOptions.parse(given);
    const data = centredLabels ? centred : softLabels ? soft : set;
    const learner = learnerFor(networks[network]({ channels: 3, size: 32, classes: 10 }, { width }), protocol, cpu);
    const { state, losses } = await train(learner, data, protocol, key(source));
    expect(losses).toHaveLength(results.losses.f64.length);
    losses.forEach((loss, epoch) => {
      expect(Math.abs(loss - results.losses.f64[epoch]), `epoch ${epoch}`).toBeLessThan(1e-4);
    });
    const seen = inputTransform(protocol.input, data, cpu);
    const answers = await learner.predict(state, await seen(build(test)));
    await seen.close();
    expect(relativeError(results.logits, answers.logits)).toBeLessThan(1e-4);
    await learner.close();
  });
});
