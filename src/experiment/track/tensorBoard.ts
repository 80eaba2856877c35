import { join } from "node:path";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { Wire } from "../../engine/onnx/wire.ts";
import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";
import { crc32c } from "./crc32c.ts";
import { type TrackedTrial, trackedTrials } from "./trackedTrial.ts";

/**
 * Write a sweep as TensorBoard event files: one folder a trial, whose scalars are the rates of its networks (step = number of
 * the network). Written again, the same files are replaced.
 *
 * @param time seconds since 1970, stamped on every event.
 * @returns the files.
 */
export async function writeTensorBoard(folder: string, sweep: SweepRecord, time: number): Promise<string[]> {
  const paths: string[] = [];
  for (const trial of trackedTrials(sweep)) {
    if (trial.error !== undefined) continue;
    const run = trial.name.replace(/[^\w.= -]+/g, "_");
    const path = join(folder, `${run} ${trial.id}`, "events.out.tfevents.0.retort");
    await writeAtomic(path, eventFile(trial, time));
    paths.push(path);
  }
  return paths;
}

/** Events of one trial: a version, then a scalar each (tensorflow/core/util/event.proto, summary.proto). */
export function eventFile({ metrics }: Pick<TrackedTrial, "metrics">, time: number): Uint8Array {
  const event = () => new Wire().double(1, time);
  const events = [
    event().bytes(3, "brain.Event:2"),
    ...metrics.map(({ name, value, step }) => {
      const summary = new Wire().bytes(1, new Wire().bytes(1, name).float(2, value));
      return event().int(2, step).bytes(5, summary);
    }),
  ];
  return Buffer.concat(events.map((one) => framed(one.finish())));
}

/** A record of a TFRecord file: length, its checksum, data, its checksum (tensorflow/core/lib/io/record_writer.h). */
function framed(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(out.subarray(0, 8))), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return out;
}

/** Checksums are stored rotated and shifted, so that a record may itself hold records. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
