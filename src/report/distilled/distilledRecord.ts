import * as z from "zod";
import { DataError } from "../../core/errors.ts";
import { parseAs } from "../parseAs.ts";
import { checkPictures, pictureTable, versionTable } from "../record.ts";

/** First member of the record; changes when its members change meaning. */
export const distilledFormat = "retort-distilled/1";

const rate = z.number().min(0).max(1);
const count = z.int().min(0);

const schema = z.strictObject({
  format: z.literal(distilledFormat),
  title: z.string(),
  /** The command line that made it. */
  command: z.string(),
  /** ISO time, stamped by the command line. */
  created: z.string().optional(),
  versions: versionTable,
  method: z.strictObject({ title: z.string(), source: z.string() }),
  /** Every option with its default resolved. */
  options: z.record(z.string(), z.unknown()),
  data: z.strictObject({ name: z.string(), images: count, sha256: z.string() }),
  set: z.strictObject({
    images: pictureTable,
    classes: count,
    classNames: z.array(z.string()).optional(),
    /** Class of each image. */
    labels: z.array(count),
    normalisation: z.string(),
    digest: z.string(),
  }),
  iterations: count,
  /** [iteration, mean loss of the iterations since the last point]. */
  loss: z.array(z.tuple([z.number(), z.number()])),
  /** Receivers trained on the set and on as many random real images, network by network from the same start. */
  measured: z
    .strictObject({
      network: z.string(),
      epochs: count,
      testImages: count,
      /** Name of the protocol that they were trained by; absent: the usual one. */
      protocol: z.string().optional(),
      own: z.array(rate).min(1),
      random: z.array(rate).min(1),
    })
    .optional(),
});

/** What the page of a distillation shows, as plain JSON: `record.json` in its folder. Rates are fractions. */
export type DistilledRecord = z.infer<typeof schema>;

/** Whether a JSON value says of itself that it is one. */
export const saysDistilled = (value: unknown): boolean =>
  (value as { format?: unknown } | null)?.format === distilledFormat;

/**
 * Check that a JSON value is a distillation's record.
 *
 * @param who names the file in errors.
 * @throws DataError that names the first wrong member.
 */
export function parseDistilled(value: unknown, who = "record"): DistilledRecord {
  const record = parseAs(schema, value, who);
  checkPictures(record.set.images, who);
  const [images] = record.set.images.shape;
  if (record.set.labels.length !== images)
    throw new DataError(`${who}: invalid set.labels: expected ${images}, got ${record.set.labels.length}`);
  const { measured } = record;
  if (measured && measured.own.length !== measured.random.length)
    throw new DataError(
      `${who}: invalid measured.random: expected ${measured.own.length} accuracies, got ${measured.random.length}`,
    );
  return record;
}
