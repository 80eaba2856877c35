import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openSessions } from "../../src/engine/session.ts";
import {
  attack,
  attacks,
  audit,
  child,
  type DistilledSet,
  defineAttack,
  diff,
  distil,
  drive,
  evaluate,
  inspect,
  key,
  NumericError,
  networks,
  sanitise,
  strokes,
  UsageError,
} from "../../src/index.ts";
import { cpu, quick, tinySet } from "../attack/tiny.ts";

const threads = { threads: 1 };
const small = { width: 8, repeats: 2, epochs: 2 } as const;

describe("attack", () => {
  it("gives what the command line's stage gives: the same seed, the same bytes", async () => {
    const { poisonedDistillation } = attacks;
    const context = { key: child(key(3), "attack"), device: cpu };
    const direct = await drive(poisonedDistillation.run(tinySet(), poisonedDistillation.options.parse(quick), context));
    const called = await attack(tinySet(), "poisonedDistillation", quick, { ...threads, seed: 3 });
    expect(called.set.images).toEqual(direct.set.images);
  });

  it("lays settings over a preset", async () => {
    const { set } = await attack(tinySet(), "cleanLabel", { preset: "strong", trigger: { side: 2 } }, threads);
    const { attackOptions } = set.metadata as { attackOptions: { strength: number; trigger: { side: number } } };
    const { strong } = attacks.cleanLabel.presets as unknown as { strong: { strength: number } };
    expect(attackOptions.strength).toBe(strong.strength);
    expect(attackOptions.trigger.side).toBe(2);
  });

  it("refuses what it does not know, with the names that it does", async () => {
    await expect(attack(tinySet(), "badNet" as never)).rejects.toThrow(/unknown attack: expected one of .*badNets/);
    await expect(attack(tinySet(), "badNets", { ratio: 1 } as never)).rejects.toThrow(UsageError);
    await expect(attack(tinySet(), "badNets", { preset: "mild" })).rejects.toThrow(/unknown preset/);
  });

  it("tells of its progress, and stops with the signal's reason", async () => {
    const stop = new AbortController();
    const phases: string[] = [];
    const stopped = attack(tinySet(), "poisonedDistillation", quick, {
      ...threads,
      signal: stop.signal,
      onProgress({ phase }) {
        phases.push(phase);
        if (phase === "update") stop.abort("enough");
      },
    });
    await expect(stopped).rejects.toBe("enough");
    expect(phases).toContain("archetypes");
    expect(openSessions()).toBe(0);
  });

  it("runs an attack of one's own, with its defaults", async () => {
    const seen: unknown[] = [];
    const mine = defineAttack({
      title: "mine",
      source: "a test",
      access: "distilled-set",
      options: z.strictObject({ factor: z.number().default(2) }),
      async *run(set, options) {
        seen.push(options);
        yield { phase: "scale", done: 1, total: 1 };
        const trigger = (await attack(set, "badNets", {}, threads)).trigger;
        return {
          set: { ...set, images: set.images.map((v) => options.factor * v) },
          trigger,
          targetClass: 0,
          curves: {},
        };
      },
    });
    await attack(tinySet(), mine, {}, threads);
    expect(seen).toEqual([{ factor: 2 }]);
  });
});

describe("distil and evaluate", () => {
  it("read in a few lines, and the numbers are those of paired networks", async () => {
    const set = await distil(strokes("train", 60), "randomReal", { ipc: 1 });
    const attacked = await attack(set, "cleanLabel", { share: 1 }, threads);
    const { rates, evaluations } = await evaluate(set, { attacked, test: strokes("test", 30), ...small }, threads);
    expect(rates).toHaveLength(1);
    const [{ network, clean, tampered, ctaChange, asrRise }] = rates;
    expect(network).toBe("convNet-8");
    expect(evaluations).toHaveLength(4);
    expect(clean.cta.n).toBe(2);
    expect(ctaChange?.mean).toBeCloseTo((tampered?.cta.mean ?? 0) - clean.cta.mean, 12);
    expect(asrRise?.mean).toBeCloseTo((tampered?.asr?.mean ?? 0) - (clean.asr?.mean ?? 0), 12);
    expect(tampered?.asrRandomTrigger?.n).toBe(2);
  });

  it("takes networks of one's own, and refuses two of one name", async () => {
    const set = await distil(strokes("train", 60), "randomReal", { ipc: 1 });
    const test = strokes("test", 20);
    const own = (...[shape, options]: Parameters<typeof networks.mlp>) => ({
      ...networks.mlp(shape, options),
      name: "own",
    });
    const { rates } = await evaluate(set, { test, networks: [own, "mlp"], ...small }, threads);
    expect(rates.map(({ network }) => network)).toEqual(["own-8", "mlp-8"]);
    await expect(evaluate(set, { test, networks: ["mlp", "mlp"], ...small }, threads)).rejects.toThrow(/mlp-8 twice/);
  });

  it("judges a set as its method's authors did, with the teacher that made it", async () => {
    const raw = strokes("train", 40);
    const teacher = { teacherEpochs: 1, teacherBatch: 20, width: 4, depth: 2, candidates: 2, crops: 1 };
    const set = await distil(raw, "realisticDiverse", { ipc: 1, ...teacher }, threads);
    const one = { test: strokes("test", 20), width: 4, repeats: 1, epochs: 2 } as const;
    const { evaluations } = await evaluate(set, { ...one, as: "rded", raw }, threads);
    expect(evaluations[0].losses).toHaveLength(2);
    await expect(evaluate(set, { ...one, as: "rded" }, threads)).rejects.toThrow(
      "evaluate: missing raw: expected the raw",
    );
    const random = await distil(raw, "randomReal", { ipc: 1 });
    await expect(evaluate(random, { ...one, as: "rded", raw }, threads)).rejects.toThrow("evaluate: missing teacher");
    await expect(evaluate(random, { ...one, as: "mtt" }, threads)).rejects.toThrow("evaluate: missing learning rate");
    expect(openSessions()).toBe(0);
  });

  it("says that every network diverged", async () => {
    const set = await distil(strokes("train", 60), "randomReal", { ipc: 1 });
    const wrong: DistilledSet = { ...set, images: set.images.map(() => Number.NaN) };
    await expect(evaluate(wrong, { test: strokes("test", 20), ...small }, threads)).rejects.toThrow(NumericError);
    expect(openSessions()).toBe(0);
  });
});

describe("what is no set is refused by name, before any work", () => {
  const set = tinySet();
  const wrong: [what: string, given: unknown, said: string][] = [
    ["nothing", undefined, "got undefined"],
    ["a path", "set.pt", 'got "set.pt"'],
    ["what open gives", { set, paths: [] }, "got an object that has one as `set`: pass that"],
    ["a raw set", strokes("test", 10), "got a labelled set"],
    ["a number", 3n, "got 3"],
    ["arrays of another length", { ...set, images: set.images.subarray(1) }, `got ${set.images.length - 1}`],
    ["labels of another length", { ...set, labels: { kind: "hard", classes: new Int32Array(1) } }, "images, got 1"],
    ["no labels", { ...set, labels: undefined }, "images, got none"],
    ["a shape of three", { ...set, shape: [1, 2, 3] }, "expected a shape of four numbers"],
    ["no normalisation", { ...set, normalisation: null }, "expected a normalisation with its kind, got null"],
  ];
  it.each(wrong)("%s", async (_, given, said) => {
    const bad = given as DistilledSet;
    const test = strokes("test", 10);
    for (const [who, call] of Object.entries({
      attack: () => attack(bad, "cleanLabel"),
      audit: () => audit(bad),
      evaluate: () => evaluate(bad, { test }),
      sanitise: () => sanitise(bad),
    })) {
      const refused = expect(call()).rejects;
      await refused.toThrow(UsageError);
      await refused.toThrow(`${who}: invalid set`);
      await refused.toThrow(said);
    }
  });
  it("by the others too", async () => {
    await expect(distil(set as never, "randomReal", { ipc: 1 })).rejects.toThrow("expected a labelled set");
    await expect(evaluate(set, { test: set as never })).rejects.toThrow("expected a labelled set");
    expect(() => diff(set, "set.pt" as never)).toThrow("diff: invalid set");
    await expect(inspect("set.pt" as never)).rejects.toThrow("inspect: invalid file: expected its bytes");
    // Not all its numbers.
    await expect(inspect(set as never)).rejects.toThrow("got a distilled set;");
  });
});

it("inspect takes bytes", async () => {
  const { inspection } = await inspect(new TextEncoder().encode("cos\nsystem\n(S'x'\ntR."));
  expect(inspection.verdict).not.toBe("fine");
});

describe("diff", () => {
  it("tells an edit from a copy", async () => {
    const set = tinySet();
    expect(diff(set, { ...set, images: set.images.slice() }).verdict).toBe("same tensors");
    const { set: tampered } = await attack(set, "badNets", {}, threads);
    const { verdict, suspicious } = diff(set, tampered);
    expect({ verdict, suspicious }).toEqual({ verdict: "editing", suspicious: true });
  });
});
