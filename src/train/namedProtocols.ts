import { lookUp, UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Protocol } from "./protocol.ts";

/** How a method's sets are judged: what differs from the field's baseline. */
interface NamedProtocol {
  readonly settings: Partial<Protocol>;
  /** Networks train at the rate that the set was learnt with. */
  readonly learntRate?: true;
}

/**
 * How the sets of each method were judged by its authors, as far as receivers here can do it: SGD with momentum 0.9 and weight decay
 * 5e-4, the rate a tenth after epoch E//2 + 1.
 */
export const namedProtocols = {
  /** arXiv 2006.05929, §4.1. */
  dc: { settings: { epochs: 300 } },
  /** arXiv 2102.08259, §4.1. */
  dsa: { settings: { epochs: 1000, augmentation: "dsa" } },
  /** arXiv 2110.04181, §4.1. */
  dm: { settings: { epochs: 1000, augmentation: "dsa" } },
  /** The published program of arXiv 2310.00093. */
  datadam: { settings: { epochs: 1800, batch: 64, augmentation: "dsa" } },
  /** arXiv 2203.11932, §4. */
  mtt: { settings: { epochs: 1000, augmentation: "dsa" }, learntRate: true },
  /** The published program of arXiv 2310.05773; its decay of the average is that of ten images per class. */
  datm: { settings: { epochs: 1000, batch: 128, augmentation: "dsa", ema: 0.9995 }, learntRate: true },
} as const satisfies Record<string, NamedProtocol>;

export type ProtocolName = keyof typeof namedProtocols;

/**
 * The settings of a named protocol for a set.
 *
 * @param lr a learning rate that somebody asked for
 * @throws UsageError if the name is unknown, or the protocol trains at a learnt rate and the set says none.
 */
export function protocolNamed(
  name: string,
  { metadata }: Pick<DistilledSet, "metadata">,
  who: string,
  lr?: number,
): Partial<Protocol> {
  const { settings, learntRate } = lookUp<NamedProtocol>(namedProtocols, name, who, "protocol");
  if (!learntRate || lr !== undefined) return settings;
  if (typeof metadata.lr === "number" && metadata.lr > 0) return { ...settings, lr: metadata.lr };
  throw new UsageError(
    `${who}: missing learning rate: expected one that the set was learnt with for the protocol ${name}, got none; say --lr`,
  );
}
