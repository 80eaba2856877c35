/**
 * Retort as a library: attack, evaluate, distil, inspect, convert, compare and audit distilled datasets. Free of Node's modules and of files;
 * `retort-dd/node` opens and writes files.
 *
 * @packageDocumentation
 */

// What comes with Retort: attacks, distillation methods, networks, formats.
export type {
  Access,
  Attack,
  AttackContext,
  AttackProgress,
  AttackResult,
  DistillingStep,
  RawAccess,
} from "./attack/Attack.ts";
export { reporter, tamperedRecord } from "./attack/Attack.ts";
export * as attacks from "./attack/attacks.ts";
export type { AuditResult, Suspect } from "./audit/auditSet.ts";
export type { Calibration } from "./audit/calibration.ts";
export {
  type Detection,
  type Detector,
  type DetectorContext,
  defineDetector,
  type Found,
} from "./audit/detectors/Detector.ts";
export type { SetDifference } from "./audit/diff/diffSets.ts";
export type { Power } from "./audit/power.ts";
export type { AuditSettings } from "./audit/settings.ts";
export type { AuditConclusion, AuditVerdict } from "./audit/verdict.ts";
// Errors, randomness, long work.
export type { Checkpoint } from "./core/checkpoint.ts";
export { type Closable, Scope } from "./core/closable.ts";
export { type Drive, drive } from "./core/drive.ts";
export { DataError, NumericError, PolicyError, RetortError, UsageError } from "./core/errors.ts";
export type { Keep } from "./core/Keep.ts";
export { child, type Key, key, normal, permutation, Stream, uniform } from "./core/random.ts";
export { version } from "./core/version.ts";
// Sets and triggers.
export type { DistilledSet, Labels } from "./data/DistilledSet.ts";
export { strokes } from "./data/generators/strokes.ts";
export type { ImageShape, LabelledSet } from "./data/LabelledSet.ts";
export { knownNormalisations, type Normalisation } from "./data/Normalisation.ts";
export { fromPixels, renormalise, toPixels } from "./data/normalise.ts";
export { normalisedBatch } from "./data/normalisedBatch.ts";
export { applyTrigger, clampToGamut, randomTrigger, squareTrigger, type Trigger } from "./data/Trigger.ts";
export type { Distillation, DistillationContext, DistillationStep, SetExtras } from "./distill/Distillation.ts";
export { distilledSet } from "./distill/Distillation.ts";
export * as distillationMethods from "./distill/methods.ts";
export { type Converted, convert } from "./formats/convert.ts";
// One call each.
export { type AttackCall, type AttackName, type AttackSettings, attack, defineAttack } from "./library/attack.ts";
export { type AuditCall, audit } from "./library/audit.ts";
export type { Call } from "./library/call.ts";
export { diff } from "./library/diff.ts";
export { type DistilCall, type DistillationName, defineDistillation, distil } from "./library/distil.ts";
export {
  defineNetwork,
  type EvaluateSettings,
  type EvaluationResult,
  evaluate,
  type NetworkFactory,
  type NetworkName,
} from "./library/evaluate.ts";
export { inspect } from "./library/inspect.ts";
export type { Rates, SetRates } from "./library/rates.ts";
export { type Registration, register } from "./library/register.ts";
export {
  type SanitiseCall,
  type SanitiseResult,
  type SanitiseRound,
  type SanitiseSettings,
  sanitise,
} from "./library/sanitise.ts";
export {
  type SanitiseNetworkResult,
  type SanitiseNetworkSettings,
  sanitiseNetwork,
} from "./library/sanitiseNetwork.ts";
// Measuring.
export { auroc } from "./metrics/auroc.ts";
export { defenseEffectiveness } from "./metrics/defenseEffectiveness.ts";
export { pairedDifference, type Summary, summarise } from "./metrics/intervals.ts";
export { accuracy, attackSuccessRate, robustAccuracy } from "./metrics/rates.ts";
export { type Stealth, stealth } from "./metrics/stealth.ts";
export type { Forward, InputShape, Network, NetworkOptions, ParamSpec } from "./nn/Network.ts";
export { initialise, parameterCount } from "./nn/Network.ts";
export * as networks from "./nn/networks.ts";
export { defineRepair, type Repair, type Repaired } from "./sanitise/Repair.ts";
export type { RepairTarget } from "./sanitise/RepairTarget.ts";
export * as repairs from "./sanitise/repairs.ts";
export type { Backdoor, Evaluation } from "./train/evaluate.ts";
export { Learner, type LearnerState } from "./train/Learner.ts";
export { learnerFor } from "./train/learnerFor.ts";
export type { MeasureProgress, NetworkEvaluation } from "./train/measure.ts";
export { type Protocol, protocolOptions } from "./train/protocol.ts";
export { resolveProtocol } from "./train/resolveProtocol.ts";
export type { TrainedNetwork } from "./train/TrainedNetwork.ts";
export { type Trained, train } from "./train/train.ts";
