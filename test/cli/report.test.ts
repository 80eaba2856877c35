import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { report } from "../../src/cli/commands/report.ts";
import { openRun } from "../../src/experiment/Run.ts";
import { versions } from "../../src/experiment/versions.ts";
import { syntheticRecord } from "../report/syntheticRecord.ts";
import { call } from "./fakeTerminal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retort-report-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const description = { command: "demo --seed 3", config: {}, data: {}, versions: versions("cpu", 1) };

test("a finished run gets its page again", async () => {
  const run = await openRun(folder, description);
  await run.writeJson("record.json", syntheticRecord());
  const shown = await call({ report }, "report", folder);
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^The attack had a weak effect\. Of test images/);
  expect(await readFile(join(folder, "report.html"), "utf8")).toContain("<!doctype html>");
  const json = JSON.parse((await call({ report }, "report", folder, "--json", "--out", join(folder, "x.html"))).stdout);
  expect(json).toMatchObject({ verdict: "weak", report: join(folder, "x.html") });
  expect(await readFile(json.report, "utf8")).toBe(await readFile(join(folder, "report.html"), "utf8"));
  expect((await call({ report }, "report", folder, "--markdown")).stdout).toContain("| ConvNet | 50 | 5 |");
});

test("what cannot be rendered is one line and status 2", async () => {
  expect(await call({ report }, "report", join(folder, "none"))).toMatchObject({
    status: 2,
    stderr: `run: invalid folder ${join(folder, "none")}: expected a run folder with config.json, got none\n`,
  });
  const run = await openRun(folder, description);
  expect((await call({ report }, "report", folder)).stderr).toMatch(
    /^report: missing record\.json in .*demo --seed 3\n$/,
  );
  await run.writeJson("record.json", { format: "retort-record/9" });
  expect(await call({ report }, "report", folder)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("invalid format"),
  });
});
