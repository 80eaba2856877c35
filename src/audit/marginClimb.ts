import type { Device } from "../engine/device.ts";
import { type Floats, specsOf } from "../nn/Network.ts";
import { type Compiled, compile, f32 } from "../tensor/compile.ts";
import { valueAndGrad } from "../tensor/grad.ts";
import { clip, max, mul, sub, sum } from "../tensor/ops.ts";
import type { Tensor } from "../tensor/Tensor.ts";
import type { Tree } from "../tensor/tree.ts";
import type { AuditedSet } from "./AuditedSet.ts";
import { asSeen } from "./asSeen.ts";
import type { Panel } from "./Panel.ts";

/** Minus the sum of the pictures' margins, its gradient by the pictures, and each margin: logit of its class less the largest other one. */
export type MarginClimb = Compiled<
  [weights: Tree<Floats>, running: Tree<Floats>, pictures: Floats, classes: Floats],
  { loss: Floats; gradient: Floats; margins: Floats }
>;

/** Compile the climb of n pictures, pixels in [0, 1], towards large margins; `classes` is one-hot, [n, K]. */
export async function marginClimb(panel: Panel, audited: AuditedSet, n: number, device: Device): Promise<MarginClimb> {
  const { shape, classes: k } = audited;
  const [, c, h, w] = shape;
  const { network } = panel.learner;
  const seen = asSeen(audited);
  const program = (weights: Tree<Tensor>, running: Tree<Tensor>, pictures: Tensor, classes: Tensor): Tree<Tensor> => {
    const marginsOf = (x: Tensor) => {
      const { logits } = network.forward(weights, running, seen(clip(x, 0, 1)), false);
      return sub(sum(mul(logits, classes), [1]), max(sub(logits, mul(1e3, classes)), [1]));
    };
    const [loss, gradient] = valueAndGrad((x: Tensor) => sub(0, sum(marginsOf(x))))(pictures);
    return { loss, gradient, margins: marginsOf(pictures) };
  };
  const specs = [specsOf(network.weights), specsOf(network.running), f32(n, c, h, w), f32(n, k)];
  return (await compile(program, specs, device)) as unknown as MarginClimb;
}
