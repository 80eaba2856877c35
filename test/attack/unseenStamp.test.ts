import { describe, expect, it } from "vitest";
import { chosen, unseenStamp } from "../../src/attack/unseenStamp.ts";
import { UsageError } from "../../src/core/errors.ts";
import { key } from "../../src/core/random.ts";
import { classesOf } from "../../src/train/targets.ts";
import { attacked, quickUnseen, tinySet } from "./tiny.ts";

const way = { share: 1, part: 1, strength: 1 };
const clean = { own: 0.4, flat: 0.3, alike: 0.2 };

describe("the chosen candidate", () => {
  it.each([
    [
      "is the most successful of those that stand out no more than the clean set",
      [
        [0.9, 0.5, 0, 0],
        [0.6, 0.4, 0.3, 0.2],
        [0.7, 0, 0, 0],
      ],
      2,
    ],
    [
      "stands out by no patch of its own",
      [
        [0.9, 0.41, 0, 0],
        [0.1, 0, 0, 0],
      ],
      1,
    ],
    [
      "stands out by no flat square",
      [
        [0.9, 0, 0.31, 0],
        [0.1, 0, 0, 0],
      ],
      1,
    ],
    [
      "shares no detail",
      [
        [0.9, 0, 0, 0.4],
        [0.1, 0, 0, 0],
      ],
      1,
    ],
    [
      "is the one that stands out least where all do",
      [
        [0.9, 0.9, 0, 0],
        [0.2, 0.5, 0.4, 0],
        [0.3, 0.6, 0, 0],
      ],
      1,
    ],
  ] as const)("%s", (_, rows, at) => {
    const judged = rows.map(([success, own, flat, alike]) => ({ ...way, success, own, flat, alike }));
    expect(chosen(judged, clean)).toBe(at);
  });
});

describe("unseenStamp", () => {
  const set = tinySet(12);
  const run = (given: object, ...resume: Parameters<typeof attacked>[4][]) =>
    attacked(unseenStamp, set, { ...quickUnseen, targetClass: 1, ...given }, key(3), ...resume);

  it("stamps images of the target alone, in the way that it chose of those that it judged", async () => {
    const { result } = await run({});
    const {
      candidates,
      chosen: best,
      clean: before,
    } = result.set.metadata as unknown as {
      candidates: Parameters<typeof chosen>[0];
      chosen: object;
      clean: Parameters<typeof chosen>[1];
    };
    expect(candidates).toHaveLength(3);
    expect(new Set(candidates.map(({ share, part, strength }) => `${share} ${part} ${strength}`)).size).toBe(3);
    expect(best).toEqual(candidates[chosen(candidates, before)]);
    const moved = [...classesOf(set).keys()].filter((i) =>
      result.set.images.slice(192 * i, 192 * (i + 1)).some((v, p) => v !== set.images[192 * i + p]),
    );
    const share = (best as { share: number }).share;
    expect(moved).toHaveLength(Math.ceil(4 * share));
    expect(moved.every((i) => classesOf(set)[i] === 1)).toBe(true);
    expect(result.set.labels).toEqual(set.labels);
  });

  it.each([
    [12, { shares: [1], parts: [0.5, 1], strengths: [2] }, 2],
    // Half of one image is the image.
    [3, { shares: [0.5, 1], parts: [1], strengths: [2] }, 1],
  ])("tries no way twice: of %i images, %j", async (images, given, ways) => {
    const { result } = await attacked(
      unseenStamp,
      tinySet(images),
      { ...quickUnseen, ...given, candidates: 9, targetClass: 1 },
      key(3),
    );
    expect(result.set.metadata.candidates).toHaveLength(ways);
  });

  it("resumed from any checkpoint gives the same bytes", async () => {
    const { result, checkpoints } = await run({ networks: 2, surrogate: { width: 8, networks: ["convNet", "mlp"] } });
    expect(checkpoints).toHaveLength(3);
    for (const checkpoint of checkpoints) {
      const again = await run({ networks: 2, surrogate: { width: 8, networks: ["convNet", "mlp"] } }, checkpoint);
      expect(again.result.set.images).toEqual(result.set.images);
      expect(again.result.set.metadata).toEqual(result.set.metadata);
      expect(again.checkpoints.at(-1)).toEqual(checkpoints.at(-1));
    }
  });

  it("refuses a target that the set has not, before any work", async () => {
    await expect(run({ targetClass: 3 })).rejects.toThrow(UsageError);
    await expect(run({ targetClass: 3 })).rejects.toThrow("unseenStamp: invalid targetClass: expected 0 … 2, got 3");
  });
});
