import { expect, test } from "vitest";
import { Console } from "../../src/cli/shell/console.ts";
import { oneLine, printable } from "../../src/cli/shell/printable.ts";
import { clock, progressBar, timeLeft } from "../../src/cli/shell/progress.ts";
import { table } from "../../src/cli/shell/table.ts";
import { Recorder } from "./fakeTerminal.ts";

test("a table aligns text left and numbers right", () => {
  const rows = [
    { name: "ConvNet", asr: "16.7 ± 2.0" },
    { name: "MLP", asr: "5.6 ± 0.3" },
  ];
  const text = table(rows, [
    { title: "network", of: (row) => row.name },
    { title: "ASR", of: (row) => row.asr },
  ]);
  expect(text).toBe(
    ["network         ASR", "───────  ──────────", "ConvNet  16.7 ± 2.0", "MLP       5.6 ± 0.3"].join("\n"),
  );
});

test("an empty table is its heading", () => {
  expect(table([], [{ title: "rule", of: () => "" }])).toBe("rule\n────");
});

test("without a terminal, long work writes a line after two seconds and then every ten", () => {
  let time = 0;
  const sink = new Recorder();
  const bar = progressBar(sink, "attack", 100, () => time);
  for (let step = 1; step <= 100; step++) {
    time += 0.5;
    bar.update(step, "loss 0.5");
  }
  bar.end();
  expect(sink.text.split("\n")).toEqual([
    "attack: 4% (4/100), 0:48 left, loss 0.5",
    "attack: 24% (24/100), 0:38 left, loss 0.5",
    "attack: 44% (44/100), 0:28 left, loss 0.5",
    "attack: 64% (64/100), 0:18 left, loss 0.5",
    "attack: 84% (84/100), 0:08 left, loss 0.5",
    "",
  ]);
});

test("a line counts whole steps", () => {
  let time = 0;
  const sink = new Recorder();
  const bar = progressBar(sink, "attack", 3, () => time);
  time = 4;
  bar.update(1.7042);
  expect(sink.text).toBe("attack: 56% (1/3), 0:03 left\n");
});

test("short work and silent work show nothing", () => {
  const sink = new Recorder();
  const bar = progressBar(sink, "quick", 2, () => 1);
  bar.update(1);
  bar.end();
  progressBar(undefined, "silent", 2, () => Number.MAX_VALUE).update(1);
  expect(sink.text).toBe("");
});

test("times read as clocks", () => {
  expect([clock(5), clock(65), clock(3725), clock(-1)]).toEqual(["0:05", "1:05", "1:02:05", "0:00"]);
  expect(timeLeft(0, 10, 5)).toBe("");
  expect(timeLeft(5, undefined, 5)).toBe("");
});

test("control characters and direction marks reach no terminal, whatever prints them; lines and colours do", () => {
  const [out, err] = [new Recorder(), new Recorder()];
  const console = new Console({ json: false, quiet: false, verbose: true }, out, err);
  const hostile = "cat\u001b]0;title\u0007\u202e\u009b2J\b";
  const escaped = "cat\\u{1b}]0;title\\u{7}\\u{202e}\\u{9b}2J\\u{8}";
  console.line(`\u001b[31m${hostile}\u001b[0m\r\nsecond\tline`);
  console.table([hostile], [{ title: "class", of: (name) => name }]);
  console.warn(hostile);
  console.note(hostile);
  console.detail(hostile);
  expect(out.text.split("\n")[0]).toBe(`\u001b[31m${escaped}\u001b[0m\r`);
  for (const text of [out.text, err.text]) {
    expect(text).toContain(escaped);
    expect(text.replaceAll(/\p{Cc}\[(?:31|0)m|[\r\n\t]/gu, "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
  expect(printable("a\nb")).toBe("a\\u{a}b");
  expect(oneLine("a\n  b\u0007")).toBe("a b\\u{7}");
});
