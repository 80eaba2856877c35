import type { Source } from "../../src/formats/Format.ts";
import { memoryFolder, memorySource } from "../../src/formats/memorySource.ts";
import { type Grammar, texts } from "./grammar.ts";

/** Bytes to mutate, what pieces they have, and how a reader gets to see them: checksums and lengths around them put right. */
export interface Seed {
  readonly bytes: Uint8Array;
  readonly grammar: Grammar;
  readonly wrap: (bytes: Uint8Array) => Source;
}

/** A file by itself. */
export function plain(bytes: Uint8Array, grammar: Grammar = texts): Seed {
  return wrapped(bytes, (mutated) => mutated, grammar);
}

/** What is inside a file: `around` puts the rest on again. */
export function wrapped(
  bytes: Uint8Array,
  around: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array,
  grammar: Grammar = texts,
): Seed {
  return { bytes, grammar, wrap: (mutated) => memorySource(around(new Uint8Array(mutated))) };
}

/** One seed for each file of a folder; the others stay as they are. */
export function inFolder(
  files: ReadonlyMap<string, Uint8Array>,
  grammar: Grammar = texts,
  repair: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Seed[] {
  return [...files].map(([name, bytes]) => ({
    bytes,
    grammar,
    wrap: (mutated) => memoryFolder(new Map([...files, [name, repair(mutated)]])),
  }));
}
