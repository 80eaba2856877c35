import type { Device } from "../engine/device.ts";
import type { InputShape, Network } from "../nn/Network.ts";
import { networkRegistry as networks } from "../nn/networkRegistry.ts";
import { namedOptimisers } from "../nn/optimiserNames.ts";
import { Learner } from "./Learner.ts";
import type { Protocol } from "./protocol.ts";
import { resolveProtocol } from "./resolveProtocol.ts";

/** What a learner depends on in a resolved protocol: protocols that agree in it can share one. */
export function learnerPart(protocol: Protocol): Partial<Protocol> {
  const { optimiser, momentum, weightDecay, labels, teacher, teacherWidth, teacherShare, temperature } = protocol;
  const steps = { optimiser, momentum, weightDecay };
  return labels === "teacher" ? { ...steps, teacher, teacherWidth, teacherShare, temperature } : steps;
}

/**
 * A network with what a protocol says of its steps: the optimiser and, for labels of a teacher, the teacher.
 *
 * @throws UsageError for an option that does nothing.
 * @example
 * await using learner = learnerFor(network, protocol, device("cpu"));
 */
export function learnerFor(network: Network, given: Protocol, device: Device): Learner {
  const protocol = resolveProtocol(given);
  const { teacher, teacherWidth, teacherShare, temperature } = protocol;
  const optimiser = namedOptimisers[protocol.optimiser](protocol.momentum ?? 0, protocol.weightDecay);
  if (teacher === undefined || teacherShare === undefined || temperature === undefined)
    return new Learner(network, optimiser, device);
  const [channels, size] = network.input;
  const shape: InputShape = { channels, size, classes: network.classes };
  const taughtBy = new Learner(networks[teacher](shape, { width: teacherWidth }), optimiser, device);
  return new Learner(network, optimiser, device, { teacher: taughtBy, share: teacherShare, temperature });
}
