import { canonicalJson } from "../../core/hash.ts";
import { learnerPart } from "../../train/learnerFor.ts";
import { type TrialConfig, teacherIdentity } from "../plan/TrialConfig.ts";

/** Names the network that a trial compiles: where the keys of two trials agree, a process that ran one has it for the other. */
export function learnerKey({ network, strategy, teacher, test, device, threads }: TrialConfig): string {
  // The test set stands for the shape of the images and the classes: a network fits both.
  const taught = teacher && teacherIdentity(teacher);
  return canonicalJson({ network, ...learnerPart(strategy), taught, data: test.data, device, threads });
}
