import * as z from "zod";
import { distinct } from "../../core/distinct.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { InputShape, Network } from "../../nn/Network.ts";
import { networkName } from "../../nn/networkName.ts";
import { networkRegistry as networks } from "../../nn/networkRegistry.ts";
import { namedProtocols, type ProtocolName, underNamed } from "../../train/namedProtocols.ts";
import { type Protocol, protocolOptions } from "../../train/protocol.ts";
import { resolveProtocol } from "../../train/resolveProtocol.ts";
import { flagOf } from "../shell/flagOf.ts";
import { optionGroup } from "../shell/optionGroup.ts";

const { epochs: _, ...protocol } = protocolOptions.shape;

/** Flags of every command that trains receivers. */
export const evaluationOptions = optionGroup(
  { title: "Receivers", common: ["test", "testImages", "network", "width", "networks", "epochs", "lr"] },
  {
    test: z
      .string()
      .optional()
      .describe(
        "raw dataset to measure on: strokes, a name in the data folder, or a path; @64 behind it brings images to 64 × 64",
      ),
    testImages: z.int().min(1).optional().describe("use the first so many test images (default: all)"),
    network: distinct(z.array(networkName).min(1)).default(["convNet"]).describe("architectures of the receivers"),
    width: z
      .int()
      .min(1)
      .optional()
      .describe("channels of the receivers' first layer, the others in proportion (default: as the field has it)"),
    networks: z
      .int()
      .min(1)
      .default(5)
      .describe("receivers per set and architecture, each from its own initial weights"),
    epochs: distinct(z.array(z.int().min(1)))
      .default([100])
      .describe("passes over the set; each length is trained from scratch"),
    ...protocol,
    teacherData: z
      .string()
      .optional()
      .describe("raw dataset that the teacher learns with --teacher-from raw (default: that of --test)"),
  },
);

/** The flag that names how a method's sets are judged. */
export const protocolFlag = z
  .enum(Object.keys(namedProtocols) as [ProtocolName, ...ProtocolName[]])
  .optional()
  .describe(
    `as a method's sets were judged, beneath what other flags say: ${Object.entries(namedProtocols)
      .map(([name, { settings, ...more }]) => {
        const flags = Object.entries(settings).map(([option, value]) => `${flagOf([option])} ${value}`);
        const own = [
          ...("learntRate" in more ? ["the set's own --lr"] : []),
          ...("ofSetSaid" in more ? [more.ofSetSaid] : []),
        ];
        return `${name} is ${[flags.join(" "), ...own].join(", ")}`;
      })
      .join("; ")}`,
  );

/** What a named protocol says of options that nobody wrote. @throws UsageError as `protocolNamed`. */
export function underProtocol(
  choice: EvaluationChoice,
  name: ProtocolName | undefined,
  set: DistilledSet,
  given: ReadonlySet<string>,
  who: string,
): EvaluationChoice {
  if (name === undefined) return choice;
  const asked = Object.fromEntries(Object.entries(protocolOf(choice)).filter(([option]) => given.has(option)));
  const { epochs = 100, ...settings } = underNamed(name, set, asked, who);
  return { ...choice, ...settings, epochs: given.has("epochs") ? choice.epochs : [epochs] };
}

export type EvaluationChoice = z.infer<z.ZodObject<typeof evaluationOptions>>;

/** Fill in the options that depend on others. @throws UsageError for one that would do nothing. */
export function resolveEvaluation(
  choice: EvaluationChoice,
  who: string,
  named: (option: string) => string = (option) => option,
): EvaluationChoice {
  const spell = (path: readonly PropertyKey[]) => flagOf([named(String(path[0]))]);
  const { epochs, ...resolved } = resolveProtocol(protocolOf(choice), who, spell);
  return { ...choice, ...resolved };
}

/** How the receivers train, with the shortest of the lengths. */
export function protocolOf(choice: EvaluationChoice): Protocol {
  const chosen = Object.fromEntries(Object.keys(protocol).map((name) => [name, choice[name as keyof typeof protocol]]));
  return protocolOptions.parse({ ...chosen, epochs: Math.min(...choice.epochs) });
}

/** The architectures by the names that results carry: "convNet", or "convNet-32" where a width was asked for. */
export function receiversOf(choice: EvaluationChoice, shape: InputShape): Record<string, Network> {
  const all = Object.entries(namedReceivers(choice));
  return Object.fromEntries(all.map(([name, { network, width }]) => [name, networks[network](shape, { width })]));
}

/** What stands behind these names. */
export const namedReceivers = ({ network, width }: EvaluationChoice) =>
  Object.fromEntries(
    network.map((one) => [
      width === undefined ? one : `${one}-${width}`,
      { network: one, ...(width !== undefined && { width }) },
    ]),
  );
