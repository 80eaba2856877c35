import type { Floats } from "../../../nn/Network.ts";
import { square, sub, sum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import { takeRows } from "../../../train/train.ts";
import type { About, Objective } from "./Objective.ts";

const apart = (said: Tensor, wanted: Tensor): Tensor => sum(square(sub(said, wanted)));

/** Match the mean penultimate feature that a network gives the class in the set. */
export const feature: Objective = {
  says: ({ features }) => features,
  wanted: meanOfClass,
  loss: apart,
};

/** Match the penultimate feature of one image of the class: as many archetypes, as many different ones. */
export const imageFeature: Objective = {
  says: ({ features }) => features,
  wanted: ofOneImage,
  loss: apart,
};

/** What a network says of each archetype's own image of the set. */
export async function ofOneImage({ rows, labels, ofTheSet }: About): Promise<Floats> {
  return takeRows(await ofTheSet(), labels.length, rows);
}

async function meanOfClass({ classes, labels, ofTheSet }: About): Promise<Floats> {
  const said = await ofTheSet();
  const d = said.length / labels.length;
  const out = new Float32Array(classes.length * d);
  classes.forEach((label, i) => {
    const members = [...labels.keys()].filter((j) => labels[j] === label);
    for (const j of members) for (let k = 0; k < d; k++) out[i * d + k] += said[j * d + k] / members.length;
  });
  return out;
}
