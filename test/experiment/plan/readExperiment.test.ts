import { expect, it } from "vitest";
import { expand } from "../../../src/experiment/plan/expand.ts";
import { experimentJsonSchema } from "../../../src/experiment/plan/experimentSchema.ts";
import { readExperiment } from "../../../src/experiment/plan/readExperiment.ts";

const lines = (...text: string[]) => text.join("\n");
const head = ["test: { data: strokes }", "set: { distil: strokes, method: random, ipc: 1 }"];

it.each([
  [lines("test: { data: strokes", "seed: 1"), "e.yaml:2:1: invalid YAML"],
  ["seed: 0", "e.yaml: missing test: expected object, got none"],
  [lines(...head, "epochs: 3"), /^e\.yaml:3:1: unknown member epochs: expected one of attack, .*strategy.*, got|test/],
  [lines(...head, "strategy: { epoch: 3 }"), /^e\.yaml:3:13: unknown member strategy\.epoch: expected one of .*epochs/],
  [lines(...head, "strategy:", "  epochs: 0"), "e.yaml:4:3: invalid strategy.epochs: expected number to be >=1, got 0"],
  [
    lines(...head, "network: { name: convnet }"),
    /^e\.yaml:3:12: invalid network\.name: expected one of .*convNet.*, got "convnet"; did you mean convNet\?$/,
  ],
  [lines(...head, "network: mlp"), 'e.yaml:3:1: invalid network: expected object, got "mlp"; write { name: mlp }'],
  [lines(...head, "attack: badNets"), /^e\.yaml:3:1: .*; write \{ method: badNets \}$/],
  [lines(head[0], "set: set.pt"), /^e\.yaml:2:1: .*; write \{ file: set\.pt \}$/],
  [lines("test: strokes", head[1]), /^e\.yaml:1:1: .*; write \{ data: strokes \}$/],
  [lines(...head, "matrix: { network: mlp }"), /^e\.yaml:3:11: .*; write \[mlp\]$/],
  [lines(...head, "matrix: { network: { big: mlp } }"), /^e\.yaml:3:22: .*; write \{ name: mlp \}$/],
  [lines(...head, "sizes: { smoke: { trigger: row } }"), /^e\.yaml:3:19: .*; write \{ kind: row \}$/],
  [
    lines(...head, "strategy: { epochs: soon }"),
    /^e\.yaml:3:13: invalid strategy\.epochs: expected number, got "soon"$/,
  ],
  [
    lines(...head, "attack: { method: badNets, poisonRatio: 3 }"),
    "e.yaml:3:28: invalid attack.poisonRatio: expected number to be <=1, got 3",
  ],
  [
    lines(...head, "attack: { method: badNets, alpha: 0.5 }"),
    /^e\.yaml:3:28: unknown member attack\.alpha: expected one of .*poisonRatio/,
  ],
  [
    lines(...head, "matrix:", "  trigger:", "    big: { side: 3, hue: red }"),
    /^e\.yaml:5:21: unknown member matrix\.trigger\.big\.hue: expected one of .*side/,
  ],
  [lines(...head, "matrix:", "  seed: [0, x]"), 'e.yaml:4:13: invalid matrix.seed.1: expected number, got "x"'],
  [
    lines(...head, "matrix:", "  sead: [0]"),
    /^e\.yaml:4:3: unknown axis: expected one of set, .* got sead; did you mean seed\?$/,
  ],
  [lines(...head, "sizes:", "  smoke:", "    matrix:", "      foo.bar: [1]"), /^e\.yaml:6:7: unknown axis/],
])("says file, line and what to write: %s", (text, message) => {
  expect(() => readExperiment(text, "e.yaml")).toThrow(message);
});

it("expands axes in the order of the file, the last one fastest, and leaves out what is excluded", () => {
  const experiment = readExperiment(
    lines(
      ...head,
      "attack: { method: poisonedDistillation, steps: 3 }",
      "matrix:",
      "  trigger: { one: { side: 1 }, three: { side: 3 } }",
      "  attack.alpha: [0, 0.5]",
      "  seed: [4, 5]",
      "exclude:",
      "  - { trigger: one, attack.alpha: [0.5] }",
    ),
    "e.yaml",
  );
  const all = expand(experiment);
  expect(all.map(({ axes }) => Object.values(axes).join(" "))).toEqual([
    "one 0 4",
    "one 0 5",
    "three 0 4",
    "three 0 5",
    "three 0.5 4",
    "three 0.5 5",
  ]);
  expect(all[4]).toMatchObject({
    seed: 4,
    parts: { attack: { method: "poisonedDistillation", steps: 3, alpha: 0.5 }, trigger: { side: 3 } },
  });
  expect(all[4].where("attack")).toBe("e.yaml:6:3");
});

it("another method starts afresh, names stand for parts, sizes lie over the file", () => {
  const text = lines(
    ...head,
    "attack: { method: poisonedDistillation, steps: 3 }",
    "strategy: { epochs: 100, lr: 0.1 }",
    "matrix:",
    "  attack: [badNets, poisonedDistillation]",
    "  network: [mlp]",
    "sizes:",
    "  smoke: { strategy: { epochs: 2 }, matrix: { attack: [badNets] } }",
  );
  const parts = (size?: string) => expand(readExperiment(text, "e.yaml", size)).map((one) => one.parts);
  expect(parts().map(({ attack }) => attack)).toEqual([
    { method: "badNets" },
    { method: "poisonedDistillation", steps: 3 },
  ]);
  expect(parts("smoke")).toEqual([
    expect.objectContaining({
      attack: { method: "badNets" },
      network: { name: "mlp" },
      strategy: { epochs: 2, lr: 0.1 },
    }),
  ]);
  expect(() => parts("large")).toThrow('e.yaml: unknown size: expected one of smoke, got "large"');
});

it("refuses what would silently do something else", () => {
  const of = (...text: string[]) => expand(readExperiment(lines(...head, ...text), "e.yaml"));
  expect(() => of("matrix: { seed: [1, 1] }")).toThrow("expected distinct values, got 1 twice");
  expect(() => of("matrix: { seed: [1] }", "exclude: [{ seed: 2 }]")).toThrow(
    "unknown value of seed: expected one of 1, got 2",
  );
  expect(() => of("matrix: { seed: [1] }", "exclude: [{ sed: 1 }]")).toThrow("unknown axis");
  expect(() => of("matrix: { seed: [1] }", "exclude: [{ seed: 1 }]")).toThrow("expected a trial to be left");
});

it("the JSON Schema lists every network, attack and option, with descriptions and without required defaults", () => {
  const text = JSON.stringify(experimentJsonSchema());
  for (const word of ["convNet", "badNets", "poisonRatio", "augmentation", "passes over the set", "distil"])
    expect(text).toContain(word);
});

it("a map takes another in by a merge key, and what stands in it goes before", () => {
  const text = lines(
    ...head,
    "matrix:",
    "  trigger:",
    "    one: &one { side: 3, value: 0.5 }",
    "    two: { <<: *one, side: 5 }",
    "    three: { <<: [*one, { value: 1 }] }",
  );
  const { body } = readExperiment(text, "e.yaml");
  expect(body.matrix).toMatchObject({
    trigger: { one: { side: 3, value: 0.5 }, two: { side: 5, value: 0.5 }, three: { side: 3, value: 0.5 } },
  });
});

it.each([
  [lines(...head, "strategy: { <<: *gone }"), /^e\.yaml:3:17: invalid YAML: expected an anchor &gone before it/],
  [lines(...head, "strategy: { <<: 3 }"), /^e\.yaml.*: (?:unknown member|invalid) /],
  [lines(...head, "seed: &s 1", "strategy: { <<: *s }"), /^e\.yaml.*: (?:unknown member|invalid) /],
  [lines(...head, "strategy: &a { <<: *a }"), /^e\.yaml.*: invalid YAML/],
  [lines(...head, "---", ...head), "e.yaml:3:1: invalid YAML: expected one document, got several, parted by ---"],
])("%j is refused by its place", (text, message) => {
  expect(() => readExperiment(text, "e.yaml")).toThrow(message);
});
