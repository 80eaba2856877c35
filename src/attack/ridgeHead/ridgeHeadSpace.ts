import type { SearchSpace } from "../Attack.ts";

/**
 * What a search of the ridge-head attack varies. `Chosen:` the default of each option and its neighbours on either side; as many draws as
 * three rungs of eta 3 divide evenly.
 */
export const ridgeHeadSpace: SearchSpace = {
  vary: {
    alpha: [0.03, 0.1, 0.3],
    margin: [1, 1.5, 2],
    lr: [0.01, 0.03, 0.1],
    ridge: [0.001, 0.01, 0.1],
    penalty: [0, 0.01, 0.1],
    "pool.size": [8, 16, 32],
    "pool.maxPasses": [50, 100, 200],
    "pool.passes": [2, 4, 8],
    "carrier.sources": [["leaves"], ["leaves", "set"], ["leaves", "mixtures"]],
  },
  sample: 18,
};
