import { spawnSync } from "node:child_process";
import { Job } from "kubernetes-models/batch/v1/Job";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { ArrayJob } from "../../src/experiment/emit/ArrayJob.ts";
import { emitters } from "../../src/experiment/emit/emitters.ts";

const job: ArrayJob = {
  name: "My_sweep.v2",
  program: "echo",
  words: ["run", "it's here.yaml", "--out", "$HOME"],
  shards: 3,
  cores: 2,
  image: "registry.example/retort:1",
};
const said = (shard: number) => `run it's here.yaml --out $HOME --shard ${shard}/3\n`;
const shell = (script: string, args: string[] = [], env = {}) =>
  spawnSync("bash", ["-s", ...args], { input: script, encoding: "utf8", env: { ...process.env, ...env } });

it("bash: every part once, or the one asked for; fails if a part fails", () => {
  const script = emitters.bash(job);
  expect(shell(script).stdout.split("\n").sort()).toEqual(
    [1, 2, 3]
      .map((i) => said(i).trimEnd())
      .concat("")
      .sort(),
  );
  expect(shell(script, ["2"])).toMatchObject({ stdout: said(2), status: 0 });
  expect(shell(emitters.bash({ ...job, program: "false" })).status).toBe(1);
});

it("slurm: an array of tasks, each with its own part", () => {
  const script = emitters.slurm(job);
  const settings = Object.fromEntries(
    [...script.matchAll(/^#SBATCH --([\w-]+)(?:=(.*))?$/gm)].map(([, k, v]) => [k, v]),
  );
  expect(settings).toEqual({
    "job-name": "My_sweep.v2",
    array: "1-3",
    ntasks: "1",
    "cpus-per-task": "2",
    output: "My_sweep.v2-%A_%a.log",
    requeue: undefined,
    signal: "B:TERM@60",
  });
  // Directives count only before the first command.
  expect(script.indexOf("set -euo")).toBeGreaterThan(script.lastIndexOf("#SBATCH"));
  expect(shell(script, [], { SLURM_ARRAY_TASK_ID: "3" })).toMatchObject({ stdout: said(3), status: 0 });
});

it("k8s: an Indexed Job that the schema of the API accepts", () => {
  const value = parse(emitters.k8s(job));
  new Job(value).validate();
  expect(() => new Job({ ...value, spec: { ...value.spec, completions: "3" } }).validate()).toThrow("must be integer");
  expect(value).toMatchObject({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "my-sweep-v2" },
    spec: { completionMode: "Indexed", completions: 3, parallelism: 3 },
  });
  const [{ command }] = value.spec.template.spec.containers;
  const run = spawnSync(command[0], command.slice(1), {
    encoding: "utf8",
    env: { ...process.env, JOB_COMPLETION_INDEX: "0" },
  });
  expect(run.stdout).toBe(said(1));
});
