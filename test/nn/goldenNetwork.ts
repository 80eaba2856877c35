import { type Floats, isFloats, isParamSpec, type Network, type ParamSpec } from "../../src/nn/Network.ts";
import { leaves, rebuild, type Tree } from "../../src/tensor/tree.ts";
import { build, type DetSpec } from "../golden/det.ts";
import { relativeError, type Summary } from "../golden/summary.ts";
import { fromTorch, toTorch } from "../golden/torchLayout.ts";

export type Named = DetSpec & { readonly name: string };

/** Path of every parameter in our tree → its name in the golden files. Applied in order. */
const renamings: readonly (readonly [RegExp, string])[] = [
  [/(norm)\.weight$/i, "$1.scale"],
  [/^stages?\./, ""],
  [/^convs\.(\d+)\./, "$1.conv."],
  [/^linears\.0\./, "2.linear."],
  [/^linears\.1\./, "3.linear."],
  [/^linears\.2\./, "linear."],
  [/\.first\.(conv|norm)\./, ".$11."],
  [/\.second\.(conv|norm)\./, ".$12."],
];

/** PyTorch's names of the parameters, in the order of our leaves. */
function torchNames(network: Network): string[] {
  const paths: string[] = [];
  const walk = (node: Tree<ParamSpec>, path: string[]) => {
    if (isParamSpec(node)) paths.push(path.join("."));
    else
      for (const key of Array.isArray(node) ? Object.keys(node) : Object.keys(node).sort())
        walk((node as never)[key], [...path, key]);
  };
  walk(network.weights, []);
  return paths.map((path) => {
    if (network.name === "mlp") return path.replace(/^2\./, "linear.").replace(/^(\d)\./, "$1.linear.");
    const residual = path.match(/^blocks\.(\d+)\.(first|second|shortcut)\./);
    const block = residual ? `${Number(residual[1]) >> 1}.${Number(residual[1]) & 1}.` : "";
    const local = residual ? path.replace(/^blocks\.\d+/, "") : path.replace(/^blocks\./, "");
    const renamed = renamings.reduce((name, [from, to]) => name.replace(from, to), local);
    return block + renamed.replace(/^\./, "");
  });
}

/** A network's parameters as a golden file names them, and errors of ours against its records. */
export class GoldenNetwork {
  private readonly names: readonly string[];
  private readonly params: ReadonlyMap<string, Named>;
  private readonly channels: number;
  private readonly network: Network;

  /** @param channels of the maps that the first linear layer reads; 0 where it reads the image */
  constructor(network: Network, params: readonly Named[], channels: number) {
    this.network = network;
    this.names = torchNames(network);
    this.params = new Map(params.map((p) => [p.name, p]));
    this.channels = channels;
  }

  /** The parameters in our layout. */
  weights(): Tree<Floats> {
    const values = this.names.map((name) => {
      const param = this.params.get(name);
      if (!param) throw new Error(`golden: unknown parameter ${name}`);
      return fromTorch(this.turned(name, param.shape), build(param));
    });
    return rebuild<ParamSpec, Floats>(this.network.weights, isParamSpec, values);
  }

  /** Relative error of each parameter-shaped array of ours against its record. */
  errors(records: Readonly<Record<string, Summary>>, tree: Tree<Floats>): { name: string; error: number }[] {
    return leaves<Floats>(tree, isFloats).map((values, i) => {
      const name = this.names[i];
      const record = records[name];
      return { name, error: relativeError(record, toTorch(this.turned(name, record.shape), values)) };
    });
  }

  /**
   * The shape under which a parameter is turned: a linear layer after convolutions reads C·H·W numbers in PyTorch and H·W·C
   * in ours, so its weight is a kernel that covers the whole map.
   */
  private turned(name: string, shape: readonly number[]): readonly number[] {
    const reader = ["hidden.weight", "2.linear.weight", "linear.weight"].find((n) => this.params.has(n));
    if (name !== reader || this.channels === 0) return shape;
    const side = Math.sqrt(shape[1] / this.channels);
    return [shape[0], this.channels, side, side];
  }
}

/** One-hot rows. */
export function oneHot(labels: readonly number[], classes: number): Floats {
  const y = new Float32Array(labels.length * classes);
  labels.forEach((k, i) => {
    y[i * classes + k] = 1;
  });
  return y;
}
