import { summarise } from "../../metrics/intervals.ts";
import type { Floats } from "../../nn/Network.ts";
import { softmax } from "../../train/targets.ts";
import { pasted } from "../Patch.ts";
import { type DetectorContext, defineDetector } from "./Detector.ts";

/** Pictures that are laid over each input. */
const OVERLAYS = 16;
/** Deviations below the mean at which one of a hundred clean inputs is called trojaned by mistake, under a normal distribution. */
const BOUNDARY = 2.326;
/** Share of the pictures with a candidate from which it is called a trigger. Chosen: most of them; the paper judges single inputs. */
const MOST = 0.5;

/**
 * STRIP: an input that stays what it is called whatever is laid over it carries a trigger. Clean inputs are pictures that are none of
 * the set; the entropies of their mixtures give the boundary. Judged are the same pictures with each suspect's patch.
 *
 * Differs: the receiver has no inputs yet, so the audit's candidates take their place; mixtures are halves of both pictures.
 */
export const overlaid = defineDetector({
  title: "STRIP: pictures that stay what they are called under any overlay",
  source: "Gao et al., arXiv 1902.06531, algorithm 1",
  phase: "judge",
  level: "deep",
  decisive: false,
  async run(context) {
    const silent = { score: 0, alarm: false, threshold: MOST };
    const { suspects, held, audited } = context;
    if (suspects.length === 0) return { ...silent, note: "no candidate was followed" };
    const clean = summarise(await entropies(context, held.pixels));
    if (!((clean.sd ?? 0) > 0)) return { ...silent, note: "all clean mixtures have the same entropy" };
    const boundary = clean.mean - BOUNDARY * (clean.sd ?? 0);
    let best = { score: 0, targetClass: suspects[0].targetClass, patch: suspects[0].patch };
    for (const { patch, targetClass } of suspects) {
      const all = await entropies(context, pasted(held.pixels, audited.shape, patch));
      const score = all.filter((v) => v < boundary).length / all.length;
      if (score > best.score) best = { score, targetClass, patch };
    }
    return { ...best, alarm: best.score > MOST, threshold: MOST };
  },
});

/** Mean entropy, in bits, of what networks say to each picture under every overlay. */
async function entropies({ held, search, audited }: DetectorContext, pixels: Floats): Promise<number[]> {
  const { shape, classes } = audited;
  const size = shape[1] * shape[2] * shape[3];
  const n = pixels.length / size;
  const overlays = Math.min(OVERLAYS, search.pictures);
  const out = new Array<number>(n).fill(0);
  const mixed = new Float32Array(overlays * size);
  for (let i = 0; i < n; i++) {
    for (let o = 0; o < overlays; o++)
      for (let p = 0; p < size; p++) mixed[o * size + p] = (pixels[i * size + p] + search.pixels[o * size + p]) / 2;
    for (const state of held.states) {
      const logits = await held.panel.logits(state, mixed);
      for (let o = 0; o < overlays; o++)
        for (const v of softmax(logits.subarray(o * classes, (o + 1) * classes)))
          if (v > 0) out[i] -= (v * Math.log2(v)) / (overlays * held.states.length);
    }
  }
  return out;
}
