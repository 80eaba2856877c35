import * as z from "zod";
import { DataError } from "../../core/errors.ts";
import { parseAs } from "../parseAs.ts";
import { dataTable, networkResult, stealthRecord, versionTable } from "../record.ts";
import { trialAudits } from "./auditRecord.ts";

/** First member of a sweep's record; changes when its members change meaning. */
export const sweepFormat = "retort-sweep/1";

const axisValue = z.union([z.string(), z.number(), z.boolean()]);
const seconds = z.number().min(0);

const axis = z.strictObject({
  name: z.string().min(1),
  /** In the order in which tables show them. Structured settings are named here and spelled out in the trials' config. */
  values: z.array(axisValue).min(1),
  /** The axis repeats a measurement (seeds): tables average over it, comparisons pair along it. Default: a condition. */
  repeats: z.boolean().optional(),
});

/** Beside the page, so that a link works wherever the folder goes: "trials/3f2a….json". */
const link = z
  .string()
  .regex(/^(?!\.\.?(?:\/|$))[\w.-]+(?:\/(?!\.\.?(?:\/|$))[\w.-]+)*$/, "expected a relative path of plain names");

const trialBase = {
  /** Hash of the trial's content: its config and all that it reads. */
  id: z.string().min(1),
  /** Axis → one of its values, for every axis. */
  axes: z.record(z.string(), axisValue),
  /** Every option with its default resolved. */
  config: z.record(z.string(), z.unknown()),
  /** Where the trial's own JSON lies. */
  link: link.optional(),
};

const finished = z.strictObject({
  ...trialBase,
  status: z.literal("ok"),
  /**
   * Every network that was trained, on both sets, also where trials share the networks of the clean set: a trial carries
   * its controls. Networks of the clean and of the tampered set belong together by network, epochs and seed.
   */
  evaluations: z.array(networkResult).min(1),
  /** What each stage took where it was computed; a stage that came from a cache keeps the time of its making. */
  seconds: z.strictObject({ attack: seconds.optional(), evaluation: seconds }),
  trigger: z
    .strictObject({
      description: z.string(),
      inGamut: z.boolean(),
      /** The one class whose test images the rates count; absent where all but the target are counted. */
      sourceClass: z.int().min(0).optional(),
    })
    .optional(),
  stealth: stealthRecord.optional(),
  /** What an audit said of both sets, where the experiment asks for it. */
  audits: trialAudits.optional(),
});

const failed = z.strictObject({
  ...trialBase,
  status: z.literal("failed"),
  /** What it failed with, as the command line says it. */
  error: z.string(),
});

const schema = z.strictObject({
  format: z.literal(sweepFormat),
  title: z.string(),
  /** The command line that made it. */
  command: z.string(),
  /** ISO time, stamped by the command line. */
  created: z.string().optional(),
  /** The experiment file with every default resolved. */
  experiment: z.record(z.string(), z.unknown()),
  axes: z.array(axis),
  /** Trials of the whole plan, where some have not run yet. */
  planned: z.int().min(0).optional(),
  trials: z.array(z.discriminatedUnion("status", [finished, failed])),
  versions: versionTable,
  data: dataTable,
});

/** Everything that the report of a sweep shows, as plain JSON: `sweep.json` in the sweep's folder. */
export type SweepRecord = z.infer<typeof schema>;
export type Trial = SweepRecord["trials"][number];
export type FinishedTrial = z.infer<typeof finished>;

/**
 * Check that a JSON value is a sweep's record.
 *
 * @param who names the file in errors.
 * @throws DataError that names the first wrong member.
 * @example
 * const sweep = parseSweep(JSON.parse(text));
 */
export function parseSweep(value: unknown, who = "sweep"): SweepRecord {
  const record = parseAs(schema, value, who);
  const names = record.axes.map(({ name }) => name);
  const twice = firstDouble(names);
  if (twice !== undefined) throw new DataError(`${who}: invalid axes: expected distinct names, got ${twice} twice`);
  const double = firstDouble(record.trials.map(({ id }) => id));
  if (double !== undefined) throw new DataError(`${who}: invalid trials: expected distinct ids, got ${double} twice`);
  const known = new Map(record.axes.map(({ name, values }) => [name, new Set(values)]));
  for (const [name, values] of known)
    if (values.size !== record.axes.find((one) => one.name === name)?.values.length)
      throw new DataError(`${who}: invalid axes: expected distinct values of ${name}, got one twice`);
  for (const [i, { axes }] of record.trials.entries()) {
    const place = `${who}: invalid trials.${i}.axes: expected`;
    if (Object.keys(axes).length !== names.length || names.some((name) => !Object.hasOwn(axes, name)))
      throw new DataError(`${place} ${names.join(", ") || "none"}, got ${Object.keys(axes).join(", ") || "none"}`);
    for (const name of names)
      if (!known.get(name)?.has(axes[name]))
        throw new DataError(`${place} one of the values of ${name}, got ${JSON.stringify(axes[name])}`);
  }
  return record;
}

function firstDouble(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
