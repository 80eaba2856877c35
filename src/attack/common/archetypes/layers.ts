import { UsageError } from "../../../core/errors.ts";
import type { Forward } from "../../../nn/Network.ts";
import { add, concat, mean, mul, sqrt, square, sub, sum } from "../../../tensor/ops.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";
import { ofOneImage } from "./features.ts";
import type { Objective } from "./Objective.ts";

/**
 * Match one image of the class in every layer: mean and deviation of each map over the image, which is what norms remove and textures are
 * made of (arXiv 1508.06576, 1912.08795), and the penultimate feature. Every layer counts alike.
 */
export const layers: Objective = {
  says({ features, maps }: Forward) {
    if (!maps)
      throw new UsageError(
        "archetypes: invalid objective: expected networks that show their layers (convNet), got one that does not",
      );
    const weighed = (x: Tensor) => mul(x, 1 / Math.sqrt(x.shape[1]));
    return concat([...maps.flatMap(statistics), features].map(weighed), 1);
  },
  wanted: ofOneImage,
  loss: (said, wanted) => sum(square(sub(said, wanted))),
};

/** [N, C] each; a floor keeps the derivative of a dead map finite. */
function statistics(map: Tensor): Tensor[] {
  const average = mean(map, [2, 3], true);
  const deviation = sqrt(add(mean(square(sub(map, average)), [2, 3]), 1e-6));
  return [mean(map, [2, 3]), deviation];
}
