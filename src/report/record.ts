import * as z from "zod";
import { DataError } from "../core/errors.ts";
import { parseAs } from "./parseAs.ts";

/** First member of a record; changes when its members change meaning. */
export const recordFormat = "retort-record/1";

const rate = z.number().min(0).max(1);
const count = z.int().min(0);

/** M pictures as base64 of M·C·H·W bytes, NCHW. What no picture can hold has been clamped; the exact numbers are in the run's sets. */
export const pictureTable = z.strictObject({ shape: z.tuple([count, count, count, count]), bytes: z.string() });

/** One network, trained on one set with one seed, after its last epoch. All rates are fractions. */
export const networkResult = z.strictObject({
  network: z.string(),
  seed: z.union([z.int(), z.string()]),
  epochs: count,
  set: z.enum(["clean", "tampered"]),
  /** Accuracy on clean test images. */
  cta: rate,
  /**
   * Triggered test images outside the target class that are called the target; of the source class alone where the trigger names one.
   * On the clean set this is a control.
   */
  asr: rate.optional(),
  /** The same images clamped to what a picture can hold, where the trigger lies outside. */
  asrClamped: rate.optional(),
  /** The same images without the trigger: a control. */
  asrWithoutTrigger: rate.optional(),
  /** The same images with a random trigger of equal energy: a control. */
  asrRandomTrigger: rate.optional(),
  /** Triggered archetypes instead of test images. Never to be read as ASR. */
  archetypeAsr: rate.optional(),
  /** The same images with the trigger that keep their true class. */
  ra: rate.optional(),
});

const trigger = z.strictObject({
  /** "bottom-right square of 3×3". */
  description: z.string(),
  targetClass: count,
  /** The one class whose test images the rates count; absent where all but the target are counted. */
  sourceClass: count.optional(),
  height: count,
  width: count,
  /** H·W opacities in [0, 1]. */
  mask: z.array(rate),
  /** What is stamped, per channel, in the space of the set and in pixel units; absent where it differs from pixel to pixel or image to image. */
  value: z.strictObject({ normalised: z.array(z.number()), pixel: z.array(z.number()) }).optional(),
  /** What is stamped, as a picture of which `mask` shows a part, where it differs from pixel to pixel. */
  shows: pictureTable.optional(),
  /** Whether a picture can hold it. */
  inGamut: z.boolean(),
  /** A few test images without and with the trigger. */
  examples: z.strictObject({ before: pictureTable, after: pictureTable }).optional(),
});

const curve = z.strictObject({
  title: z.string(),
  x: z.string(),
  y: z.string(),
  series: z.array(z.strictObject({ name: z.string(), points: z.array(z.tuple([z.number(), z.number()])) })),
});

/** How visible the tampering is (metrics/stealth.ts). */
export const stealthRecord = z.strictObject({
  psnr: z.number().nullable(),
  ssim: z.number(),
  maxAbsDifference: z.number(),
  outOfGamut: z.strictObject({ clean: rate, tampered: rate }),
});

/** What a result depends on besides its settings and data. */
export const versionTable = z.record(z.string(), z.union([z.string(), z.number()]));

/** Role → what was read and its digest. */
export const dataTable = z.record(
  z.string(),
  z.strictObject({ name: z.string(), sha256: z.string(), images: count.optional() }),
);

const schema = z.strictObject({
  format: z.literal(recordFormat),
  title: z.string(),
  /** The command line that made it. */
  command: z.string(),
  /** ISO time, stamped by the command line. */
  created: z.string().optional(),
  attack: z
    .strictObject({
      ...{ method: z.string(), title: z.string(), source: z.string(), access: z.string() },
      /** What the attack itself saw of its success, round by round. */
      rounds: z.string().optional(),
    })
    .optional(),
  /** Every option with its default resolved. */
  config: z.record(z.string(), z.unknown()),
  versions: versionTable,
  data: dataTable,
  set: z.strictObject({
    name: z.string(),
    classes: count,
    classNames: z.array(z.string()).optional(),
    /** Class of each image; the largest entry of a soft label. */
    labels: z.array(count),
    normalisation: z.string(),
    /** Test accuracies that the set's file says its makers measured, network → one each. */
    stored: z.record(z.string(), z.array(rate).min(1)).optional(),
    clean: pictureTable,
    tampered: pictureTable.optional(),
    /** ½ + amplification · (tampered − clean) / 2, clamped. */
    difference: z.strictObject({ amplification: z.number(), pictures: pictureTable }).optional(),
  }),
  archetypes: z.strictObject({ labels: z.array(count), pictures: pictureTable }).optional(),
  trigger: trigger.optional(),
  /** Images that CTA and ASR were measured on. */
  testImages: count.optional(),
  results: z.array(networkResult),
  /** Networks whose loss stopped being a number, in the epoch `divergedAt` (from 0): they are in no mean. */
  diverged: z
    .array(networkResult.pick({ network: true, seed: true, epochs: true, set: true }).extend({ divergedAt: count }))
    .optional(),
  stealth: stealthRecord.optional(),
  curves: z.array(curve),
  timings: z.array(
    z.strictObject({
      name: z.string(),
      seconds: z.number().min(0),
      /** Most memory that the program held until the step's end. */
      peakMebibytes: z.number().positive().optional(),
    }),
  ),
});

/** Everything a report shows, as plain JSON: a run writes it as `record.json`, a report is a pure function of it. */
export type RunRecord = z.infer<typeof schema>;
export type Pictures = z.infer<typeof pictureTable>;
export type NetworkResult = z.infer<typeof networkResult>;
export type TriggerRecord = z.infer<typeof trigger>;
export type Curve = z.infer<typeof curve>;

/**
 * Check that a JSON value is a record.
 *
 * @param who names the file in errors.
 * @throws DataError that names the first wrong member.
 * @example
 * const record = parseRecord(JSON.parse(text), "runs/one/record.json");
 */
export function parseRecord(value: unknown, who = "record"): RunRecord {
  const record = parseAs(schema, value, who);
  const all = [record.set.clean, record.set.tampered, record.set.difference?.pictures, record.archetypes?.pictures];
  const { shows, examples } = record.trigger ?? {};
  for (const some of [...all, shows, examples?.before, examples?.after]) if (some) checkPictures(some, who);
  if (record.trigger && shows) {
    const { height, width } = record.trigger;
    if (shows.shape[0] !== 1 || shows.shape[2] !== height || shows.shape[3] !== width)
      throw new DataError(
        `${who}: invalid trigger.shows: expected one of ${width}×${height}, got ${shows.shape.join("×")}`,
      );
  }
  if (record.set.labels.length !== record.set.clean.shape[0])
    throw new DataError(
      `${who}: invalid set.labels: expected ${record.set.clean.shape[0]}, got ${record.set.labels.length}`,
    );
  if (record.trigger && record.trigger.mask.length !== record.trigger.height * record.trigger.width)
    throw new DataError(
      `${who}: invalid trigger.mask: expected ${record.trigger.height * record.trigger.width} numbers, got ${record.trigger.mask.length}`,
    );
  return record;
}

/** @throws DataError where bytes and shape do not fit */
export function checkPictures({ shape, bytes }: Pictures, who: string): void {
  const expected = 4 * Math.ceil(shape.reduce((product, length) => product * length, 1) / 3);
  if (bytes.length !== expected || !/^[A-Za-z0-9+/]*={0,2}$/.test(bytes))
    throw new DataError(
      `${who}: invalid pictures: expected ${expected} base64 digits for ${shape.join("×")}, got ${bytes.length}`,
    );
  if (shape[1] !== 1 && shape[1] !== 3)
    throw new DataError(`${who}: invalid pictures: expected 1 or 3 channels, got ${shape[1]}`);
}
