import type { Floats, Forward, Network } from "../../../nn/Network.ts";
import type { Tensor } from "../../../tensor/Tensor.ts";

/** What an objective may know when it says what archetypes shall be like. */
export interface About {
  readonly network: Network;
  /** Class of each archetype. */
  readonly classes: Int32Array<ArrayBuffer>;
  /** One image of the set of that class for each archetype. */
  readonly rows: Int32Array<ArrayBuffer>;
  /** Classes of the set's images. */
  readonly labels: Int32Array;
  /** What `says` gives of the set's images, [M, D]. */
  ofTheSet(): Promise<Floats>;
}

/** What makes an image an archetype of its class, for one network. */
export interface Objective {
  /** What is looked at of a forward pass, [N, D]. */
  says(forward: Forward): Tensor;
  /** What it shall be, n·D numbers. */
  wanted(about: About): Promise<Floats>;
  /** Descended; summed over images, so that each follows its own gradient. */
  loss(said: Tensor, wanted: Tensor): Tensor;
}
