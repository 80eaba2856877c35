/** A worker process: one trial at a time, as its parent sends them. Started by TrialPool. */

import { join } from "node:path";
import process from "node:process";
import { onDamage } from "../../disk/kept/damage.ts";
import { loadPlugins } from "../../run/plugins.ts";
import { versions } from "../../run/versions.ts";
import { Inputs } from "../plan/Inputs.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { outcomeOf, writeOutcome } from "./outcomes.ts";
import { TrialRunner } from "./runTrial.ts";
import { StageStore } from "./StageStore.ts";
import type { TrialWork } from "./TrialHooks.ts";

const stop = new AbortController();
let folder = "";
let runner: Promise<TrialRunner> | undefined;

onDamage((message) => process.stderr.write(`warning: ${message}\n`));

const tell = (message: FromWorker) => process.send?.(message);

/** Passed on once a second at most. */
function everySecond(tellOf: (work: TrialWork) => void): (work: TrialWork) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (work) => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    tellOf(work);
  };
}

async function setUp(setup: WorkerSetup): Promise<TrialRunner> {
  folder = setup.folder;
  await loadPlugins(setup.plugins ?? [], "worker");
  const { plugins } = versions(setup.versions.device, setup.versions.threads);
  if (plugins !== setup.versions.plugins)
    throw Object.assign(
      new Error("worker: invalid plug-in: expected the content that the sweep began with, got another"),
      { errno: 0, code: "EPLUGIN" },
    );
  const store = new StageStore(join(folder, "cache"), setup.versions, stop.signal);
  const { signal } = stop;
  const runner = new TrialRunner(new Inputs(setup.base, { signal }), store, {
    signal,
    onStage: (key) => tell({ kind: "stage", key }),
    onWork: everySecond((work) => tell({ kind: "work", work })),
  });
  tell({ kind: "ready" });
  return runner;
}

async function perform({ trial }: Extract<ToWorker, { kind: "trial" }>): Promise<void> {
  try {
    const ready = await runner!;
    const end = await ready
      .run(trial.config)
      .then((result) => ({ status: "ok" as const, ...result }))
      .catch((error: Error & NodeJS.ErrnoException) => {
        if (stop.signal.aborted || isRefusal(error)) throw error;
        return { status: "failed" as const, error: error.message };
      });
    await writeOutcome(folder, outcomeOf(trial, end));
    tell({ kind: "done", id: trial.id, status: end.status });
  } catch (error) {
    if (stop.signal.aborted) process.exit(0);
    const { message, code = "", path } = error as NodeJS.ErrnoException;
    tell({ kind: "refused", message, code, path });
  }
}

/** Errors of the operating system, as Node wraps them. */
const isRefusal = (error: NodeJS.ErrnoException): boolean => "errno" in error && /^E[A-Z0-9]+$/.test(error.code ?? "");

process.on("message", (message: ToWorker) => {
  if (message.kind === "setup") {
    runner = setUp(message.setup);
    // Told with the first trial.
    runner.catch(() => {});
  } else if (message.kind === "trial") void perform(message);
  else stop.abort();
});
// Ctrl-C reaches the whole group of processes; the parent says when to stop. Without a parent there is nobody to work for.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
