/**
 * Saying what a file is, executing nothing that it contains.
 *
 * @packageDocumentation
 */

export { type ContactSheet, contactSheet } from "./audit/inspect/contactSheet.ts";
export type { Inspection } from "./audit/inspect/inspect.ts";
export type { Finding, Severity, Source } from "./formats/Format.ts";
export { memoryFolder, memorySource } from "./formats/memorySource.ts";
export { inspect } from "./library/inspect.ts";
