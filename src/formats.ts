/**
 * Reading and writing distilled and raw sets, executing nothing that a file contains.
 *
 * @packageDocumentation
 */
export { type Converted, convert } from "./data/formats/convert.ts";
export type {
  Finding,
  Format,
  JpegDecoder,
  ObjectInfo,
  Opened,
  ReadOptions,
  Severity,
  Source,
  SourceFile,
  WhiteningLookup,
  Written,
} from "./data/formats/Format.ts";
export { memoryFolder, memorySource } from "./data/formats/memorySource.ts";
export { type OpenOptions, openSet, recognise } from "./data/formats/open.ts";
export { Refusal } from "./data/formats/Refusal.ts";
export * as formats from "./data/formats.ts";
