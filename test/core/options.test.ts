import { expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../src/core/errors.ts";
import { resolveOptions } from "../../src/core/options.ts";

const schema = z.object({
  alpha: z.number().min(0).max(1).default(0.6),
  steps: z.int().min(1),
  distance: z.enum(["cosine", "mse"]).default("cosine"),
  trigger: z.strictObject({ side: z.int().default(1) }).default({ side: 1 }),
});

test("every default is filled in, nothing else is touched", () => {
  expect(resolveOptions("attack", schema, { steps: 5 })).toEqual({
    alpha: 0.6,
    steps: 5,
    distance: "cosine",
    trigger: { side: 1 },
  });
});

test.each([
  [{ steps: 5, alhpa: 1 }, "attack: unknown option: expected one of alpha, distance, steps, trigger, got alhpa"],
  [{ steps: 5, trigger: { size: 1 } }, "attack: unknown option: expected an option of trigger, got trigger.size"],
  [{}, "attack: missing steps: expected number"],
  [{ steps: 0 }, "attack: invalid steps: expected number to be >=1, got 0"],
  [{ steps: 5, alpha: Number.NaN }, "attack: invalid alpha: expected number, got NaN"],
  [{ steps: 5, distance: "l1" }, 'attack: invalid distance: expected one of cosine, mse, got "l1"'],
  ["steps", 'attack: invalid options: expected object, got "steps"'],
])("%j is refused by name", (given, message) => {
  expect(() => resolveOptions("attack", schema, given)).toThrow(UsageError);
  expect(() => resolveOptions("attack", schema, given)).toThrow(message);
});
