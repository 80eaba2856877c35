import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { expect } from "vitest";
import { dealt } from "../../src/attack/common/miniBatches.ts";

it.prop([fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 })])(
  "every row is dealt once, to parts of at most the batch whose sizes differ by one",
  (m, batch) => {
    const parts = dealt(m, batch);
    const sizes = parts.map((part) => part.length);
    expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual(Array.from({ length: m }, (_, i) => i));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(batch);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  },
);

it.prop([fc.integer({ min: 2, max: 10 }), fc.integer({ min: 2, max: 60 }), fc.integer({ min: 2, max: 300 })])(
  "in a set in order of class every part has its share of each class",
  (classes, ipc, batch) => {
    for (const part of dealt(classes * ipc, batch))
      for (let c = 0; c < classes; c++) {
        const share = part.filter((row) => Math.floor(row / ipc) === c).length;
        expect(Math.abs(share - part.length / classes)).toBeLessThanOrEqual(1);
      }
  },
);
