import { describe, expect, test } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { counted, duration, percent, points } from "../../src/page/numbers.ts";
import { conclude } from "../../src/report/conclusion.ts";
import { toMarkdown } from "../../src/report/markdown.ts";
import { renderHtml } from "../../src/report/page.ts";
import { type NetworkResult, parseRecord } from "../../src/report/record.ts";
import { syntheticRecord } from "./syntheticRecord.ts";

/** A record whose networks did exactly this, pair by pair. */
function recordOf(asr: number[], control: number[], cta: [before: number[], after: number[]] = [[0.5], [0.5]]) {
  const results: NetworkResult[] = asr.flatMap((value, seed) => [
    { network: "ConvNet", seed, epochs: 50, set: "clean", cta: cta[0][seed % cta[0].length], asr: control[seed] },
    { network: "ConvNet", seed, epochs: 50, set: "tampered", cta: cta[1][seed % cta[1].length], asr: value },
  ]);
  return { ...syntheticRecord(), results };
}

describe("the conclusion", () => {
  test.each([
    ["worked", [0.9, 0.92, 0.88], [0.05, 0.06, 0.05]],
    ["weak", [0.2, 0.22, 0.21], [0.05, 0.06, 0.05]],
    ["failed", [0.05, 0.06, 0.055], [0.05, 0.06, 0.05]],
    ["failed", [0.01, 0.02, 0.01], [0.3, 0.31, 0.3]],
    ["inconclusive", [0.1, 0.9, 0.2], [0.05, 0.06, 0.05]],
    ["inconclusive", [0.99], [0.01]],
  ])("%s: %j against %j", (verdict, asr, control) => {
    expect(conclude(recordOf(asr, control)).verdict).toBe(verdict);
  });

  test("a high ASR that a control reaches as well is no success", () => {
    const record = recordOf([0.9, 0.91, 0.9], [0.05, 0.06, 0.05]);
    const results = record.results.map((r) =>
      r.set === "tampered" ? { ...r, asrRandomTrigger: (r.asr ?? 0) - 0.001 * Number(r.seed) } : r,
    );
    const { verdict, sentences } = conclude({ ...record, results });
    expect(verdict).toBe("failed");
    expect(sentences[0]).toContain("(tampered set, random trigger)");
  });

  test("without controls or without triggered images it says so", () => {
    const record = recordOf([0.9, 0.9], [0.1, 0.1]);
    const lonely = record.results.filter((r) => r.set === "tampered");
    expect(conclude({ ...record, results: lonely })).toMatchObject({
      verdict: "inconclusive",
      sentences: [expect.stringContaining("no control was measured"), expect.stringContaining("was not compared")],
    });
    const untriggered = record.results.map(({ asr: _, ...rest }) => rest);
    expect(conclude({ ...record, results: untriggered }).verdict).toBe("none");
    expect(conclude({ ...record, results: [] }).sentences[0]).toContain("No network was trained");
  });

  test("architectures are not averaged", () => {
    const of = (network: string, ...ctas: number[]): NetworkResult[] =>
      ctas.map((cta, seed) => ({ network, seed, epochs: 50, set: "clean", cta }));
    const results = [...of("mlp", 0.28, 0.29), ...of("vgg11", 0.2, 0.18), ...of("convNet", 0.27, 0.31)];
    expect(conclude({ ...syntheticRecord(), results }).sentences[0]).toMatch(
      /reach between 19\.0 % \(vgg11\) and 29\.0 % \(convNet\) on clean test images\.$/,
    );
  });

  describe("of several architectures", () => {
    /** Three networks of each, ASR against the clean set with the trigger. */
    const of = (network: string, asr: number[], control: number[]): NetworkResult[] =>
      asr.flatMap((value, seed): NetworkResult[] => [
        { network, seed, epochs: 50, set: "clean", cta: 0.4 + 0.01 * seed, asr: control[seed] },
        { network, seed, epochs: 50, set: "tampered", cta: 0.4 + 0.01 * seed, asr: value },
      ]);
    const strong = of("convNet", [0.84, 0.85, 0.845], [0.1, 0.11, 0.105]);
    const weak = of("mlp", [0.47, 0.48, 0.49], [0.09, 0.1, 0.1]);
    const nothing = of("leNet", [0.24, 0.25, 0.22], [0.23, 0.24, 0.23]);
    const record = { ...syntheticRecord(), results: [...strong, ...weak, ...nothing] };

    test("each has its own clause, control and verdict, and no number is a mean over them", () => {
      const { verdict, heading, sentences, architectures } = conclude(record);
      expect(verdict).toBe("worked");
      expect(heading).toBe("The attack worked with convNet, not with mlp and leNet");
      expect(architectures).toEqual([
        { network: "convNet", verdict: "worked" },
        { network: "mlp", verdict: "weak" },
        { network: "leNet", verdict: "failed" },
      ]);
      expect(sentences[0]).toMatch(
        /convNet called 84\.5 % .*against 10\.5 % in the strongest control .*; mlp called 48\.0 % .*against 9\.7 % .*; leNet called 23\.7 % .*no more than 23\.3 %/,
      );
      // What the three would be together.
      for (const mean of ["52.1 %", "52.0 %"]) expect(sentences.join(" ")).not.toContain(mean);
      expect(sentences[1]).toMatch(/^Clean accuracy of convNet .*; of mlp .*; of leNet /);
    });

    test("nine networks of three kinds are no nine repetitions: a kind of one network says nothing", () => {
      const single = [...of("convNet", [0.9], [0.1]), ...of("mlp", [0.9], [0.1]), ...of("leNet", [0.9], [0.1])];
      const { verdict, heading } = conclude({ ...record, results: single });
      expect([verdict, heading]).toEqual(["inconclusive", "Inconclusive with all 3 architectures"]);
    });

    test("their tests are one family: what passes alone may not pass among three", () => {
      // One pair of networks: p of the paired t-test is about 0.035.
      const barely = (network: string) => of(network, [0.2, 0.222], [0.1, 0.1]);
      expect(conclude({ ...record, results: barely("convNet") }).verdict).toBe("inconclusive");
      const alone = of("convNet", [0.2, 0.25, 0.21], [0.1, 0.1, 0.1]);
      expect(conclude({ ...record, results: alone }).verdict).toBe("weak");
      const among = [
        ...alone,
        ...of("mlp", [0.1, 0.3, 0.2], [0.1, 0.1, 0.1]),
        ...nothing,
        ...of("vit", [0.5, 0.1, 0.2], [0.1, 0.1, 0.1]),
      ];
      const found = conclude({ ...record, results: among }).architectures[0];
      expect(found).toEqual({ network: "convNet", verdict: "inconclusive" });
    });

    test("a tile each in the page, and the same words in Markdown", () => {
      const page = renderHtml(record);
      for (const network of ["convNet", "mlp", "leNet"]) {
        expect(page).toContain(`Attack success (ASR), ${network}`);
        expect(page).toContain(`Clean accuracy (CTA), ${network}`);
      }
      expect(page).toContain("<b>84.5 %</b>");
      expect(page).not.toMatch(/<b>52\.\d %<\/b>/);
      expect(toMarkdown(record)).toContain("The attack worked with convNet, not with mlp and leNet");
    });
  });

  test("it speaks of the longest training, in plain words, with intervals", () => {
    const record = recordOf(
      [0.5, 0.6, 0.7],
      [0.1, 0.1, 0.1],
      [
        [0.5, 0.52, 0.51],
        [0.4, 0.42, 0.4],
      ],
    );
    const short: NetworkResult[] = record.results.map((r) => ({ ...r, epochs: 10, asr: 0 }));
    const { sentences } = conclude({ ...record, results: [...short, ...record.results] });
    expect(sentences[0]).toBe(
      "Of test images of other classes, 60.0 % (95 % interval 35.2–84.8 %) were called “ring” once they carried the trigger, against 10.0 % in the strongest control (clean set, trigger): a rise of 50.0 points (95 % interval 25.2 to 74.8 points).",
    );
    expect(sentences[1]).toMatch(
      /^Clean accuracy fell, from 51\.0 % to 40\.7 % \(−10\.3 points; .*which a receiver who measures it would notice.*outside what a picture can hold, so that it has/,
    );
  });
});

test("a trigger outside the gamut is also judged as a picture would carry it", () => {
  const record = recordOf([0.9, 0.9], [0.1, 0.1]);
  const results = record.results.map((r) => (r.set === "tampered" ? { ...r, asrClamped: 0.125 } : r));
  expect(conclude({ ...record, results }).sentences[1]).toMatch(
    /a picture can hold: clamped to one, it gives 12\.5 %\.$/,
  );
  const inside = record.trigger && { ...record.trigger, inGamut: true };
  expect(conclude({ ...record, trigger: inside }).sentences[1]).toMatch(
    /and the trigger fits into an ordinary picture\.$/,
  );
});

describe("records", () => {
  test("survive JSON", () => {
    const record = syntheticRecord();
    expect(parseRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test.each([
    [(r: Record<string, unknown>) => ({ ...r, format: "other" }), "record.json: invalid format"],
    [(r: Record<string, unknown>) => ({ ...r, extra: 1 }), "record.json: unknown extra: expected no such member"],
    [
      (r: Record<string, unknown>) => ({
        ...r,
        results: [{ network: "a", seed: 0, epochs: 1, set: "clean", cta: 26.5 }],
      }),
      "invalid results.0.cta",
    ],
    [
      (r: Record<string, unknown>) => ({ ...r, set: { ...(r.set as object), labels: [0] } }),
      "invalid set.labels: expected 10, got 1",
    ],
    [
      (r: Record<string, unknown>) => ({
        ...r,
        set: { ...(r.set as object), clean: { shape: [10, 3, 32, 32], bytes: "AAAA" } },
      }),
      "invalid pictures: expected 40960 base64 digits for 10×3×32×32, got 4",
    ],
    [
      (r: Record<string, unknown>) => ({ ...r, trigger: { ...(r.trigger as object), mask: [1] } }),
      "invalid trigger.mask: expected 1024 numbers, got 1",
    ],
    [() => null, "record.json: invalid record: expected object, got null"],
  ])("damaged ones are refused by name (%#)", (damage, message) => {
    const record = JSON.parse(JSON.stringify(syntheticRecord())) as Record<string, unknown>;
    expect(() => parseRecord(damage(record), "record.json")).toThrow(DataError);
    expect(() => parseRecord(damage(record), "record.json")).toThrow(message);
  });
});

test("Markdown is a table whose cells cannot break out", () => {
  const record = syntheticRecord();
  const text = toMarkdown({
    ...record,
    title: "a|b\n# c",
    results: record.results.map((r) => ({ ...r, network: "Conv|Net" })),
  });
  const lines = text.split("\n");
  expect(lines[0]).toBe("### a\\|b # c");
  const table = lines.filter((line) => line.startsWith("|"));
  expect(table).toHaveLength(4);
  expect(table[2]).toMatch(/^\| Conv\\\|Net \| 50 \| 5 \| 27\.\d ± /);
  expect(new Set(table.map((line) => line.replace(/\\\|/g, "").split("|").length)).size).toBe(1);
});

test.each([
  "retort evaluate 'a  b.pt'",
  "retort evaluate '`date`.pt' --out '```'",
  "retort evaluate a.pt\n````\n# after",
])("Markdown has the command %j as it is, in a block that it cannot end", (command) => {
  const lines = toMarkdown({ ...syntheticRecord(), command }).split("\n");
  const from = lines.findIndex((line) => /^`{3,}sh$/.test(line));
  const fence = lines[from].slice(0, -"sh".length);
  const until = lines.indexOf(fence, from);
  expect(lines.slice(from + 1, until).join("\n")).toBe(command);
  expect(lines.slice(until + 1).join("\n")).not.toMatch(/^`{3,}/m);
});

test("numbers read as people write them", () => {
  expect(percent(0.167)).toBe("16.7 %");
  expect([points(-0.013), points(0.2), points(0.0001)]).toEqual(["−1.3 points", "+20.0 points", "0.0 points"]);
  expect([0.84, 42.4, 200, 18_130].map(duration)).toEqual(["0.8 s", "42 s", "3 min 20 s", "5 h 2 min"]);
  expect([counted(9000), counted(10_000), counted(1_234_567)]).toEqual(["9000", "10\u202f000", "1\u202f234\u202f567"]);
});
