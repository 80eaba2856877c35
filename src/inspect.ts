/**
 * Saying what a file is, executing nothing that it contains.
 *
 * @packageDocumentation
 */
export type { Finding, Severity, Source } from "./data/formats/Format.ts";
export { memoryFolder, memorySource } from "./data/formats/memorySource.ts";
export { type ContactSheet, contactSheet } from "./data/inspect/contactSheet.ts";
export type { Inspection } from "./data/inspect/inspect.ts";
export { inspect } from "./library/inspect.ts";
