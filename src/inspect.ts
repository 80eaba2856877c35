/**
 * Saying what a file is, executing nothing that it contains, and what lies between two sets.
 *
 * @packageDocumentation
 */

export type { Comparable } from "./audit/diff/comparable.ts";
export { type Diffed, diffSets, type SetDifference } from "./audit/diff/diffSets.ts";
export type { SetStatistics } from "./audit/inspect/channelStatistics.ts";
export { type ContactSheet, contactSheet } from "./audit/inspect/contactSheet.ts";
export type { DuplicateGroup, NearDuplicate } from "./audit/inspect/duplicates.ts";
export type { NormalisationGuess } from "./audit/inspect/guessNormalisation.ts";
export type { Inspection } from "./audit/inspect/inspect.ts";
export type { SetReport } from "./audit/inspect/inspectSet.ts";
export type { Finding, Severity, Source } from "./formats/Format.ts";
export { memoryFolder, memorySource } from "./formats/memorySource.ts";
export type { FileVerdict } from "./formats/verdict.ts";
export { inspect } from "./library/inspect.ts";
