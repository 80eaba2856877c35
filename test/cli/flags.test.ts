import { expect, test } from "vitest";
import { z } from "zod";
import { defineCommand } from "../../src/cli/shell/command.ts";
import { flagOf } from "../../src/cli/shell/flagOf.ts";
import { kebab } from "../../src/core/spelling.ts";
import { call } from "./fakeTerminal.ts";

const schema = z.object({
  alpha: z.number().min(0).max(1).default(0.6).describe("weight of the backdoor part"),
  targetClass: z.int().min(0).default(0).describe("class that the trigger leads to"),
  distance: z.enum(["cosine", "layerwise", "mse"]).default("cosine").describe("between gradients"),
  clamp: z.boolean().default(false).describe("keep every update inside the gamut"),
  flip: z.boolean().default(true).describe("mirror at random"),
  epochs: z.array(z.int().min(1)).default([50, 100]).describe("schedules"),
  width: z
    .union([z.int(), z.literal("auto")])
    .default("auto")
    .describe("channels"),
  limit: z.number().nullable().default(null).describe("upper bound"),
  colour: z.array(z.number()).length(3).nullable().default(null).describe("red, green, blue"),
  name: z.string().optional().describe("label of the run"),
  trigger: z
    .object({ side: z.int().default(1).describe("pixels"), value: z.number().default(10).describe("stamped value") })
    .default({ side: 1, value: 10 }),
});

async function parse(...words: string[]) {
  let seen: unknown;
  const attack = defineCommand({
    summary: "attack a set",
    arguments: { "[set]": "distilled set" },
    options: schema,
    examples: ["attack set.safetensors --alpha 0.3"],
    async run({ options, given, args }) {
      seen = { options, given: [...given], args };
      return 0;
    },
  });
  return {
    ...(await call({ attack }, "attack", ...words)),
    seen: seen as { options: z.infer<typeof schema>; given: string[]; args: string[] },
  };
}

test("every default of the schema is resolved", async () => {
  const { status, seen } = await parse();
  expect(status).toBe(0);
  expect(seen).toEqual({ options: schema.parse({}), given: [], args: [] });
});

test("flags of each kind arrive with their type", async () => {
  const words = "set --alpha .25 --target-class 3 --distance mse --clamp --no-flip --epochs 1,2 --epochs 3 --width 64";
  const { seen } = await parse(...words.split(" "), "--limit", "-0.5", "--name", "7", "--trigger-value", "-2");
  expect(seen.options).toEqual({
    alpha: 0.25,
    colour: null,
    targetClass: 3,
    distance: "mse",
    clamp: true,
    flip: false,
    epochs: [1, 2, 3],
    width: 64,
    limit: -0.5,
    name: "7",
    trigger: { side: 1, value: -2 },
  });
  expect(seen.given).toContain("trigger.value");
  expect(seen.given).not.toContain("trigger.side");
  expect(seen.args).toEqual(["set"]);
});

test("none stands for null, and a boolean can be written out either way", async () => {
  expect((await parse("--limit", "none")).seen.options.limit).toBe(null);
  expect((await parse("--flip", "--no-clamp")).seen.options).toMatchObject({ flip: true, clamp: false });
});

test.each([
  [["--alpha", "3"], "retort attack: invalid --alpha: expected number to be <=1, got 3"],
  [["--alpha", "much"], 'retort attack: invalid --alpha: expected number, got "much"'],
  [["--target-class", "1.5"], "retort attack: invalid --target-class: expected int, got 1.5"],
  [["--distance", "l1"], 'retort attack: invalid --distance: expected one of cosine, layerwise, mse, got "l1"'],
  [["--epochs", "5,x"], 'retort attack: invalid --epochs: expected number, got "x"'],
  [["--trigger-side", "a"], 'retort attack: invalid --trigger-side: expected number, got "a"'],
  [["--trigger-sid", "1"], "retort attack: unknown option '--trigger-sid'; did you mean --trigger-side?"],
  [["--alpha"], "retort attack: option '--alpha <number>' argument missing"],
  [["a", "b"], "retort attack: too many arguments for 'attack'. Expected 1 argument but got 2"],
])("%j gives one line and status 2", async (words, line) => {
  const { status, stdout, stderr } = await parse(...words);
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `${line}\n` });
});

test("the help of a command is made from its schema", async () => {
  const { status, stdout } = await parse("--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(/--alpha <number> +weight of the backdoor part \(default: 0\.6\)/);
  expect(stdout).toMatch(/--distance <cosine\|layerwise\|mse> +between gradients \(default: cosine\)/);
  expect(stdout).toMatch(/--clamp +keep every update inside the gamut\n/);
  expect(stdout).toMatch(/--no-flip +mirror at random \(default: on\)/);
  expect(stdout).not.toMatch(/--no-clamp|--flip/);
  expect(stdout).toMatch(/--epochs <integer,…> +schedules \(default: 50,100\)/);
  expect((await parse("--help-all")).stdout).toMatch(/--trigger-side <integer> +pixels \(default: 1\)/);
  expect(stdout).toContain("Examples:\n  retort attack set.safetensors --alpha 0.3");
});

test("names become flags", () => {
  expect(kebab("poisonedDistillation")).toBe("poisoned-distillation");
  expect(kebab("badnets")).toBe("badnets");
  expect(flagOf(["trigger", "sideLength"])).toBe("--trigger-side-length");
  expect(flagOf(["epochs", 2])).toBe("--epochs");
});

test("a list may be none, and is told from it", async () => {
  expect((await parse("--colour", "1,0,0.5")).seen.options.colour).toEqual([1, 0, 0.5]);
  expect((await parse("--colour", "none")).seen.options.colour).toBeNull();
  expect((await parse()).seen.options.colour).toBeNull();
  expect((await parse("--colour", "1,0")).stderr).toMatch(/--colour/);
});
