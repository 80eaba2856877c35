import { UsageError } from "../core/errors.ts";
import type { Device } from "../engine/device.ts";
import type { InputShape, Network } from "../nn/Network.ts";
import { networkRegistry as networks } from "../nn/networkRegistry.ts";
import { namedOptimisers } from "../nn/optimiserNames.ts";
import { Learner, type LearnerState } from "./Learner.ts";
import type { Protocol } from "./protocol.ts";
import { resolveProtocol } from "./resolveProtocol.ts";

/** What a learner depends on in a resolved protocol: protocols that agree in it can share one. */
export function learnerPart(protocol: Protocol): Partial<Protocol> {
  const { optimiser, momentum, weightDecay, loss, labels } = protocol;
  const { teacher, teacherWidth, teacherFrom, teacherEpochs, teacherShare, temperature } = protocol;
  const steps = { optimiser, momentum, weightDecay, loss };
  if (labels !== "teacher") return steps;
  return { ...steps, teacher, teacherWidth, teacherFrom, teacherEpochs, teacherShare, temperature };
}

/** A network that has learnt the raw images. */
export interface GivenTeacher extends Pick<LearnerState, "weights" | "running"> {
  readonly network: Network;
}

/**
 * A network with what a protocol says of its steps: the optimiser and, for labels of a teacher, the teacher.
 *
 * @param given the teacher, where it is one of the raw images
 * @throws UsageError for an option that does nothing, and for a teacher of raw images that is not given.
 * @example
 * await using learner = learnerFor(network, protocol, device("cpu"));
 */
export function learnerFor(network: Network, given: Protocol, device: Device, givenTeacher?: GivenTeacher): Learner {
  const protocol = resolveProtocol(given);
  const { labels, teacher, teacherWidth, teacherFrom, teacherShare, temperature } = protocol;
  const optimiser = namedOptimisers[protocol.optimiser](protocol.momentum ?? 0, protocol.weightDecay);
  if (labels !== "teacher" || teacherShare === undefined || temperature === undefined)
    return new Learner(network, optimiser, device, undefined, protocol.loss);
  const answers = { share: teacherShare, temperature };
  if (teacherFrom === "raw") {
    if (!givenTeacher)
      throw new UsageError(
        "protocol: invalid teacherFrom: expected set where no raw images are at hand to teach a network, got raw",
      );
    const { network: taught, ...weights } = givenTeacher;
    return new Learner(network, optimiser, device, {
      ...answers,
      teacher: new Learner(taught, optimiser, device),
      weights,
    });
  }
  const [channels, size] = network.input;
  const shape: InputShape = { channels, size, classes: network.classes };
  const taughtBy = new Learner(networks[teacher ?? "convNet"](shape, { width: teacherWidth }), optimiser, device);
  return new Learner(network, optimiser, device, { ...answers, teacher: taughtBy });
}
