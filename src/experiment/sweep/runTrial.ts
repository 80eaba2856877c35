import type { Attack, AttackProgress, AttackResult } from "../../attack/Attack.ts";
import { attackRegistry as attacks } from "../../attack/attackRegistry.ts";
import { Holder } from "../../core/closable.ts";
import { hashJson, sha256Hex } from "../../core/hash.ts";
import { child, key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import { toPixels } from "../../data/normalise.ts";
import { plainNormalisation } from "../../data/plainNormalisation.ts";
import type { Trigger } from "../../data/Trigger.ts";
import { keptNetworks } from "../../disk/kept/keptNetworks.ts";
import type { Distillation } from "../../distill/Distillation.ts";
import { methodRegistry as methods } from "../../distill/methodRegistry.ts";
import { rawTeacherOf } from "../../distill/teachers/rawTeacherOf.ts";
import { type Device, device } from "../../engine/device.ts";
import { stealth } from "../../metrics/stealth.ts";
import type { NetworkResult } from "../../report/record.ts";
import type { FinishedTrial } from "../../report/sweep/sweepRecord.ts";
import { runAttackStage } from "../../run/attackStage.ts";
import { distillPace } from "../../run/distillPace.ts";
import { loadDistillation, runDistillStage } from "../../run/distillStage.ts";
import { storedTrigger } from "../../run/triggerFile.ts";
import { type Evaluation, evaluate } from "../../train/evaluate.ts";
import type { Learner } from "../../train/Learner.ts";
import { type GivenTeacher, learnerFor, learnerPart } from "../../train/learnerFor.ts";
import { learntRateOf } from "../../train/namedProtocols.ts";
import { train } from "../../train/train.ts";
import { whitenRaw } from "../../train/whitenRaw.ts";
import { checkDigest, type Inputs } from "../plan/Inputs.ts";
import { rawOfTrial } from "../plan/rawOfTrial.ts";
import { type TrialConfig, teacherIdentity } from "../plan/TrialConfig.ts";
import { trialStages } from "../plan/trialStages.ts";
import { auditTrial } from "./auditTrial.ts";
import { LruCache } from "./LruCache.ts";
import { networkOf } from "./networkOf.ts";
import type { StageStore } from "./StageStore.ts";
import type { TrialHooks } from "./TrialHooks.ts";
import { decodeNetwork, encodeNetwork } from "./trainedNetwork.ts";

export type TrialResult = Pick<FinishedTrial, "evaluations" | "seconds" | "trigger" | "stealth" | "audits">;
type TimedEvaluation = Evaluation & { readonly seconds: number };

const now = () => performance.now() / 1000;

/**
 * Runs trials one after another in this process, and keeps what the next one may need: sets, attacked sets, compiled networks.
 * What other processes may need goes through the store.
 */
export class TrialRunner extends Holder {
  readonly inputs: Inputs;
  readonly store: StageStore;
  readonly hooks: TrialHooks;
  // Chosen: trials come in the order of the matrix, so that neighbours share; a compiled network takes tens of megabytes.
  private readonly learners = new LruCache<Learner>(4, (learner) => learner.close());
  private readonly teachers = new LruCache<GivenTeacher>(2);
  private readonly sets = new LruCache<DistilledSet>(8);
  private readonly attacked = new LruCache<AttackResult & { seconds: number }>(8);

  constructor(inputs: Inputs, store: StageStore, hooks: TrialHooks = {}) {
    super();
    this.inputs = inputs;
    this.store = store;
    this.hooks = hooks;
  }

  /**
   * Run one trial: the same numbers as `retort attack` gives for the same set, options and seed.
   *
   * @throws whatever went wrong; the signal's reason after Ctrl-C, with the stage at hand saved.
   */
  async run(config: TrialConfig): Promise<TrialResult> {
    const target = device(config.device, config.threads);
    const stages = trialStages(config);
    const clean = await this.cleanSet(config, target, stages.set);
    const result = await this.attack(config, clean, target, stages.attack);
    const teacher = await this.teacher(config, clean, target, stages.teacher);
    const evaluations = await this.measure(config, clean, result, teacher, target);
    this.hooks.onStage?.(stages.clean);
    const audits = await auditTrial(config, clean, result, target, this);
    return {
      evaluations: evaluations.map(({ losses: _, seconds: __, ...rates }) => ({
        network: networkLabel(config),
        ...rates,
      })),
      seconds: {
        ...(result && { attack: result.seconds }),
        evaluation: evaluations.reduce((sum, { seconds }) => sum + seconds, 0),
      },
      ...(result && { trigger: triggerFacts(result) }),
      ...(result && stealthOf(clean, result.set)),
      ...(audits && { audits }),
    };
  }

  private cleanSet({ set }: TrialConfig, target: Device, stage: string | undefined): Promise<DistilledSet> {
    return this.sets.get(JSON.stringify(set), async () => {
      if ("file" in set) {
        checkDigest(await this.inputs.setDigest(set, "trial"), set.sha256, `set ${set.file}`);
        return this.inputs.distilled(set, "trial");
      }
      const { distil, method, options, seed, sha256 } = set;
      const made = await this.store.inRun(stage!, { set }, "distillation", async (run) => {
        // The raw images take longer to read than the few that were made of them.
        const finished = await loadDistillation(run, this.inputs.hooks);
        if (finished) return finished;
        const raw = await this.inputs.train(distil, "trial");
        const { signal, onWork } = this.hooks;
        const space = await this.inputs.space(set, "trial");
        await whitenRaw(raw, space, target, { signal });
        const record = { seed, source: { name: raw.name, images: raw.shape[0], digest: sha256 } };
        const keep = keptNetworks(sha256);
        const { pace, onProgress } = distillPace((work) => onWork?.({ part: "distillation", ...work }));
        const context = { normalisation: space, key: key(seed), device: target, record, keep, pace };
        const distillation = methods[method as keyof typeof methods] as Distillation;
        return runDistillStage(run, distillation, raw, options, context, { signal, onProgress });
      });
      this.hooks.onStage?.(stage!);
      return made.set;
    });
  }

  private async attack(config: TrialConfig, clean: DistilledSet, target: Device, stage: string | undefined) {
    const { attack, seed } = config;
    if (!attack || !stage) return undefined;
    const method = attacks[attack.method as keyof typeof attacks] as unknown as Attack;
    const result = await this.attacked.get(stage, () =>
      this.store.inRun(stage, { attack, seed }, "attack", async (run) => {
        const { signal, onWork } = this.hooks;
        const raw = await rawOfTrial(config, clean, this.inputs, target, "trial");
        const onProgress = ({ done, total }: AttackProgress) => onWork?.({ part: "attack", done, total });
        const work = { key: child(key(seed), "attack"), device: target, raw, signal, onProgress, now };
        return runAttackStage(run, clean, method, attack.options, work);
      }),
    );
    this.hooks.onStage?.(stage);
    return result;
  }

  private async teacher(
    { teacher }: TrialConfig,
    { normalisation }: DistilledSet,
    target: Device,
    stage: string | undefined,
  ): Promise<GivenTeacher | undefined> {
    if (!teacher || !stage) return undefined;
    const { recipe, data, sha256 } = teacher;
    const name = JSON.stringify([stage, plainNormalisation(normalisation)]);
    const taught = await this.teachers.get(name, () =>
      this.store.alone(stage, async () => {
        checkDigest(await this.inputs.trainDigest(data, "trial"), sha256, `teacher's data ${data}`);
        const raw = await this.inputs.train(data, "trial");
        const { signal, onWork } = this.hooks;
        const onEpoch = (done: number) => onWork?.({ part: "teacher", done, total: recipe.epochs });
        return rawTeacherOf(recipe, raw, normalisation, {
          device: target,
          keep: keptNetworks(sha256),
          signal,
          onEpoch,
        });
      }),
    );
    this.hooks.onStage?.(stage);
    return taught;
  }

  private async measure(
    config: TrialConfig,
    clean: DistilledSet,
    result: AttackResult | undefined,
    teacher: GivenTeacher | undefined,
    target: Device,
  ): Promise<TimedEvaluation[]> {
    const { strategy, receivers, seed } = config;
    const names = result ? (["clean", "tampered"] as const) : (["clean"] as const);
    const file = evaluationFiles(config, result);
    const finished: TimedEvaluation[] = [];
    for (let i = 0; i < receivers; i++)
      for (const name of names) {
        const known = await this.store.read(file(name, i), parseEvaluation);
        if (known) finished.push(known);
      }
    if (finished.length === names.length * receivers) return finished;
    const test = await this.inputs.test(config.test, "trial");
    checkDigest(await this.inputs.testDigest(config.test, "trial"), config.test.sha256, `test set ${config.test.data}`);
    const learner = await this.learner(config, clean, teacher, target);
    const plan = {
      sets: names.map((name) => ({ name, set: name === "clean" ? clean : (result as AttackResult).set })),
      test,
      backdoor: result,
      protocol: config.learntRate ? { ...strategy, lr: learntRateOf(clean, "trial") } : strategy,
      repeats: receivers,
      key: child(key(seed), "evaluate"),
      onWork: () => this.hooks.signal?.throwIfAborted(),
      // Attacks on one set share the networks of the clean one.
      ...(result && { train: this.sharedTraining(config, clean) }),
    };
    const measured: TimedEvaluation[] = [];
    let start = now();
    for await (const { result: one, done, total } of evaluate(learner, plan, finished)) {
      this.hooks.onWork?.({ part: "networks", done, total });
      if (one) {
        const known = finished.find((f) => f === one);
        const timed = known ?? { ...one, seconds: now() - start };
        measured.push(timed);
        if (!known) await this.store.write(file(one.set, one.seed), JSON.stringify(timed));
        start = now();
      }
      this.hooks.signal?.throwIfAborted();
    }
    return measured;
  }

  private sharedTraining(config: TrialConfig, clean: DistilledSet): typeof train {
    return async (learner, set, protocol, from, ...more) => {
      if (set !== clean) return train(learner, set, protocol, from, ...more);
      const name = hashJson({ set: trialStages(config).clean, key: from.hex });
      return this.store.inFile(
        `networks/${name}.safetensors`,
        (bytes) => decodeNetwork(bytes, learner.network),
        async () => {
          const value = await train(learner, set, protocol, from, ...more);
          return { value, bytes: encodeNetwork(value) };
        },
      );
    };
  }

  close(): Promise<void> {
    return this.learners.clear();
  }

  private learner(
    config: TrialConfig,
    clean: DistilledSet,
    teacher: GivenTeacher | undefined,
    target: Device,
  ): Promise<Learner> {
    const { network, strategy } = config;
    const [, ...image] = clean.shape;
    const taught = config.teacher && [teacherIdentity(config.teacher), plainNormalisation(clean.normalisation)];
    const name = JSON.stringify([network, image, clean.classes, learnerPart(strategy), target, taught]);
    return this.learners.get(name, () => learnerFor(networkOf(config, clean), strategy, target, teacher));
  }
}

/** What tables call the receivers: "convNet-32". */
export const networkLabel = ({ network: { name, width } }: TrialConfig): NetworkResult["network"] =>
  width === undefined ? name : `${name}-${width}`;

const triggerFacts = ({ trigger, sourceClass }: AttackResult): NonNullable<TrialResult["trigger"]> => ({
  ...{ description: trigger.description, inGamut: trigger.inGamut },
  ...(sourceClass !== undefined && { sourceClass }),
});

/** Where the numbers of one network lie. Clean networks are measured once for all attacks with the same trigger. */
function evaluationFiles(config: TrialConfig, result: AttackResult | undefined) {
  const stages = trialStages(config);
  const backdoor = result && {
    target: result.targetClass,
    mask: digestOf(result.trigger.mask),
    pattern: digestOf(result.trigger.pattern),
    ...(result.sourceClass !== undefined && { source: result.sourceClass }),
    ...(result.trigger.generator && { generator: generatorDigest(result.trigger) }),
  };
  return (set: Evaluation["set"], receiverIndex: number): string => {
    const attack = set === "tampered" && { attack: stages.attack };
    const content = { clean: stages.clean, test: config.test.sha256, backdoor, ...attack, receiverIndex };
    return `evaluations/${hashJson(content)}.json`;
  };
}

/** Of all that a generator is made of, as a file would hold it. */
function generatorDigest(trigger: Trigger): string {
  const { description, tensors } = storedTrigger(trigger);
  const arrays = Object.entries(tensors).map(([name, { data }]) => [name, digestOf(data as Float32Array<ArrayBuffer>)]);
  return hashJson({ description, arrays: Object.fromEntries(arrays) });
}

const digestOf = ({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): string =>
  sha256Hex(new Uint8Array(buffer, byteOffset, byteLength));

function parseEvaluation(bytes: Uint8Array): TimedEvaluation | undefined {
  const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<TimedEvaluation> | null;
  return typeof value?.cta === "number" && typeof value.seconds === "number" ? (value as TimedEvaluation) : undefined;
}

function stealthOf(clean: DistilledSet, tampered: DistilledSet): Pick<TrialResult, "stealth"> {
  const { normalisation, shape } = clean;
  if (shape.join() !== tampered.shape.join() || normalisation.kind === "unknown") return {};
  if (normalisation.kind === "zca" && !normalisation.whitening) return {};
  const pixels = (set: DistilledSet) => toPixels(set.images, shape, normalisation);
  return { stealth: stealth(pixels(clean), pixels(tampered), [...shape]) };
}
