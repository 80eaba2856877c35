import { UsageError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { type Device, device } from "../engine/device.ts";
import type { Network } from "../nn/Network.ts";
import { inputTransform } from "../train/inputTransform.ts";
import { learnerFor } from "../train/learnerFor.ts";
import type { Protocol } from "../train/protocol.ts";
import { targetsOf } from "../train/targets.ts";

/** What is about to be trained on what, and measured on what. */
export interface Fit {
  readonly set: DistilledSet;
  readonly test?: Pick<LabelledSet, "name" | "shape" | "classes">;
  /** Makes the networks by their names: what they need of the images is checked by making them. */
  readonly networks?: () => Readonly<Record<string, Network>>;
  readonly protocol?: Protocol;
  /** The raw images of the teacher, where the protocol wants them. */
  readonly teacherData?: Pick<LabelledSet, "name" | "shape" | "classes">;
  readonly device?: Device;
}

/**
 * Check that a set, its test images and the receivers belong together: before any work, in every command that trains.
 *
 * @param who stands first in errors.
 * @throws UsageError that says what does not fit what.
 */
export function checkFit(who: string, { set, test, networks, protocol, teacherData, device: on }: Fit): void {
  const [m, c, h, w] = set.shape;
  if (m === 0) throw new UsageError(`${who}: invalid set ${set.name}: expected images, got none`);
  if (set.classes < 2)
    throw new UsageError(`${who}: invalid set ${set.name}: expected two classes or more, got ${set.classes}`);
  if (c !== 1 && c !== 3)
    throw new UsageError(`${who}: invalid set ${set.name}: expected images of 1 or 3 channels, got ${c}`);
  if (h !== w)
    throw new UsageError(
      `${who}: invalid set ${set.name}: expected square images, which is what the networks take, got ${h} × ${w} pixels`,
    );
  if (test) checkImages(who, set, test, "test set");
  if (teacherData) checkImages(who, set, teacherData, "raw images of the teacher");
  if (!networks) return;
  const made = named(who, networks);
  if (!protocol) return;
  named(who, () => {
    targetsOf(set, protocol);
    // Whitening by the set itself is always possible and takes long.
    if (protocol.input !== "zca" || set.normalisation.kind === "zca") void inputTransform(protocol.input, set, on);
    // The teacher of raw images comes later.
    const { labels, teacherFrom } = protocol;
    const taught = teacherData && labels === "teacher" && teacherFrom === "raw";
    const alone = taught ? { ...protocol, teacherFrom: "set" as const, teacherEpochs: undefined } : protocol;
    for (const network of Object.values(made)) void learnerFor(network, alone, on ?? device("cpu", 1));
  });
}

function checkImages(who: string, set: DistilledSet, test: NonNullable<Fit["test"]>, what: string): void {
  const [n, ...image] = test.shape;
  const own = set.shape.slice(1);
  if (n === 0) throw new UsageError(`${who}: invalid ${what} ${test.name}: expected images, got none`);
  if (image.join() !== own.join())
    throw new UsageError(
      `${who}: invalid ${what} ${test.name}: expected images of ${own.join(" × ")} as in ${set.name}, got ${image.join(" × ")}`,
    );
  if (test.classes !== set.classes)
    throw new UsageError(
      `${who}: invalid ${what} ${test.name}: expected ${set.classes} classes as in ${set.name}, got ${test.classes}`,
    );
}

/** What inner parts refuse, in the words of the caller. */
export function named<T>(who: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UsageError && !error.message.startsWith(`${who}: `)
      ? new UsageError(`${who}: ${error.message.replace(/^[A-Za-z]\w*: /, "")}`)
      : error;
  }
}
