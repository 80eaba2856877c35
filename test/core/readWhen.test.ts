import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import type { Attack } from "../../src/attack/Attack.ts";
import * as attacks from "../../src/attack/attacks.ts";
import { UsageError } from "../../src/core/errors.ts";
import { type ReadWhen, refuseIdle, resolveSettings } from "../../src/core/readWhen.ts";

const options = z.strictObject({
  mode: z.enum(["plain", "noisy"]).default("plain"),
  noise: z.strictObject({ level: z.number().default(2), both: z.boolean().default(false) }).prefault({}),
  seed: z.int().optional(),
});
const isNoisy = ({ mode }: { mode: string }) => mode === "noisy";
const readWhen: ReadWhen<z.infer<typeof options>>[] = [
  { option: "noise", read: isNoisy, by: "mode noisy" },
  { option: "seed", read: isNoisy, by: "mode noisy", fallback: () => 7 },
];
const method = { options, readWhen };

describe("settings", () => {
  it.each([
    [
      { noise: { level: 3 } },
      "mine: invalid noise.level: expected it only with mode noisy, got 3; it would do nothing",
    ],
    // At its default it does nothing either.
    [{ noise: { level: 2 } }, "noise.level"],
    [[{ noise: { level: 3 } }, { mode: "plain" }], "noise.level"],
    [{ seed: 1 }, "mine: invalid seed: expected it only with mode noisy, got 1; it would do nothing"],
  ])("refuse what would do nothing: %j", (written, message) => {
    expect(() => resolveSettings("mine", method, written)).toThrow(UsageError);
    expect(() => resolveSettings("mine", method, written)).toThrow(message);
  });

  it("say off of what is off, come back complete, and lie over presets", () => {
    const plain = resolveSettings("mine", method, { noise: { both: false } });
    expect(plain).toEqual({ mode: "plain", noise: { level: 2, both: false } });
    expect(resolveSettings("mine", method, plain)).toEqual(plain);
    expect(() => resolveSettings("mine", method, { ...plain, noise: { level: 3, both: false } })).toThrow(
      "noise.level",
    );
    // Complete, but written over it.
    expect(() => resolveSettings("mine", method, [plain, { noise: { level: 2 } }])).toThrow("noise.level");
    expect(resolveSettings("mine", method, {}, { preset: { noise: { level: 9 } } }).noise.level).toBe(9);
    expect(resolveSettings("mine", method, { mode: "noisy" })).toMatchObject({ seed: 7 });
  });

  it("are spelled for their reader", () => {
    const spell = (path: readonly PropertyKey[]) => `--${path.join("-")}`;
    expect(() => refuseIdle("x", readWhen, options.parse({}), ["noise.level"], spell)).toThrow(
      "invalid --noise-level:",
    );
  });
});

const all = Object.entries(attacks) as unknown as [string, Attack][];

test.each(all)("every rule of %s names an option of it", (_, { options: schema, readWhen: rules = [] }) => {
  const defaults = schema.parse({});
  for (const { option } of rules) {
    const found = option
      .split(".")
      .reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], defaults);
    expect(found, option).toBeDefined();
  }
});

/** Attacks whose trigger is of any shape; those of others have what their papers have. */
const shaped = all.filter(([, { options: schema }]) => "kind" in ((schema.parse({}).trigger ?? {}) as object));

test("most triggers are of any shape", () => expect(shaped.length).toBeGreaterThan(all.length / 2));

describe.each(shaped)("the trigger of %s", (name, attack) => {
  it.each([
    [{ kind: "sinusoid", side: 5 }, "side"],
    [{ kind: "sinusoid", side: 3 }, "side"],
    [{ kind: "blend", frequency: 3 }, "frequency"],
    [{ kind: "square", frequency: 6 }, "frequency"],
    [{ colour: [1, 0, 0], value: 1 }, "value"],
    [{ kind: "low-frequency", corner: "top-left" }, "corner"],
    [{ kind: "blend", margin: 2 }, "margin"],
    [{ kind: "blend", colour: [1, 1, 0] }, "colour"],
    [{ kind: "blend", value: 1 }, "value"],
    [{ kind: "stroke", corner: "top-left" }, "corner"],
    [{ kind: "stroke", margin: 2 }, "margin"],
    [{ kind: "sinusoid", unit: "pixel" }, "unit"],
  ])("refuses %j", (trigger, option) => {
    expect(() => resolveSettings(name, attack, { trigger })).toThrow(
      new RegExp(`^${name}: invalid trigger\\.${option}: expected it only with a .*; it would do nothing$`),
    );
  });

  it.each([
    { kind: "sinusoid", frequency: 3, opacity: 0.2 },
    { kind: "low-frequency", frequency: 3, opacity: 0.2 },
    { kind: "blend", opacity: 0.1 },
    { kind: "square", colour: null, value: 1, side: 2, corner: "top-left", margin: 1, unit: "pixel" },
    { colour: [1, 0, 0], side: 2 },
    { kind: "stroke", colour: [1, 0, 0], side: 2, unit: "pixel", opacity: 0.5 },
  ])("takes %j", (trigger) => {
    expect(resolveSettings(name, attack, { trigger })).toMatchObject({ trigger });
  });
});
