import { type ChildProcess, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSweep } from "../../src/cli/steps/readSweep.ts";
import { parseSweep } from "../../src/report/sweep/sweepRecord.ts";
import { program } from "../program.ts";
import { skip } from "../skip.ts";
import { ended, SweepFolder } from "./sweepFolder.ts";

let folder: SweepFolder;
const grid = `
test: { data: strokes, images: 60 }
set: { file: set.safetensors }
network: { name: mlp, width: 8 }
strategy: { epochs: 3 }
matrix:
  attack:
    copies: { method: badNets }
    matched:
      method: poisonedDistillation
      trajectory: 2
      steps: 12
      surrogate: { width: 8, hidden: 0, steps: 2 }
      archetype: { steps: 2 }
  trigger: { white3: { side: 3, value: 1, unit: pixel } }
  seed: [0, 1]
`;

beforeAll(() => {
  folder = new SweepFolder({ "grid.yaml": grid });
  expect(folder.retort("run", "grid.yaml", "--out", "whole", "--jobs", "1")).toMatchObject({ stderr: "", status: 0 });
}, 120_000);
afterAll(() => rmSync(folder.path, { recursive: true, force: true }));

describe("retort run", { timeout: 300_000 }, () => {
  it("gives the numbers of retort attack, and one table in three forms", async () => {
    expect(folder.retort("collect", "whole").stderr).toBe("");
    const csv = readFileSync(folder.at("whole/sweep.csv"), "utf8");
    const sweep = parseSweep(await readSweep(folder.at("whole")));
    expect(sweep.trials.map(({ axes, status }) => [axes.attack, axes.seed, status])).toEqual([
      ["copies", 0, "ok"],
      ["copies", 1, "ok"],
      ["matched", 0, "ok"],
      ["matched", 1, "ok"],
    ]);
    const words =
      "--test strokes --test-images 60 --receiver-network mlp --receiver-width 8 --receiver-networks 1 --receiver-epochs 3 --threads 1 --seed 1";
    const { result } = folder.retort("attack", "bad-nets", "set.safetensors", ...words.split(" "), "--out", "alone");
    expect(sweep.trials[1]).toMatchObject({ status: "ok", evaluations: result.results });
    const rows = await parquetReadObjects({
      file: new Uint8Array(readFileSync(folder.at("whole/sweep.parquet"))).buffer,
    });
    const [head, ...lines] = csv.trimEnd().split("\n");
    expect(lines).toHaveLength(8);
    expect(
      rows.map((row) =>
        Object.values(row)
          .map((cell) => cell ?? "")
          .join(","),
      ),
    ).toEqual(lines);
    expect(Object.keys(rows[0]).join(",")).toBe(head);
    expect(folder.retort("status", "whole").result).toMatchObject({ total: 4, finished: 4, failed: 0, open: 0 });
  });

  it.skipIf(skip(process.platform === "win32", "Windows"))(
    "as a script of two parts at once gives the same table",
    async () => {
      const words = ["--emit", "bash", "--shards", "2", "--program", [process.execPath, ...program].join(" ")];
      const { result } = folder.retort("plan", "grid.yaml", "--out", "parts", ...words);
      const { status, stderr } = spawnSync("bash", ["-s"], {
        input: result.script,
        encoding: "utf8",
        cwd: folder.path,
      });
      expect(status, stderr).toBe(0);
      expect(await folder.table("parts")).toEqual(await folder.table("whole"));
    },
  );

  it("records a trial that fails and runs the others", async () => {
    writeFileSync(
      folder.at("failing.yaml"),
      grid.replace("trigger: { white3", "trigger: { large: { side: 3, value: 1e38 }, white3"),
    );
    expect(folder.retort("run", "failing.yaml", "--out", "failing")).toMatchObject({
      status: 1,
      result: { done: 8, failed: 4 },
    });
    const { result, status } = folder.retort("status", "failing");
    expect({ status, result }).toMatchObject({ status: 1, result: { finished: 4, failed: 4 } });
    expect(result.failures[0].error).toMatch(/invalid loss: expected a number, got NaN/);
    const finished = (lines: string[]) => lines.filter((line) => line.includes(",ok,"));
    expect(finished(await folder.table("failing"))).toEqual(finished(await folder.table("whole")));
  });

  it.skipIf(skip(process.platform !== "linux", "no Linux"))(
    "goes on with the same result after Ctrl-C, a lost worker and a killed runner",
    async () => {
      /** Worker processes of a runner. */
      const workers = (runner: ChildProcess) =>
        readFileSync(`/proc/${runner.pid}/task/${runner.pid}/children`, "utf8")
          .split(" ")
          .filter((pid) => pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("trialProcess"))
          .map(Number);
      for (const [i, pause] of [100, 400, 900].entries()) {
        const runner = folder.start(["run", "grid.yaml", "--out", "killed", "--jobs", "2"]);
        const end = ended(runner);
        while (runner.exitCode === null && workers(runner).length === 0) await setTimeout(20);
        await setTimeout(pause);
        if (runner.exitCode !== null) break;
        if (i === 0) runner.kill("SIGINT");
        else {
          // A worker that is lost: the runner goes on with another one, and is killed itself a little later.
          for (const pid of workers(runner).slice(0, 1)) process.kill(pid, "SIGKILL");
          await setTimeout(pause);
          runner.kill("SIGKILL");
        }
        await end;
      }
      expect(folder.retort("run", "grid.yaml", "--out", "killed", "--jobs", "2")).toMatchObject({
        stderr: "",
        status: 0,
      });
      expect(await folder.table("killed")).toEqual(await folder.table("whole"));
    },
  );

  it("files that were cut off are said and made again", async () => {
    expect(folder.retort("run", "grid.yaml", "--out", "cut").status).toBe(0);
    const files = readdirSync(folder.at("cut"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /(?:trials|evaluations|networks|runs).*\.(?:json|safetensors)$/.test(name),
    );
    expect(files.length).toBeGreaterThan(20);
    for (const name of files) truncateSync(folder.at(`cut/${name}`), 40);
    const { stderr, status } = folder.retort("run", "grid.yaml", "--out", "cut");
    expect(status).toBe(0);
    for (const line of stderr.trimEnd().split("\n"))
      expect(line).toMatch(
        /^warning: cut.\S+: damaged file: expected what was written, got .*; it was set aside as \S+ and is/,
      );
    expect(await folder.table("cut")).toEqual(await folder.table("whole"));
  });

  it.skipIf(skip(process.platform === "win32", "Windows"))(
    "a full disk stops it with whole files; with room again it goes on",
    async () => {
      // A limit on the size of files fails where a full disk does: in the middle of a write.
      const limited = (blocks: number) =>
        spawnSync(
          "bash",
          [
            "-c",
            `ulimit -f ${blocks} && exec "$@"`,
            "bash",
            process.execPath,
            ...program,
            "run",
            "grid.yaml",
            "--out",
            "full",
            "--quiet",
          ],
          {
            encoding: "utf8",
            cwd: folder.path,
          },
        );
      for (const blocks of [8, 100]) {
        const { status, stderr } = limited(blocks);
        expect(status, stderr).toBe(2);
        expect(stderr).toMatch(/expected a file system that takes/);
      }
      expect(folder.retort("run", "grid.yaml", "--out", "full")).toMatchObject({ stderr: "", status: 0 });
      expect(await folder.table("full")).toEqual(await folder.table("whole"));
    },
  );
});
