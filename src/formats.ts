/**
 * Reading and writing distilled and raw sets, executing nothing that a file contains.
 *
 * @packageDocumentation
 */

export type { ZcaWhitening } from "./data/Normalisation.ts";
export { type Converted, convert } from "./formats/convert.ts";
export type {
  DecodedImage,
  Finding,
  Format,
  JpegDecoder,
  NormalisationBy,
  ObjectInfo,
  Opened,
  ReadOption,
  ReadOptions,
  Severity,
  Source,
  SourceFile,
  WhiteningLookup,
  Written,
} from "./formats/Format.ts";
export * as formats from "./formats/formats.ts";
export { memoryFolder, memorySource } from "./formats/memorySource.ts";
export { type OpenOptions, openSet, recognise } from "./formats/open.ts";
export { Refusal } from "./formats/Refusal.ts";
