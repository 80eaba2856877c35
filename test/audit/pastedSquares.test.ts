import { test } from "@fast-check/vitest";
import fc from "fast-check";
import { expect } from "vitest";
import { type AuditedSet, auditedSet } from "../../src/audit/AuditedSet.ts";
import { mostPasted, type Pasted, pastedScore } from "../../src/audit/pastedSquares.ts";
import { roughScores } from "../../src/audit/roughPasted.ts";
import { squaresOf } from "../../src/audit/Square.ts";
import { child, key, normal } from "../../src/core/random.ts";
import type { DistilledSet } from "../../src/index.ts";
import { tinySet } from "../attack/tiny.ts";

/** Every square of every image as the formula says. */
function plainly(audited: AuditedSet): Pasted | undefined {
  const { labels, classes, shape } = audited;
  const size = shape[1] * shape[2] * shape[3];
  let best: Pasted | undefined;
  for (const square of squaresOf(shape)) {
    const own = Array.from(labels, (_, i) => pastedScore(audited, i * size, square));
    const ofClass = Array.from({ length: classes }, (_, t) => Math.max(0, ...own.filter((_, i) => labels[i] === t)));
    const most = Math.max(...ofClass);
    const targetClass = ofClass.indexOf(most);
    const score = most - Math.max(...ofClass.filter((_, t) => t !== targetClass));
    const images = [...labels.keys()].filter((i) => labels[i] === targetClass && own[i] >= most / 2);
    if (score > (best?.score ?? 0)) best = { square, targetClass, score, images };
  }
  return best;
}

/** Noise, with levels of so many steps where there are some, and a flat square in some images. */
const sets = fc.record({
  seed: fc.nat(),
  levels: fc.constantFrom(0, 2, 8),
  strength: fc.constantFrom(0, 0.4, 3),
  stamped: fc.subarray([0, 1, 4, 7]),
  top: fc.nat({ max: 3 }),
});

test.prop([sets], { numRuns: 40 })(
  "tables of sums find what the plain form finds",
  ({ seed, levels, strength, stamped, top }) => {
    const images = normal(child(key("pasted"), seed), 9 * 192, 0.5, 0.2);
    if (levels > 0) for (const [i, v] of images.entries()) images[i] = Math.round(v * levels) / levels;
    for (const image of stamped)
      for (let k = 0; k < 3; k++)
        for (let y = top; y < top + 4; y++)
          images.fill(strength + k / 9, image * 192 + k * 64 + y * 8 + 2, image * 192 + k * 64 + y * 8 + 6);
    const set: DistilledSet = { ...tinySet(9), images, normalisation: { kind: "unit" } };
    const audited = auditedSet(set);
    expect(mostPasted(audited)).toEqual(plainly(audited));
    for (let i = 0; i < 9; i++) {
      const rough = roughScores(audited, i * 192);
      for (const square of squaresOf(audited.shape)) {
        const score = pastedScore(audited, i * 192, square);
        expect(Math.abs(rough(square) - score)).toBeLessThan(1e-6 * (1 + score));
      }
    }
  },
);
