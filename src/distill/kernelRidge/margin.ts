import type { Floats } from "../../nn/Network.ts";

/**
 * −min(y₁ − y₂, 1/K), the mean over labels, of the two largest entries of each: a learnt label shall keep to a class (the published
 * program of arXiv 2206.00719).
 *
 * @param labels [m, K]
 * @returns the loss and its derivative.
 */
export function marginLoss(labels: Floats, classes: number): { loss: number; gradient: Floats } {
  const [m, gradient] = [labels.length / classes, new Float32Array(labels.length)];
  let loss = 0;
  for (let from = 0; from < labels.length; from += classes) {
    let [first, second] = [from, from + 1];
    if (labels[second] > labels[first]) [first, second] = [second, first];
    for (let k = from + 2; k < from + classes; k++)
      if (labels[k] > labels[first]) [first, second] = [k, first];
      else if (labels[k] > labels[second]) second = k;
    const margin = labels[first] - labels[second];
    loss -= Math.min(margin, 1 / classes) / m;
    if (margin >= 1 / classes) continue;
    gradient[first] -= 1 / m;
    gradient[second] += 1 / m;
  }
  return { loss, gradient };
}
