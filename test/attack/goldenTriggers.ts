import type { ImageShape } from "../../src/data/LabelledSet.ts";
import type { Normalisation } from "../../src/data/Normalisation.ts";
import type { Trigger } from "../../src/data/Trigger.ts";
import { type Floats, isParamSpec, type ParamSpec } from "../../src/nn/Network.ts";
import { convNet } from "../../src/nn/networks/convNet.ts";
import { rebuild } from "../../src/tensor/tree.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { golden, type Scalar, type Summary } from "../golden/summary.ts";
import { convNetShape, fromTorch } from "../golden/torchLayout.ts";

interface File {
  side: number;
  width: number;
  classes: number;
  mean: number[];
  std: number[];
  params: (DetSpec & { name: string })[];
  pattern: DetSpec;
  images: Record<"excite" | "set" | "clean" | "stamped", DetSpec>;
  excite: {
    options: { images: number; neurons: number; multiple: number; lr: number; steps: number };
    chosen: number[];
    results: { losses: Scalar<number[]>; pattern: Summary };
  };
  relax: {
    options: {
      set: number;
      clean: number;
      stamped: number;
      ridge: number;
      conflict: number;
      opacity: number;
      target: number;
    };
    results: { loss: Scalar; conflict: Scalar; projection: Scalar; gradient: Summary };
  };
}

/** What PyTorch says of triggers that are learnt on raw images, and the network that it says it of. */
export const file = golden<File>("triggers.json");
const { side, width, classes, mean, std, params } = file;

export const normalisation: Normalisation = { kind: "meanStd", mean, std };
export const network = convNet({ channels: 3, size: side, classes }, { width, depth: 2 });
export const shape = (n: number): ImageShape => [n, 3, side, side];

/** Names in the order of our tree. */
const order = [0, 1]
  .flatMap((i) => [`${i}.conv.bias`, `${i}.conv.weight`, `${i}.norm.bias`, `${i}.norm.scale`])
  .concat("linear.bias", "linear.weight");

export const weights = rebuild<ParamSpec, Floats>(
  network.weights,
  isParamSpec,
  order.map((name) => {
    const spec = params.find((p) => p.name === name)!;
    return fromTorch(convNetShape(spec.shape, width), build(spec));
  }),
);

/** Where PyTorch's feature, flattened C H W, lies in ours, H W C. */
export const ourFeature = (d: number): number => (d % 16) * width + Math.floor(d / 16);

/** The numbers of a pattern that the trigger shows. */
export const under = ({ mask }: Trigger, pattern: Floats): Floats =>
  pattern.filter((_, i) => mask[i % mask.length] !== 0);
