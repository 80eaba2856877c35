import { DataError, UsageError } from "../../src/core/errors.ts";
import { child, key, Stream } from "../../src/core/random.ts";
import { jpegDecoder } from "../../src/disk/jpegDecoder.ts";
import type { Format, ReadOptions, Source } from "../../src/formats/Format.ts";
import * as formats from "../../src/formats/formats.ts";
import { mutate } from "./mutate.ts";
import type { Seed } from "./Seed.ts";
import { hostileSeedsOf, seedsOf } from "./seeds.ts";

/** What a reader may take for a file of a few kilobytes. */
const maxBytes = 2 ** 26;
/** Processor time, so that a busy machine makes no finds. */
const maxMilliseconds = 2000;
const maxSeeds = 4000;
const jpeg = await jpegDecoder();

/** What a person may add on the command line. */
const said: readonly ReadOptions[] = [
  { layout: "nhwc" },
  { layout: "nchw" },
  { ipc: 1 },
  { ipc: 2 },
  { split: "test" },
  { factor: 1 },
  { factor: 3 },
  { experiment: 1 },
  { normalisation: { kind: "unit" } },
];

export interface Find {
  readonly format: string;
  readonly source: Source;
  readonly options: ReadOptions;
  readonly what: string;
}

export interface FuzzResult {
  readonly runs: number;
  /** Different messages seen: how much of the reader was reached. */
  readonly messages: number;
  readonly opened: number;
  readonly finds: readonly Find[];
}

/** Seconds of processor time that this process has used. */
export const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/**
 * Mutate valid and hostile files and read them: anything but a set or a DataError, or a read of more than two seconds, is a find.
 *
 * An input that brings up a message not seen before joins the seeds, so that later changes start from there.
 *
 * @param limit stop after so many runs or seconds of processor time, whichever comes first.
 */
export async function fuzzReader(
  name: string,
  seed: number | string,
  limit: { readonly runs?: number; readonly seconds?: number },
): Promise<FuzzResult> {
  const format = (formats as Record<string, Format>)[name];
  const stream = new Stream(child(key(seed), "fuzz", name));
  const valid = await seedsOf(name);
  if (valid.length === 0) throw new Error(`fuzz: no seeds for ${name}: add some to test/fuzz/seeds`);
  const seeds: Seed[] = [...valid, ...(await hostileSeedsOf(name))];
  const seen = new Set<string>();
  const kinds = new Set<string>();
  const finds: Find[] = [];
  const keep = (find: Find | undefined) => {
    const kind = find && kindOf(find.what.split("\n")[0]);
    if (!find || kinds.has(kind as string)) return;
    kinds.add(kind as string);
    finds.push(find);
  };
  const pick = (count: number) => seeds[stream.integer(count)];
  let opened = 0;
  let runs = 0;
  for (const [i, { bytes, wrap }] of seeds.entries()) {
    const outcome = await judge(name, format, wrap(bytes));
    keep(outcome.find);
    if (i < valid.length && !outcome.opened) throw new Error(`fuzz: seed ${i} of ${name} fails: ${outcome.message}`);
  }
  const end = processorSeconds() + (limit.seconds ?? Number.POSITIVE_INFINITY);
  for (; runs < (limit.runs ?? Number.POSITIVE_INFINITY) && processorSeconds() < end; runs++) {
    // Half of the changes start from a valid file: what grew out of errors stays shallow.
    const { bytes, grammar, wrap } = pick(stream.integer(2) ? valid.length : seeds.length);
    const mutated = mutate(bytes, pick(seeds.length).bytes, stream, grammar);
    const options = stream.integer(4) ? {} : said[stream.integer(said.length)];
    const outcome = await judge(name, format, wrap(mutated), options);
    if (outcome.opened) opened++;
    keep(outcome.find);
    const kind = kindOf(outcome.message);
    if (seeds.length < maxSeeds && mutated.length < 20_000 && !seen.has(kind)) {
      seen.add(kind);
      seeds.push({ bytes: mutated, grammar, wrap });
    }
  }
  return { runs, messages: seen.size, opened, finds };
}

/** A message without what varies in it: numbers, names, what was there instead. */
function kindOf(message: string): string {
  return message
    .split(/, got | names /)[0]
    .replace(/"(\\.|[^"])*"|[\d.]+/g, "#")
    .replace(/(column|of|array|row) [^:]*:/, "$1 #:");
}

/** Read once: what it said, and what is wrong with that if anything is. */
export async function judge(
  name: string,
  format: Format,
  source: Source,
  options: ReadOptions = {},
): Promise<{ message: string; opened: boolean; find?: Find }> {
  const start = processorSeconds();
  let message: string;
  let opened = false;
  let wrong: string | undefined;
  try {
    await format.detect(source);
    const { set, objects, findings } = await format.read(source, { maxBytes, ...(jpeg ? { jpeg } : {}), ...options });
    opened = true;
    // Ranges are computed when they are asked for.
    const kinds = objects.slice(0, 4).map(({ dtype, shape, min }) => `${dtype}/${shape.length}${min === undefined}`);
    message = `opened ${set?.kind} ${kinds} ${findings.slice(0, 4).map(({ rule }) => rule)}`;
  } catch (error) {
    message = String((error as Error)?.message ?? error);
    // What a person asked for may not be in the file: that is his mistake, not the file's.
    const expected = error instanceof DataError || (error instanceof UsageError && Object.keys(options).length > 0);
    if (!expected) wrong = `${(error as Error)?.name}: ${(error as Error)?.stack ?? message}`;
  }
  const took = 1000 * (processorSeconds() - start);
  if (took > maxMilliseconds) wrong ??= `took ${Math.round(took)} ms`;
  return { message, opened, ...(wrong ? { find: { format: name, source, options, what: wrong } } : {}) };
}
