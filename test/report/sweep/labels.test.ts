import fc from "fast-check";
import { expect, test } from "vitest";
import { placeLabels } from "../../../src/report/sweep/labels.ts";

test("a dot with room around it has its label above and to the right; at the right edge to the left", () => {
  const [first, second] = placeLabels(
    [
      { x: 100, y: 100, text: "white" },
      { x: 390, y: 200, text: "white" },
    ],
    400,
  );
  expect(first).toMatchObject({ x: 108, y: 95 });
  expect(second?.x).toBeLessThan(390);
});

test("among dots on one spot the first keeps the best place and later ones go without rather than overlap", () => {
  const places = placeLabels(Array(9).fill({ x: 200, y: 100, text: "noise10" }), 400);
  expect(places[0]).toMatchObject({ x: 208, y: 95 });
  expect(places.filter((place) => place).length).toBeLessThan(7);
});

test("labels never overlap and stay inside", () => {
  const dot = fc.record({
    x: fc.integer({ min: 0, max: 400 }),
    y: fc.integer({ min: 0, max: 300 }),
    text: fc.string({ minLength: 1, maxLength: 12 }),
  });
  fc.assert(
    fc.property(fc.array(dot, { maxLength: 30 }), (dots) => {
      const placed = placeLabels(dots, 400).flatMap((place, i) =>
        place ? [{ ...place, right: place.x + 6.2 * [...dots[i].text].length }] : [],
      );
      for (const [i, a] of placed.entries()) {
        expect(a.x).toBeGreaterThanOrEqual(0);
        expect(a.right).toBeLessThanOrEqual(400);
        for (const b of placed.slice(i + 1))
          expect(a.x < b.right && b.x < a.right && Math.abs(a.y - b.y) < 12).toBe(false);
      }
    }),
  );
});
