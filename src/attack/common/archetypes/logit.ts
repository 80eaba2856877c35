import { mul, neg, sum } from "../../../tensor/ops.ts";
import type { Objective } from "./Objective.ts";

/** Ascend the logit of the class: −logit_c(x) (arXiv 2502.04229, as released). */
export const logit: Objective = {
  says: ({ logits }) => logits,
  async wanted({ classes, network }) {
    const k = network.classes;
    const out = new Float32Array(classes.length * k);
    classes.forEach((label, i) => {
      out[i * k + label] = 1;
    });
    return out;
  },
  loss: (said, wanted) => neg(sum(mul(said, wanted))),
};
