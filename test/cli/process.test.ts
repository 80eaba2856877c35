import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { program } from "../program.ts";
import { skip } from "../skip.ts";

const root = resolve(import.meta.dirname, "../..");

test("the program starts, says its version and fails with one line", () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [...program, ...words], { encoding: "utf8", cwd: root });
  const version = run("--version");
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(version.status).toBe(0);
  const missing = run("report", "no/such/run");
  expect(missing.stderr).toBe(
    "retort report: invalid folder no/such/run: expected a run folder with config.json, got none\n",
  );
  expect(missing.status).toBe(2);
});

test.skipIf(skip(process.platform === "win32", "Windows"))("a reader that closes early is no error", () => {
  const shell = `set -o pipefail; "${process.execPath}" "${program.join('" "')}" --help | head -1`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", shell], { encoding: "utf8", cwd: root });
  expect(stdout).toBe("Usage: retort [options] [command]\n");
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
});

test.skipIf(skip(process.platform === "win32", "no bash"))(
  "a reader that closes early does not turn a finding into success",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "retort-pipe-"));
    const file = join(folder, "x.pkl");
    writeFileSync(file, `cos\nsystem\n(${"S'a'\n".repeat(3)}tR.`);
    const command = `"${process.execPath}" "${program.join('" "')}" inspect "${file}"`;
    const shell = `(sleep 2; ${command}; echo $? >&2) | head -c 0`;
    const { stderr } = spawnSync("bash", ["-c", shell], { encoding: "utf8", cwd: root });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe("1\n");
  },
);

test.skipIf(skip(process.platform === "win32", "Windows"))(
  "Ctrl-C lets the work save, and a second one ends at once",
  async () => {
    const patience = (patient: boolean) => `
      import { z } from "zod";
      import { runCommandLine } from ${JSON.stringify(pathToFileURL(join(root, "src/cli/shell/program.ts")).href)};
      const work = { summary: "", options: z.object({}), examples: [], async run({ signal, console }) {
        console.resumeWith("run it again");
        console.note("working");
        for (;;) {
          await new Promise((next) => setTimeout(next, 20));
          if (${patient} && signal.aborted) { console.note("saved"); throw signal.reason; }
        }
      } };
      const { stdout, stderr } = process;
      process.exitCode = await runCommandLine({ work: async () => work }, ["work"], { version: "0", stdout, stderr });`;
    const interrupt = async (patient: boolean, times: number) => {
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", patience(patient)], {
        cwd: root,
      });
      let said = "";
      let sent = 0;
      const code = await new Promise((ended) => {
        child.stderr.on("data", (part: Buffer) => {
          said += part;
          if (sent < times && said.includes(sent === 0 ? "working" : "stopping")) {
            sent++;
            child.kill("SIGINT");
          }
        });
        child.on("exit", ended);
      });
      return { code, said };
    };
    expect(await interrupt(true, 1)).toEqual({
      code: 130,
      said: "working\nstopping after the current step (once more to stop at once)\nsaved\ninterrupted: run it again\n",
    });
    expect(await interrupt(false, 2)).toMatchObject({ code: 130, said: expect.stringContaining("stopping") });
  },
);
