import { type AuditedSet, repainted } from "../AuditedSet.ts";
import { cutLike } from "../Patch.ts";
import { coveredBy, RETRAINED, successOn } from "../supportDrop.ts";
import { defineDetector } from "./Detector.ts";

/** Share of all images whose place is exchanged: those whose own pixels there call the class most. */
const SHARE = 0.3;

/**
 * Spread support: a trigger that every image of every class carries a little, as the paper's own form leaves it, has no few images to
 * be taken from. The place is exchanged in the three tenths of all images that call the class most, by that of the three tenths that call
 * it least; the drop is compared with that of clean sets.
 */
export const spreadSupport = defineDetector({
  title: "Spread support: is it taught by many images of all classes?",
  source: "Retort, docs/audit.md",
  phase: "judge",
  level: "deep",
  decisive: false,
  async run({ audited, held, suspects, born }) {
    const [first] = [...suspects].sort((a, b) => b.held - a.held);
    if (!first) return { score: 0 };
    const { pixels, shape } = audited;
    const own = Array.from({ length: shape[0] }, (_, i) => cutLike(pixels, shape, i, first.patch));
    const calls = (await held.judgeAll(own)).map(({ margin }) => margin[first.targetClass]);
    const order = [...calls.keys()].sort((a, b) => calls[b] - calls[a]);
    const many = Math.max(1, Math.round(SHARE * order.length));
    const [most, least] = [order.slice(0, many), order.slice(-many)];
    const before = (await held.of(0, RETRAINED).judge(first.patch)).rate[first.targetClass];
    const after = await successOn(exchanged(audited, most, least, coveredBy(first.patch, shape)), held, first, born);
    const images = most.sort((a, b) => a - b);
    return { score: Math.max(0, before - after), targetClass: first.targetClass, patch: first.patch, images };
  },
});

function exchanged(
  audited: AuditedSet,
  to: readonly number[],
  from: readonly number[],
  covered: Uint8Array,
): AuditedSet {
  const { pixels, shape } = audited;
  const [, c, h, w] = shape;
  const out = pixels.slice();
  to.forEach((image, i) => {
    for (let k = 0; k < c; k++)
      for (let p = 0; p < h * w; p++)
        if (covered[p]) out[(image * c + k) * h * w + p] = pixels[(from[i] * c + k) * h * w + p];
  });
  return repainted(audited, out);
}
