/** The public interface of Retort on one page. */

// Methods.
export type { Attack, AttackProgress, AttackResult } from "./attack/Attack.ts";
export * as attacks from "./attack/attacks.ts";
// Errors, randomness, checkpoints.
export type { Checkpoint } from "./core/checkpoint.ts";
export { DataError, NumericError, RetortError, UsageError } from "./core/errors.ts";
export { child, type Key, key } from "./core/random.ts";
// Sets and files.
export type { DistilledSet, Labels } from "./data/DistilledSet.ts";
export type { Finding, Format, Opened, ReadOptions, Source, SourceFile } from "./data/formats/Format.ts";
export { memorySource } from "./data/formats/memorySource.ts";
export { openSet } from "./data/formats/open.ts";
export * as formats from "./data/formats.ts";
export { strokes } from "./data/generators/strokes.ts";
export type { LabelledSet } from "./data/LabelledSet.ts";
export { knownNormalisations, type Normalisation } from "./data/Normalisation.ts";
export { normalisedBatch } from "./data/normalisedBatch.ts";
export { applyTrigger, clampToGamut, randomTrigger, squareTrigger, type Trigger } from "./data/Trigger.ts";
export type { Distillation, DistillationStep } from "./distill/Distillation.ts";
export * as distillationMethods from "./distill/methods.ts";
// Computation.
export { type Device, type DeviceName, defaultDevice, device } from "./engine/device.ts";
export { defenseEffectiveness } from "./metrics/defenseEffectiveness.ts";
export { pairedDifference, summarise } from "./metrics/intervals.ts";
export { accuracy, attackSuccessRate, robustAccuracy } from "./metrics/rates.ts";
// Networks.
export { gradientDistances } from "./nn/gradientDistance.ts";
export { crossEntropy } from "./nn/losses.ts";
export { initialise, type Network, parameterCount } from "./nn/Network.ts";
export * as networks from "./nn/networks.ts";
export { adam, type Optimiser, sgd } from "./nn/optimisers.ts";
// Reports.
export { conclude } from "./report/conclusion.ts";
export { toMarkdown } from "./report/markdown.ts";
export { renderHtml } from "./report/page.ts";
export { parseRecord, type RunRecord } from "./report/record.ts";
export {
  parseSweep,
  renderFrontier,
  renderSweepCsv,
  renderSweepHtml,
  renderSweepLatex,
  renderSweepMarkdown,
  type SweepRecord,
  summariseSweep,
} from "./report/sweep.ts";
export { type Compiled, compile, f32, i32, type Spec } from "./tensor/compile.ts";
export * as conv from "./tensor/conv.ts";
export { grad, jvp, valueAndGrad } from "./tensor/grad.ts";
export * as ops from "./tensor/ops.ts";
export type { Tensor } from "./tensor/Tensor.ts";
export type { Tree } from "./tensor/tree.ts";
// Training and measuring.
export { type Backdoor, type Evaluation, type EvaluationPlan, evaluate } from "./train/evaluate.ts";
export { Learner } from "./train/Learner.ts";
export { learnerFor } from "./train/learnerFor.ts";
export { type Protocol, protocolOptions } from "./train/protocol.ts";
export { resolveProtocol } from "./train/resolveProtocol.ts";
export { train } from "./train/train.ts";
