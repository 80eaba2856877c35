import { canonicalJson } from "../../core/hash.ts";
import { learnerPart } from "../../train/learnerFor.ts";
import type { TrialConfig } from "../plan/TrialConfig.ts";

/** Names the network that a trial compiles: where the keys of two trials agree, a process that ran one has it for the other. */
export function learnerKey({ network, strategy, test, device, threads }: TrialConfig): string {
  // The test set stands for the shape of the images and the classes: a network fits both.
  return canonicalJson({ network, ...learnerPart(strategy), data: test.data, device, threads });
}
