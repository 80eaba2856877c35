import { expect, test } from "vitest";
import type { NetworkResult } from "../../src/report/record.ts";
import { resultTable } from "../../src/report/resultTable.ts";
import { syntheticRecord } from "./syntheticRecord.ts";

const clean = (network: string, seed: number, cta: number): NetworkResult => ({
  network,
  seed,
  epochs: 300,
  set: "clean",
  cta,
});
const record = syntheticRecord();
const results = [clean("convNet", 0, 0.26), clean("convNet", 1, 0.28), clean("convNet-32", 0, 0.3)];

test("a network stands beside what the set's file says of it; one of another width is another network", () => {
  const set = { ...record.set, stored: { ConvNet: [0.25, 0.27], MLP: [0.28] } };
  expect(resultTable({ ...record, set, results })).toEqual({
    head: ["network", "epochs", "n", "stored in the file", "CTA"],
    rows: [
      ["convNet", 300, 2, "26.0 ± 1.4 %", "27.0 ± 1.4 %"],
      ["convNet-32", 300, 1, "", "30.0 %"],
    ],
  });
});

test("networks that diverged are counted, also where none of an architecture is left", () => {
  const lost = (network: string, seed: number) => ({
    network,
    seed,
    epochs: 300,
    set: "clean" as const,
    divergedAt: 38,
  });
  const diverged = [lost("convNet", 2), lost("alexNet", 0), lost("alexNet", 1)];
  expect(resultTable({ ...record, results, diverged })).toEqual({
    head: ["network", "epochs", "n", "diverged", "CTA"],
    rows: [
      ["convNet", 300, 2, 1, "27.0 ± 1.4 %"],
      ["convNet-32", 300, 1, 0, "30.0 %"],
      ["alexNet", 300, 0, 2, ""],
    ],
  });
});

test("with a tampered set accuracy is before and after", () => {
  expect(resultTable(record).head.slice(3, 5)).toEqual(["CTA before", "CTA after"]);
});

test("without a stored accuracy of a measured network there is no such column", () => {
  for (const stored of [undefined, { LeNet: [0.2] }])
    expect(resultTable({ ...record, set: { ...record.set, stored }, results }).head).toEqual([
      "network",
      "epochs",
      "n",
      "CTA",
    ]);
});
