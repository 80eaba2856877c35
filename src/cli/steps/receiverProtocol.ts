import { UsageError } from "../../core/errors.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { type JudgedSet, type ProtocolName, trainsAtLearntRate, underNamed } from "../../train/namedProtocols.ts";
import { type Protocol, protocolOptions } from "../../train/protocol.ts";
import { resolveProtocol } from "../../train/resolveProtocol.ts";

const who = "retort distill";

export interface ReceiverRule {
  readonly receiverProtocol?: ProtocolName | undefined;
  readonly receiverEpochs?: number | undefined;
}

// Chosen: what the field trains on a few images per class.
const usualEpochs = 300;

/**
 * How the receivers of a distilled set are trained, and those of random real images beside it: alike, but for the rate where the set says
 * at which one it was learnt.
 */
export function receiverProtocol(set: JudgedSet, rule: ReceiverRule): Protocol {
  const { receiverProtocol: name, receiverEpochs } = rule;
  const epochs = receiverEpochs === undefined ? {} : { epochs: receiverEpochs };
  const own = typeof set.metadata.lr === "number" ? { lr: set.metadata.lr } : {};
  if (name === undefined) return completed({ epochs: usualEpochs, ...epochs, ...own });
  const usual = protocolOptions.shape.lr.parse(undefined);
  const rate = trainsAtLearntRate(name, who) ? { lr: usual, ...own } : {};
  return completed(underNamed(name, set, { ...epochs, ...rate }, who));
}

const completed = (settings: Partial<Protocol>): Protocol => resolveProtocol(protocolOptions.parse(settings), who);

/** @throws UsageError for a protocol that asks of sets what those of a method do not say. */
export function checkReceiverProtocol(
  { abbreviation, learnsRate, teacher }: Distillation,
  protocol: Protocol,
  { receiverProtocol: name }: ReceiverRule,
): void {
  if (name === undefined) return;
  const lacks =
    trainsAtLearntRate(name, who) && !learnsRate
      ? "trains at the rate that a set was learnt with"
      : protocol.teacherFrom === "raw" && !teacher
        ? "asks the teacher that made a set"
        : undefined;
  if (lacks !== undefined)
    throw new UsageError(
      `${who}: invalid --receiver-protocol: expected one that sets of ${abbreviation} can be judged by, got ${name}, which ${lacks}`,
    );
}

/** What a protocol asks of the set that a method will make. */
export function shownBy(
  { multiFormation, learnsRate }: Distillation,
  method: string,
  options: { readonly ipc: number; readonly factor?: number },
  { shape: [, ...image], classes }: LabelledSet,
): JudgedSet {
  const m = classes * options.ipc * (multiFormation ? (options.factor ?? 1) ** 2 : 1);
  // Which rate it will be changes nothing but that.
  return { metadata: { method, options, ...(learnsRate && { lr: 1 }) }, shape: [m, ...image], classes };
}
