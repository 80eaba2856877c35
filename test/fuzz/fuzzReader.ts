import { DataError } from "../../src/core/errors.ts";
import { child, key, Stream } from "../../src/core/random.ts";
import type { Format, Source } from "../../src/data/formats/Format.ts";
import * as formats from "../../src/data/formats.ts";
import { mutate } from "./mutate.ts";
import { type Seed, seedsOf } from "./seeds.ts";

/** What a reader may take for a file of a few kilobytes. */
const maxBytes = 2 ** 26;
const maxMilliseconds = 2000;
const maxSeeds = 2000;

export interface Find {
  readonly format: string;
  readonly source: Source;
  readonly what: string;
}

export interface FuzzResult {
  readonly runs: number;
  /** Different messages seen: how much of the reader was reached. */
  readonly messages: number;
  readonly opened: number;
  readonly finds: readonly Find[];
}

/**
 * Mutate valid files and read them: anything but a set or a DataError, or a read of more than two seconds, is a find.
 *
 * An input that brings up a message not seen before joins the seeds, so that later changes start from there.
 *
 * @param limit stop after so many runs or seconds, whichever comes first.
 */
export async function fuzzReader(
  name: string,
  seed: number | string,
  limit: { readonly runs?: number; readonly seconds?: number },
): Promise<FuzzResult> {
  const format = (formats as Record<string, Format>)[name];
  const stream = new Stream(child(key(seed), "fuzz", name));
  const seeds: Seed[] = [...(await seedsOf(name))];
  if (seeds.length === 0) throw new Error(`fuzz: no seeds for ${name}: add some to test/fuzz/seeds.ts`);
  const valid = seeds.length;
  const seen = new Set<string>();
  const kinds = new Set<string>();
  const finds: Find[] = [];
  const end = performance.now() + 1000 * (limit.seconds ?? Number.POSITIVE_INFINITY);
  let opened = 0;
  let runs = 0;
  for (const { bytes, wrap } of seeds) {
    const outcome = await judge(name, format, wrap(bytes));
    if (outcome.find) finds.push(outcome.find);
    if (!outcome.opened) throw new Error(`fuzz: a seed of ${name} does not open: ${outcome.message}`);
  }
  for (; runs < (limit.runs ?? Number.POSITIVE_INFINITY) && performance.now() < end; runs++) {
    // Half of the changes start from a valid file: what grew out of errors stays shallow.
    const base = seeds[stream.integer(stream.integer(2) ? valid : seeds.length)];
    const bytes = mutate(base.bytes, seeds[stream.integer(seeds.length)].bytes, stream);
    const { message, find, ...outcome } = await judge(name, format, base.wrap(bytes));
    if (outcome.opened) opened++;
    if (find && !kinds.has(find.what.replace(/\d+/g, "#"))) {
      kinds.add(find.what.replace(/\d+/g, "#"));
      finds.push(find);
    }
    const kind = message.split(/, got | names /)[0].replace(/"(\\.|[^"])*"|\d+/g, "#");
    if (seeds.length < maxSeeds && bytes.length < 20_000 && !seen.has(kind)) {
      seen.add(kind);
      seeds.push({ bytes, wrap: base.wrap });
    }
  }
  return { runs, messages: seen.size, opened, finds };
}

/** Read once: what it said, and what is wrong with that if anything is. */
export async function judge(
  name: string,
  format: Format,
  source: Source,
): Promise<{ message: string; opened: boolean; find?: Find }> {
  const start = performance.now();
  let message: string;
  let opened = false;
  let wrong: string | undefined;
  try {
    await format.detect(source);
    const { set, objects, findings } = await format.read(source, { maxBytes });
    opened = true;
    const kinds = objects.slice(0, 4).map(({ dtype, shape }) => `${dtype}/${shape.length}`);
    message = `opened ${set?.kind} ${kinds} ${findings.slice(0, 4).map(({ rule }) => rule)}`;
  } catch (error) {
    message = String((error as Error)?.message ?? error);
    if (!(error instanceof DataError)) wrong = `${(error as Error)?.name}: ${(error as Error)?.stack ?? message}`;
  }
  const took = performance.now() - start;
  if (took > maxMilliseconds) wrong ??= `took ${Math.round(took)} ms`;
  return { message, opened, ...(wrong ? { find: { format: name, source, what: wrong } } : {}) };
}
