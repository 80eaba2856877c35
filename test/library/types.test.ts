import { expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type AttackName,
  type AttackResult,
  attack,
  type DistilledSet,
  defineAttack,
  defineDistillation,
  distil,
  type EvaluationResult,
  evaluate,
  type LabelledSet,
  type NetworkName,
} from "../../src/index.ts";
import { open, openRaw } from "../../src/node.ts";

declare const set: DistilledSet;
declare const raw: LabelledSet;
const mine = defineAttack({
  title: "mine",
  source: "a test",
  access: "distilled-set",
  options: z.strictObject({ targetClass: z.int().default(0), strength: z.number() }),
  async *run(clean, { targetClass, strength }) {
    expectTypeOf(targetClass).toEqualTypeOf<number>();
    expectTypeOf(strength).toEqualTypeOf<number>();
    yield { phase: "none", done: 1, total: 1 };
    return { set: clean, trigger: undefined as never, targetClass, curves: {} };
  },
});

// Checked by the compiler alone: nothing here runs.
it("types follow the method", () => {
  () => {
    expectTypeOf(attack(set, "badNets", { poisonRatio: 0.2 })).resolves.toEqualTypeOf<AttackResult>();
    // @ts-expect-error an option of another attack
    attack(set, "badNets", { alpha: 0.2 });
    // @ts-expect-error a value of another kind
    attack(set, "poisonedDistillation", { archetype: { objective: "loss" } });
    // @ts-expect-error no such attack
    attack(set, "badNet");
    attack(set, mine, { strength: 2 });
    // @ts-expect-error an option of one's own attack of another type
    attack(set, mine, { strength: "2" });
    // @ts-expect-error an option that it does not have
    attack(set, mine, { strengths: 2 });

    expectTypeOf(distil(raw, "distributionMatching", { ipc: 1 })).resolves.toEqualTypeOf<DistilledSet>();
    // @ts-expect-error an option of another method
    distil(raw, "randomReal", { width: 3 });
    expectTypeOf(evaluate(set, { test: raw, networks: ["convNet"] })).resolves.toEqualTypeOf<EvaluationResult>();
    // @ts-expect-error no such network
    evaluate(set, { test: raw, networks: ["convnet"] });
    // @ts-expect-error nothing to measure on
    evaluate(set, {});
  };
});

it("names are literal", () => {
  expectTypeOf<"cleanLabel">().toExtend<AttackName>();
  expectTypeOf<string>().not.toExtend<AttackName>();
  expectTypeOf<"vgg11">().toExtend<NetworkName>();
  expectTypeOf(open).returns.resolves.toHaveProperty("set").toEqualTypeOf<DistilledSet>();
  expectTypeOf(openRaw).returns.resolves.toEqualTypeOf<LabelledSet>();
  expectTypeOf(defineDistillation).toBeFunction();
});
