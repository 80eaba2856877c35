import { describe, expect, it } from "vitest";
import type { DistilledSet } from "../../../src/data/DistilledSet.ts";
import type { Trigger } from "../../../src/data/Trigger.ts";
import { auditTruth } from "../../../src/experiment/sweep/auditTruth.ts";
import { tinySet } from "../../attack/tiny.ts";

const clean = tinySet(12);
/** Opacities of a 3×3 square in the bottom-right corner of 8×8 pixels. */
const mask = Float32Array.from({ length: 64 }, (_, i) => (i % 8 > 4 && i > 39 ? 1 : 0));
const trigger = { mask, width: 8, height: 8 } as Trigger;

function changed(images: readonly number[]): DistilledSet {
  const out = clean.images.slice();
  for (const i of images) out[i * 192 + 191] += 1;
  return { ...clean, images: out };
}
const suspect = (targetClass: number, top: number, left: number, side = 3) => ({
  targetClass,
  place: { top, left, side },
  ...{ held: 1, drop: 0.5, rise: 0.5 },
});
const said = { verdict: "backdoored" as const, sentences: [], scores: {} };

describe("what an audit says, against what was planted", () => {
  // Classes 0, 1, 2 have the images 0–3, 4–7, 8–11.
  const attack = { set: changed([4, 5, 8]), trigger, targetClass: 1 };

  it("names class, place and images rightly or wrongly; a decoy in another class does not carry the trigger", () => {
    expect(auditTruth({ ...said, suspect: suspect(1, 5, 5), flagged: [4, 6] }, clean, attack)).toEqual({
      ...{ classRight: true, placeRight: true, precision: 0.5, recall: 0.5 },
    });
    expect(auditTruth({ ...said, suspect: suspect(2, 2, 2), flagged: [8] }, clean, attack)).toEqual({
      ...{ classRight: false, placeRight: false, precision: 0, recall: 0 },
    });
    // A patch that touches the trigger by a pixel is at its place; one that ends before it is not.
    expect(auditTruth({ ...said, suspect: suspect(1, 3, 3), flagged: [] }, clean, attack)).toMatchObject({
      placeRight: true,
    });
    expect(auditTruth({ ...said, suspect: suspect(1, 2, 3), flagged: [] }, clean, attack)).toMatchObject({
      placeRight: false,
    });
  });

  it("counts images that were added or relabelled", () => {
    const labels = {
      kind: "hard" as const,
      classes: Int32Array.from([...Array(12).keys(), 12], (i) => (i === 0 || i === 12 ? 1 : Math.floor(i / 4))),
    };
    const images = new Float32Array(13 * 192);
    images.set(clean.images);
    const set: DistilledSet = { ...clean, images, labels, shape: [13, 3, 8, 8] };
    expect(auditTruth({ ...said, flagged: [0, 12, 4] }, clean, { ...attack, set })).toEqual({
      precision: 2 / 3,
      recall: 1,
    });
  });

  it("leaves out what cannot be right or wrong", () => {
    const everywhere = {
      ...attack,
      set: changed([...Array(12).keys()]),
      trigger: { ...trigger, mask: new Float32Array(64).fill(0.2) },
    };
    expect(auditTruth({ ...said, suspect: suspect(1, 0, 0), flagged: [4] }, clean, everywhere)).toEqual({
      classRight: true,
    });
    expect(auditTruth({ ...said, flagged: [] }, clean, attack)).toEqual({ recall: 0 });
  });
});
