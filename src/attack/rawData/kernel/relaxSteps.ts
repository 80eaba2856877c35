import { Scope } from "../../../core/closable.ts";
import { NumericError } from "../../../core/errors.ts";
import { mapInSeries } from "../../../core/mapInSeries.ts";
import { child, type Key } from "../../../core/random.ts";
import { classRows, sampleRows } from "../../../data/classRows.ts";
import type { DistilledSet } from "../../../data/DistilledSet.ts";
import type { LabelledSet } from "../../../data/LabelledSet.ts";
import type { Normalisation } from "../../../data/Normalisation.ts";
import { normalisedRows } from "../../../data/normalisedBatch.ts";
import type { Trigger } from "../../../data/Trigger.ts";
import type { Device } from "../../../engine/device.ts";
import type { Floats } from "../../../nn/Network.ts";
import { networkRegistry as networks } from "../../../nn/networkRegistry.ts";
import { Surrogates } from "../../common/surrogate.ts";
import { compileRelaxation, relaxOptimiser } from "./compileRelaxation.ts";
import type { RelaxOptions } from "./relaxOptions.ts";

/** How far the trigger is. */
export interface Relaxed {
  readonly step: number;
  /** C·H·W numbers in the space that is counted in. */
  readonly pattern: Floats;
  readonly slots: readonly Floats[];
  readonly conflict: readonly number[];
  readonly projection: readonly number[];
}

export const beginRelaxed = (pattern: Floats): Relaxed => ({
  ...{ step: 0, pattern, conflict: [], projection: [] },
  slots: [new Float32Array(pattern.length), new Float32Array(pattern.length)],
});

/**
 * Move the trigger for what the set cannot hold of stamped images (compileRelaxation.ts): at each step other raw images, and the next network.
 *
 * @param set the clean set, in `space`
 * @param rows raw images that may be stamped
 * @throws NumericError where the loss is no number.
 */
export async function* relaxSteps(
  set: DistilledSet,
  raw: LabelledSet,
  rows: Int32Array<ArrayBuffer>,
  trigger: Trigger,
  space: Normalisation,
  options: RelaxOptions,
  from: Relaxed,
  key: Key,
  device: Device,
): AsyncGenerator<Relaxed, void> {
  const { kernel, ridge, conflict, targetClass } = options;
  const [m, channels, size] = set.shape;
  const own = classRows(raw);
  const clean = own.reduce((sum, { length }) => sum + Math.min(options.batch, length), 0);
  const stamped = Math.min(options.stamped, rows.length);
  await using scope = new Scope();
  const network = networks[kernel.network]({ channels, size, classes: set.classes }, { width: kernel.width });
  const surrogates = scope.hold(new Surrogates(network, set, kernel, kernel.batch, device));
  const shape = { set: m, clean, stamped, ridge, conflict };
  const relaxation = scope.hold(await compileRelaxation(network, shape, trigger, space, device));
  const every = Array.from({ length: kernel.count }, (_, i) => i);
  const held = await mapInSeries(every, async (i) => {
    const { weights, running } = await surrogates.trained(kernel.passes, child(key, "network", i));
    return relaxation.hold([weights, running], set.images);
  });
  let state = from;
  while (state.step < options.steps) {
    const { step, pattern, slots } = state;
    const source = child(key, "step", step);
    const drawn = own.flatMap((of, k) => [...sampleRows(of, options.batch, child(source, "clean", k))]);
    const marked = sampleRows(rows, stamped, child(source, "stamped"));
    const labels = new Float32Array((clean + stamped) * set.classes);
    drawn.forEach((row, i) => {
      labels[i * set.classes + raw.labels[row]] = 1;
    });
    for (let i = clean; i < clean + stamped; i++) labels[i * set.classes + targetClass] = 1;
    const hyper = Float32Array.from(relaxOptimiser.hyper(step, options.trigger.lr));
    const images = [drawn, marked].map((some) => normalisedRows(raw, some, space));
    const next = await held[step % held.length](images[0], images[1], labels, pattern, slots, hyper);
    if (!Number.isFinite(next.loss[0]))
      throw new NumericError(
        `relaxTrigger: invalid loss: expected a number, got ${next.loss[0]}; a higher ridge or a lower kernel.lr may help`,
        step,
      );
    state = {
      ...{ step: step + 1, pattern: next.pattern, slots: next.slots },
      conflict: [...state.conflict, next.conflict[0]],
      projection: [...state.projection, next.projection[0]],
    };
    yield state;
  }
}
