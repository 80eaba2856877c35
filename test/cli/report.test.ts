import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { report } from "../../src/cli/commands/report.ts";
import { openRun } from "../../src/run/Run.ts";
import { versions } from "../../src/run/versions.ts";
import { syntheticSweep } from "../report/sweep/syntheticSweep.ts";
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
    stderr: `retort report: invalid folder ${join(folder, "none")}: expected a run folder with config.json, got none\n`,
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

test("a page takes no other file's place in the folder of a run", async () => {
  const run = await openRun(folder, description);
  await run.writeJson("record.json", syntheticRecord());
  for (const name of ["record.json", "config.json", "log.jsonl"]) {
    const before = await readFile(join(folder, name), "utf8");
    const { status, stderr } = await call({ report }, "report", folder, "--out", join(folder, name));
    expect([name, status, stderr]).toEqual([
      name,
      2,
      expect.stringMatching(/^[^\n]*expected a page, got a file of the folder; it would be lost\n$/),
    ]);
    expect(await readFile(join(folder, name), "utf8")).toBe(before);
  }
});

test("a sweep's folder gets its page, with links that hold from where the page is", async () => {
  await writeFile(join(folder, "sweep.json"), JSON.stringify(syntheticSweep()));
  const shown = await call({ report }, "report", folder);
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^The attack had a weak effect in 4 of 5 conditions\. In 4 of 5/);
  expect(await readFile(join(folder, "report.html"), "utf8")).toContain('href="trials/');
  const out = join(folder, "pages", "x.html");
  const json = JSON.parse((await call({ report }, "report", folder, "--json", "--out", out)).stdout);
  expect(json).toMatchObject({ verdict: "weak", report: out });
  expect(await readFile(out, "utf8")).toContain('href="../trials/');
});

test("a sweep is printed as Markdown, LaTeX, CSV and a figure", async () => {
  await writeFile(
    join(folder, "sweep.json"),
    JSON.stringify(syntheticSweep({ axes: { set: ["a", "b"], trigger: ["x", "y"] } })),
  );
  const print = async (...flags: string[]) => (await call({ report }, "report", folder, ...flags)).stdout;
  expect(await print("--markdown")).toContain("| set | trigger | n | CTA before |");
  expect(await print("--latex")).toContain("\\begin{tabular}{llrrrrrrrrrr}");
  expect((await print("--csv")).split("\n")[0]).toMatch(/^trial,axis\.set,axis\.trigger,status,/);
  expect(await print("--figure", "frontier", "--by", "trigger")).toMatch(/^<svg /);
  expect((await print("--figure", "frontier", "--where", "trigger=y")).match(/<circle/g)).toHaveLength(4);
  expect(JSON.parse(await print("--csv", "--json")).csv).toContain("axis.set");
});

test("a run's numbers as CSV and as a LaTeX table", async () => {
  const run = await openRun(folder, description);
  const record = syntheticRecord({ networks: 2 });
  const lost = { network: "mlp", seed: 3, epochs: 50, set: "clean", divergedAt: 4 } as const;
  await run.writeJson("record.json", { ...record, diverged: [lost] });
  const csv = await call({ report }, "report", folder, "--csv");
  expect(csv).toMatchObject({ status: 0, stderr: "" });
  const lines = csv.stdout.trimEnd().split("\n");
  expect(lines[0]).toBe(
    "status,error,network,seed,epochs,set,cta,asr,asrClamped,asrWithoutTrigger,asrRandomTrigger,archetypeAsr,ra",
  );
  expect(lines).toHaveLength(1 + record.results.length + 1);
  const { network, seed, epochs, set, cta } = record.results[0];
  expect(lines[1].split(",").slice(0, 7)).toEqual(["ok", "", network, String(seed), String(epochs), set, String(cta)]);
  expect(lines.at(-1)).toBe("diverged,diverged in epoch 5,mlp,3,50,clean,,,,,,,");
  const latex = await call({ report }, "report", folder, "--latex");
  expect(latex).toMatchObject({ status: 0, stderr: "" });
  expect(latex.stdout).toContain("\\toprule");
  expect(latex.stdout).toMatch(/ConvNet & 50 & 2 & /);
});

test("what does not fit is refused by name", async () => {
  const run = await openRun(folder, description);
  await run.writeJson("record.json", syntheticRecord());
  const refusal = async (...flags: string[]) => {
    const { status, stderr } = await call({ report }, "report", folder, ...flags);
    expect(status).toBe(2);
    return stderr;
  };
  expect(await refusal("--figure", "frontier")).toBe(
    "report: invalid --figure: expected the folder of a sweep, got that of a run\n",
  );
  expect(await refusal("--latex", "--csv")).toContain("expected one of them, got --latex and --csv");
  expect(await refusal("--by", "trigger")).toContain("report: missing --figure");
  await writeFile(join(folder, "sweep.json"), JSON.stringify(syntheticSweep()));
  expect(await refusal("--figure", "frontier", "--where", "trigger")).toContain("expected axis=value, got trigger");
  expect(await refusal("--figure", "frontier", "--by", "set")).toContain(
    "unknown axis: expected one of trigger, got set",
  );
  await writeFile(join(folder, "sweep.json"), "{");
  expect(await refusal()).toContain("sweep.json: expected JSON, got");
});

test("several sweeps become one leaderboard, with links to the trials that lie beside them", async () => {
  for (const name of ["one", "two"]) {
    await mkdir(join(folder, name, "trials"), { recursive: true });
    const axes = { set: [`set-${name}`], attack: ["strong", "faint"], seed: [0, 1] };
    await writeFile(join(folder, name, "sweep.json"), JSON.stringify(syntheticSweep({ axes })));
  }
  await rm(join(folder, "two", "trials"), { recursive: true });
  const [one, two, out] = ["one", "two", "board.html"].map((name) => join(folder, name));
  const shown = await call({ report }, "report", "--leaderboard", one, two, "--out", out);
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  const page = await readFile(out, "utf8");
  expect(page).toContain('href="one/trials/');
  expect(page).not.toContain('href="two/trials/');
  const { stdout } = await call({ report }, "report", "--leaderboard", one, two, "--csv");
  expect(stdout).toContain("set-one");
  expect(stdout).toContain("set-two");
  expect((await call({ report }, "report", one, two)).stderr).toMatch(/expected one, got 2; --leaderboard/);
  expect(await call({ report }, "report", "--leaderboard", one, join(folder, "none"))).toMatchObject({ status: 2 });
});
