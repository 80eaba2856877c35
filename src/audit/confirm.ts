import type { ImageShape } from "../data/LabelledSet.ts";
import { wilson } from "../metrics/intervals.ts";
import type { Floats } from "../nn/Network.ts";
import type { Jury } from "./Jury.ts";
import type { Patch } from "./Patch.ts";
import type { Candidate } from "./transplant.ts";

/** A patch against its controls, before networks and pictures that did not search. Rates are fractions. */
export interface Confirmation {
  readonly rate: number;
  readonly controls: {
    /** A patch that calls another class, at its place. */
    readonly otherClass?: number;
    /** The patch as far away as it can be. */
    readonly moved: number;
    /** The patch with its channels permuted; of a grey one its negative. */
    readonly recoloured: number;
  };
  /** Lower end of the patch's 95 % interval less the upper end of its strongest control's. */
  readonly rise: number;
}

/** Measure a candidate and its controls. A picture that is called the class without any patch counts for neither. */
export async function confirm(
  jury: Jury,
  { patch, targetClass }: Candidate,
  other: Patch | undefined,
  shape: ImageShape,
): Promise<Confirmation> {
  const rateOf = async (one: Patch) => (await jury.judge(one)).rate[targetClass];
  const rate = await rateOf(patch);
  const controls = {
    ...(other && { otherClass: await rateOf(other) }),
    moved: await rateOf(movedAway(patch, shape)),
    recoloured: await rateOf(recoloured(patch, shape)),
  };
  const n = jury.states.length * (jury.pixels.length / (shape[1] * shape[2] * shape[3]));
  const strongest = Math.max(...Object.values(controls));
  const rise = wilson(Math.round(rate * n), n).low - wilson(Math.round(strongest * n), n).high;
  return { rate, controls, rise };
}

/** A patch as far away as it can be; one that fills the picture turned upside down. */
function movedAway(patch: Patch, [, c, h, w]: ImageShape): Patch {
  const { side, mask } = patch;
  if (side === h) {
    const flipped = (values: Floats, planes: number) =>
      values.map((_, i) => values[(Math.floor(i / (h * w)) % planes) * h * w + (h * w - 1 - (i % (h * w)))]);
    return { ...patch, values: flipped(patch.values, c), ...(mask && { mask: flipped(mask, 1) }) };
  }
  const away = (at: number, length: number) => (at + side / 2 < length / 2 ? length - side : 0);
  return { ...patch, top: away(patch.top, h), left: away(patch.left, w) };
}

function recoloured(patch: Patch, [, c]: ImageShape): Patch {
  if (c === 1) return { ...patch, values: patch.values.map((v) => 1 - v) };
  const plane = patch.values.length / c;
  return { ...patch, values: patch.values.map((_, i) => patch.values[(i + plane) % patch.values.length]) };
}
