import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { sweepRecordOf } from "../../src/experiment/collect/sweepRecordOf.ts";
import { readManifest } from "../../src/experiment/plan/manifest.ts";
import { readOutcomes } from "../../src/experiment/sweep/outcomes.ts";
import { setToSafetensors } from "../../src/formats/safetensors.ts";
import { sweepTable } from "../../src/report/sweep/csv.ts";
import { drawings } from "../experiment/drawings.ts";
import { program } from "../program.ts";

/** A folder with set.safetensors (ten drawings) and experiment files, in which the program is run. */
export class SweepFolder {
  readonly path = mkdtempSync(join(tmpdir(), "retort-sweep-"));

  constructor(experiments: Readonly<Record<string, string>>) {
    writeFileSync(this.at("set.safetensors"), setToSafetensors(drawings()));
    for (const [name, text] of Object.entries(experiments)) writeFileSync(this.at(name), text);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** Run a command to its end. */
  retort(...words: string[]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [...program, ...words, "--json", "--quiet"], {
      encoding: "utf8",
      cwd: this.path,
    });
    return { stderr, status, result: stdout ? JSON.parse(stdout) : undefined };
  }

  /** Start a command, and leave it running. */
  start(words: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    return spawn(process.execPath, [...program, ...words, "--quiet"], { cwd: this.path, stdio: "ignore", env });
  }

  /** The table of a sweep, times apart: two runs of one thing take different times. */
  async table(name: string): Promise<string[]> {
    const manifest = await readManifest(this.at(name));
    const { head, lines } = sweepTable(sweepRecordOf(manifest, await readOutcomes(this.at(name), manifest.trials)));
    const times = ["attackSeconds", "evaluationSeconds"].map((column) => head.indexOf(column));
    return [head, ...lines].map((cells) => cells.filter((_, i) => !times.includes(i)).join(","));
  }
}

/** The status or signal with which a process ends. */
export const ended = (child: ChildProcess): Promise<number | NodeJS.Signals | null> =>
  new Promise((end) => child.on("exit", (status, signal) => end(status ?? signal)));
