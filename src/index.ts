/**
 * Retort as a library: attack, evaluate, distil, inspect, convert, compare and audit distilled datasets. Free of Node's modules and of files;
 * `retort-dd/node` opens and writes files.
 *
 * @packageDocumentation
 */

// What comes with Retort: attacks, distillation methods, networks, formats.
export {
  type Access,
  type Attack,
  type AttackContext,
  type AttackProgress,
  type AttackResult,
  type DistillingStep,
  type RawAccess,
  reporter,
  type SearchSpace,
  tamperedRecord,
} from "./attack/Attack.ts";
export * as attacks from "./attack/attacks.ts";
export type { AuditedSet } from "./audit/AuditedSet.ts";
export type { AuditProgress, AuditResult, NamedDetection, Suspect } from "./audit/auditSet.ts";
export type { Calibration, Significance } from "./audit/calibration.ts";
export type { Confirmation } from "./audit/confirm.ts";
export {
  type Detection,
  type Detector,
  type DetectorContext,
  defineDetector,
  type Found,
  type ImageContext,
  type ImageDetector,
  type NetworkDetector,
} from "./audit/detectors/Detector.ts";
export type { ChangeKind } from "./audit/diff/classifyChange.ts";
export type {
  ClassDifference,
  DiffVerdict,
  ImageDifference,
  SetDifference,
  SetSummary,
} from "./audit/diff/diffSets.ts";
export type { ChannelMap } from "./audit/diff/fitNormalisation.ts";
export type { Box, HeatMap } from "./audit/diff/heatMap.ts";
export type { Inverter } from "./audit/inversion.ts";
export type { Jury, Success } from "./audit/Jury.ts";
export type { Panel } from "./audit/Panel.ts";
export type { Patch } from "./audit/Patch.ts";
export type { Power } from "./audit/power.ts";
export type { AuditSettings } from "./audit/settings.ts";
export type { Support } from "./audit/supportDrop.ts";
export type { Candidate } from "./audit/transplant.ts";
export type { AuditConclusion, AuditVerdict } from "./audit/verdict.ts";
// Errors, randomness, long work.
export type { Checkpoint } from "./core/checkpoint.ts";
export { type Closable, type Held, Scope } from "./core/closable.ts";
export { type Drive, drive } from "./core/drive.ts";
export { DataError, type ErrorCode, NumericError, PolicyError, RetortError, UsageError } from "./core/errors.ts";
export type { Keep } from "./core/Keep.ts";
export type { Settings } from "./core/layers.ts";
export type { Pace } from "./core/Pace.ts";
export { child, type Key, key, normal, permutation, Stream, uniform } from "./core/random.ts";
export type { ReadWhen, Spell } from "./core/readWhen.ts";
export { version } from "./core/version.ts";
// Sets and triggers.
export type { DistilledSet, Labels } from "./data/DistilledSet.ts";
export { strokes } from "./data/generators/strokes.ts";
export type { ImageShape, LabelledSet } from "./data/LabelledSet.ts";
export { knownNormalisations, type Normalisation, type WhiteningFit } from "./data/Normalisation.ts";
export { fromPixels, renormalise, toPixels } from "./data/normalise.ts";
export { normalisedBatch } from "./data/normalisedBatch.ts";
export {
  applyTrigger,
  clampToGamut,
  randomTrigger,
  type SquareTrigger,
  squareTrigger,
  type Trigger,
} from "./data/Trigger.ts";
export type { GeneratorLayer, TriggerGenerator } from "./data/TriggerGenerator.ts";
export {
  type Distillation,
  type DistillationContext,
  type DistillationRecord,
  type DistillationStep,
  distilledSet,
  type SetExtras,
} from "./distill/Distillation.ts";
export * as distillationMethods from "./distill/methods.ts";
export type { TeacherRecipe } from "./distill/teachers/teacherRecipe.ts";
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
  type Judged,
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
export type { Coherence } from "./metrics/coherence.ts";
export { type CtaAndAsr, defenseEffectiveness } from "./metrics/defenseEffectiveness.ts";
export { pairedDifference, type Summary, summarise } from "./metrics/intervals.ts";
export { accuracy, attackSuccessRate, type Classes, robustAccuracy } from "./metrics/rates.ts";
export { type Stealth, stealth } from "./metrics/stealth.ts";
export {
  type Floats,
  type Forward,
  type InputShape,
  initialise,
  type Network,
  type NetworkOptions,
  type ParamSpec,
  parameterCount,
} from "./nn/Network.ts";
export type { ConvNetOptions } from "./nn/networks/convNet.ts";
export * as networks from "./nn/networks.ts";
export type { AuditFindings, FoundSuspect } from "./sanitise/findings.ts";
export type { NetworkRepairStep, TriggerOnNetwork } from "./sanitise/network/sanitiseNetwork.ts";
export { defineRepair, type Repair, type RepairContext, type Repaired } from "./sanitise/Repair.ts";
export type { RepairTarget } from "./sanitise/RepairTarget.ts";
export * as repairs from "./sanitise/repairs.ts";
export type { Residue } from "./sanitise/residue.ts";
export type { RepairStep, SanitiseProgress } from "./sanitise/sanitiseSet.ts";
export type { Backdoor, Diverged, Evaluation } from "./train/evaluate.ts";
export {
  type KnowledgeDistillation,
  Learner,
  type LearnerState,
  type LearntWeights,
  type Loss,
  type Prediction,
} from "./train/Learner.ts";
export { type GivenTeacher, learnerFor } from "./train/learnerFor.ts";
export type { MeasureProgress, NetworkDiverged, NetworkEvaluation, NetworkOutcome } from "./train/measure.ts";
export { type Protocol, protocolOptions } from "./train/protocol.ts";
export { resolveProtocol } from "./train/resolveProtocol.ts";
export type { SeenSpace, TrainedNetwork } from "./train/TrainedNetwork.ts";
export { type Trained, train } from "./train/train.ts";
