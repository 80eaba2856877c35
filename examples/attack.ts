/**
 * Backdoor a small distilled set and measure it with the library, without the command line.
 *
 *   npx tsx examples/attack.ts
 */
import {
  attacks,
  type DistilledSet,
  device,
  evaluate,
  key,
  knownNormalisations,
  Learner,
  networks,
  normalisedBatch,
  protocolOptions,
  sgd,
  strokes,
} from "../src/index.ts";

const cpu = device("cpu", 1);
const normalisation = knownNormalisations.strokes;

// Ten drawings, one of each class, stand in for a distilled set.
const raw = strokes("train", 10);
const set: DistilledSet = {
  kind: "distilled",
  name: "ten drawings",
  images: normalisedBatch(raw, 0, 10, normalisation),
  shape: raw.shape,
  labels: { kind: "hard", classes: raw.labels },
  classes: 10,
  normalisation,
  metadata: {},
};

const { poisonedDistillation } = attacks;
const options = poisonedDistillation.options.parse({
  trigger: { side: 3, value: 1, unit: "pixel" },
  trajectory: 2,
  steps: 10,
  surrogate: { width: 16, hidden: 0, steps: 10 },
  archetype: { steps: 20 },
});
const steps = poisonedDistillation.run(set, options, { key: key(0), device: cpu });
let step = await steps.next();
while (!step.done) step = await steps.next();
const { set: tampered, trigger, targetClass } = step.value;

const network = networks.convNet({ channels: 3, size: 32, classes: 10 }, { width: 16 });
const learner = new Learner(network, sgd({ momentum: 0.9, weightDecay: 5e-4 }), cpu);
const measured = evaluate(learner, {
  sets: [
    { name: "clean", set },
    { name: "tampered", set: tampered },
  ],
  test: strokes("test", 200),
  backdoor: { trigger, targetClass },
  protocol: protocolOptions.parse({ epochs: 20 }),
  repeats: 2,
  key: key(1),
});
for await (const { result } of measured)
  if (result) console.log(result.set, `CTA ${result.cta.toFixed(3)}`, `ASR ${result.asr?.toFixed(3)}`);
await learner.close();
