import type { AttackResult } from "../attack/Attack.ts";
import { drive } from "../core/drive.ts";
import { lookUp, NumericError, UsageError } from "../core/errors.ts";
import { resolveOptions } from "../core/options.ts";
import { child } from "../core/random.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { askedTeacher } from "../distill/teachers/askedTeacher.ts";
import { rawTeacherOf } from "../distill/teachers/rawTeacherOf.ts";
import type { Device } from "../engine/device.ts";
import type { InputShape, Network, NetworkOptions } from "../nn/Network.ts";
import { networkRegistry as networks } from "../nn/networkRegistry.ts";
import type { GivenTeacher } from "../train/learnerFor.ts";
import { type Measured, type MeasureProgress, measure } from "../train/measure.ts";
import { type ProtocolName, underNamed } from "../train/namedProtocols.ts";
import { type Protocol, protocolOptions } from "../train/protocol.ts";
import { resolveProtocol } from "../train/resolveProtocol.ts";
import { around, type Call } from "./call.ts";
import { type Rates, ratesOf } from "./rates.ts";

/** Names of the networks that come with Retort. */
export type NetworkName = keyof typeof networks;
/** A network of your own: its definition for images of a shape. */
export type NetworkFactory = (shape: InputShape, options: NetworkOptions) => Network;

export interface EvaluateSettings extends Partial<Omit<Protocol, "epochs">> {
  /** What `attack` gave: its set is measured beside the clean one, with its trigger and controls. */
  readonly attacked?: Pick<AttackResult, "set" | "trigger" | "targetClass" | "sourceClass" | "archetypes">;
  /** Raw images to measure on. */
  readonly test: LabelledSet;
  /** As a method's sets were judged by its authors: `frepo`, `rded`, …; other settings override it. */
  readonly as?: ProtocolName;
  /** Raw images that the teacher learns, where it is one of them (`teacherFrom: "raw"`, the protocols `rded` and `sre2l`). */
  readonly raw?: LabelledSet;
  /** Architectures of the receivers, by name or of your own. Default: convNet. */
  readonly networks?: readonly (NetworkName | NetworkFactory)[];
  /** Channels of their first layer, the others in proportion. Default: as the field has it. */
  readonly width?: number;
  /** Receivers per set and architecture, each from its own initial weights. Default 5. */
  readonly repeats?: number;
  /** Passes over the set; each length is trained from scratch. Default 100. */
  readonly epochs?: number | readonly number[];
}

/** What receivers reached. */
export interface EvaluationResult extends Measured {
  /** A row for each network and length of training: means, deviations and 95 % intervals. */
  readonly rates: readonly Rates[];
}

/**
 * Train receivers on a set, and on its tampered copy with the same seeds, and measure them after the last epoch.
 *
 * @param clean the set as it was published
 * @returns one evaluation a network and set, and their summaries. Rates are fractions: CTA, ASR (images of the target class left
 * out; images of the source class alone where the attack names one), and beside every ASR its controls.
 * @throws UsageError for settings that would do nothing or a test set that does not fit; NumericError when every network diverges;
 * the signal's reason once it is aborted.
 * @example
 * const { rates } = await evaluate(set, { attacked: await attack(set, "cleanLabel"), test, width: 32, repeats: 3 });
 * console.log(rates[0].tampered?.asr?.mean);
 */
export async function evaluate(
  clean: DistilledSet,
  settings: EvaluateSettings,
  call: Call<MeasureProgress> = {},
): Promise<EvaluationResult> {
  checkSet(clean, "evaluate");
  const { attacked, test, networks: chosen = ["convNet"], width, repeats = 5, as, raw, ...training } = settings;
  checkSet(test, "evaluate", ["labelled"]);
  if (attacked) checkSet(attacked.set, "evaluate");
  const { epochs, ...others } = training;
  const asked = { ...others, ...(epochs !== undefined && { epochs: Math.min(...[epochs].flat()) }) };
  const given = { epochs: 100, ...(as === undefined ? asked : underNamed(as, clean, asked, "evaluate")) };
  const lengths = [epochs ?? given.epochs].flat();
  const protocol = resolveProtocol(resolveOptions("evaluate", protocolOptions, given) as Protocol, "evaluate");
  const { root, target } = around(call);
  const teacher = await teacherOf(clean, protocol, raw, target, call.signal);
  const [, channels, size] = clean.shape;
  const plan = {
    sets: [
      { name: "clean" as const, set: clean },
      ...(attacked ? [{ name: "tampered" as const, set: attacked.set }] : []),
    ],
    test,
    backdoor: attacked,
    protocol,
    repeats,
    epochs: lengths,
    key: child(root, "evaluate"),
    networks: receivers(chosen, { channels, size, classes: clean.classes }, width),
    device: target,
    ...(teacher && { teacher }),
    signal: call.signal,
  };
  const measured = await drive(
    measure(plan, undefined, (progress) => call.onProgress?.(progress)),
    call,
  );
  if (measured.evaluations.length === 0)
    throw new NumericError(
      "evaluate: invalid losses: expected numbers, got none: every network diverged; try a lower lr",
    );
  return { ...measured, rates: ratesOf(measured.evaluations) };
}

/** The teacher that made the set, or another of the raw images. */
async function teacherOf(
  clean: DistilledSet,
  protocol: Protocol,
  raw: LabelledSet | undefined,
  device: Device,
  signal: AbortSignal | undefined,
): Promise<GivenTeacher | undefined> {
  const recipe = askedTeacher(clean, protocol, "evaluate");
  if (!recipe) return undefined;
  if (!raw) throw new UsageError("evaluate: missing raw: expected the raw images that the teacher learns, got none");
  return await rawTeacherOf(recipe, raw, clean.normalisation, { device, ...(signal && { signal }) });
}

function receivers(
  chosen: readonly (NetworkName | NetworkFactory)[],
  shape: InputShape,
  width: number | undefined,
): Record<string, Network> {
  const named: Record<string, Network> = {};
  for (const one of chosen) {
    const factory: NetworkFactory =
      typeof one === "string" ? (lookUp(networks, one, "evaluate", "network") as NetworkFactory) : one;
    const network = factory(shape, { width });
    const name = typeof one === "string" ? one : network.name;
    const label = width === undefined ? name : `${name}-${width}`;
    if (label in named) throw new UsageError(`evaluate: invalid networks: expected different ones, got ${label} twice`);
    named[label] = network;
  }
  return named;
}

/**
 * Describe a network of your own. Does nothing but check types.
 *
 * @example
 * const linear = defineNetwork(({ channels, size, classes }) => ({ name: "linear", … }));
 */
export const defineNetwork = (factory: NetworkFactory): NetworkFactory => factory;
