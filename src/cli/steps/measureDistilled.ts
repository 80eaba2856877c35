import { drive } from "../../core/drive.ts";
import { lookUp } from "../../core/errors.ts";
import { child, type Key } from "../../core/random.ts";
import { namedIn } from "../../core/spelling.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { DistillationContext } from "../../distill/Distillation.ts";
import { randomReal } from "../../distill/randomReal.ts";
import { askedTeacher } from "../../distill/teachers/askedTeacher.ts";
import type { Device } from "../../engine/device.ts";
import type { InputShape, Network, NetworkOptions } from "../../nn/Network.ts";
import { networkRegistry } from "../../nn/networkRegistry.ts";
import type { DistilledRecord } from "../../report/distilled/distilledRecord.ts";
import { runEvaluationStage } from "../../run/evaluationStage.ts";
import type { Work } from "./attackRun.ts";
import { type ReceiverRule, receiverProtocol } from "./receiverProtocol.ts";
import { receiversTeacher } from "./receiversTeacher.ts";

export interface ReceiverChoice extends ReceiverRule {
  readonly receivers: number;
  /** Name in the registry. */
  readonly receiverNetwork: string;
  readonly receiverWidth: number;
}

/**
 * Train receivers on a distilled set and on as many random real images, network by network from the same initial weights, and measure
 * them after the last epoch. A set that says which learning rate it was learnt with is trained on at that. A teacher that the protocol
 * asks is that of the set, for both. Finished networks are read back from the run's folder.
 */
export async function measureDistilled(
  { run, console, signal }: Pick<Work, "run" | "console" | "signal">,
  { set, raw, digest, test }: { set: DistilledSet; raw: LabelledSet; digest: string; test: LabelledSet },
  choice: ReceiverChoice,
  context: Omit<DistillationContext, "resume"> & { readonly key: Key; readonly device: Device },
): Promise<DistilledRecord["measured"]> {
  const { receivers, receiverProtocol: named } = choice;
  const { epochs, ...own } = receiverProtocol(set, choice);
  const recipe = askedTeacher(set, own, "retort distill");
  const { device } = context;
  const teacher = recipe && (await receiversTeacher({ console, signal, device }, set, { recipe, raw, digest }));
  const [images] = set.shape;
  const settings = randomReal.options.parse({ ipc: Math.max(1, Math.round(images / set.classes)) });
  let random: DistilledSet | undefined;
  const real = randomReal.run(raw, settings, { ...context, key: child(context.key, "random real") });
  await drive(real, {
    signal,
    onProgress(step) {
      random = step.set();
    },
  });
  const name = nameOf(choice);
  // What is read back was measured on the same images.
  const labelled = (of: string) => [name, ...(named ? [named] : []), of, test.shape[0]].join("-");
  const bar = console.progress("evaluate", 2 * receivers);
  const reached = async (label: string, of: DistilledSet, before: number) => {
    const { evaluations } = await runEvaluationStage(run, {
      ...{ sets: [{ name: "clean" as const, set: of }], test, repeats: receivers, epochs: [epochs], signal },
      ...{
        key: child(context.key, "evaluate"),
        device,
        protocol: receiverProtocol(of, choice),
        teacher,
      },
      networks: { [label]: receiverOf(choice, of) },
      onProgress: ({ done }) => bar.update(before + done, label),
    });
    return new Map(evaluations.map(({ seed, cta }) => [seed, cta]));
  };
  try {
    const distilled = await reached(labelled("distilled"), set, 0);
    const others = random ? await reached(labelled("random"), random, receivers) : new Map<number, number>();
    // Pairs: where one of two networks diverged, neither counts.
    const seeds = [...distilled.keys()].filter((seed) => others.has(seed));
    if (seeds.length === 0) return undefined;
    const of = (rates: ReadonlyMap<number, number>) => seeds.map((seed) => rates.get(seed) as number);
    const rates = { own: of(distilled), random: of(others) };
    return { network: name, epochs, testImages: test.shape[0], ...(named && { protocol: named }), ...rates };
  } finally {
    bar.end();
  }
}

/** Whether that is what these receivers would measure again. */
export const sameReceivers = (
  { network, epochs, testImages, protocol, own }: NonNullable<DistilledRecord["measured"]>,
  choice: ReceiverChoice & { readonly epochs: number },
  { shape: [images] }: LabelledSet,
): boolean =>
  network === nameOf(choice) &&
  epochs === choice.epochs &&
  protocol === choice.receiverProtocol &&
  testImages === images &&
  own.length === choice.receivers;

/** The network of the receivers of a set. @throws UsageError for a name that nobody knows. */
export function receiverOf(
  { receiverNetwork, receiverWidth: width }: ReceiverChoice,
  { shape: [, channels, size], classes }: DistilledSet | LabelledSet,
): Network {
  type Factory = (shape: InputShape, options: NetworkOptions) => Network;
  const make = lookUp<Factory>(networkRegistry, receiverNetwork, "retort distill", "--receiver-network");
  return make({ channels, size, classes }, { width });
}

const nameOf = ({ receiverNetwork, receiverWidth }: ReceiverChoice): string =>
  `${namedIn(Object.keys(networkRegistry), receiverNetwork)}-${receiverWidth}`;
