import { Scope } from "../core/closable.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { imagesOfClass } from "../data/imagesOfClass.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { pictureSpace } from "../data/normalise.ts";
import { applyTrigger } from "../data/Trigger.ts";
import type { Device } from "../engine/device.ts";
import { accuracy, attackSuccessRate } from "../metrics/rates.ts";
import type { Floats } from "../nn/Network.ts";
import { type Backdoor, predictTest } from "./evaluate.ts";
import { inputTransform } from "./inputTransform.ts";
import { learnerFor } from "./learnerFor.ts";
import { protocolOptions } from "./protocol.ts";
import { networkDefinition, type TrainedNetwork } from "./TrainedNetwork.ts";

/**
 * Measure a trained network on real images: clean accuracy, and a trigger's success on images of other classes. Fractions.
 *
 * @param backdoor trigger in the network's own space
 * @throws UsageError where the images are not of its shape or classes.
 */
export async function ratesOfNetwork(
  trained: TrainedNetwork,
  test: LabelledSet,
  backdoor: Backdoor | undefined,
  device: Device,
): Promise<{ readonly cta: number; readonly asr?: number }> {
  await using scope = new Scope();
  const learner = scope.hold(learnerFor(networkDefinition(trained, "sanitise"), protocolOptions.parse({}), device));
  const { normalisation, classes, input, receives } = trained;
  // Whitening aside, of the set a network was trained on only space and shape are asked.
  const set = { normalisation, classes, shape: [1, ...input] } as const;
  const seen = scope.hold(
    inputTransform(receives, set as unknown as DistilledSet, device, pictureSpace(normalisation)),
  );
  const [plain] = await predictTest(learner, trained, test, set, [(x: Floats) => seen(x)]);
  const cta = accuracy(plain, test.labels);
  if (!backdoor) return { cta };
  const { trigger, targetClass, sourceClass } = backdoor;
  const counted = sourceClass === undefined ? test : imagesOfClass(test, sourceClass);
  const [stamped] = await predictTest(learner, trained, counted, set, [(x) => seen(applyTrigger(trigger, x))]);
  return { cta, asr: attackSuccessRate(stamped, counted.labels, targetClass) };
}
