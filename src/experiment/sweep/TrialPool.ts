import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { RetortError } from "../../core/errors.ts";
import { loadedPlugins } from "../../run/plugins.ts";
import type { PlannedTrial } from "../plan/TrialConfig.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import type { TrialWork } from "./TrialHooks.ts";

type Work = Pick<PlannedTrial, "id" | "config">;

// The compiled program runs its own kind of file, the source tree another.
const program = fileURLToPath(new URL(`./trialProcess${extname(import.meta.url)}`, import.meta.url));

/** A worker process died; the trial it had can be run again. */
export class WorkerLost extends RetortError {
  override name = "WorkerLost";
}

interface Worker {
  readonly child: ChildProcess;
  /** Settles the trial at hand. */
  end?: (result: "ok" | "failed" | Error) => void;
}

interface PoolHooks {
  readonly onStage?: (key: string) => void;
  /** What the trial of a process is at. */
  readonly onWork?: (process: number, work: TrialWork) => void;
}

/** Numbered processes that run trials, one each at a time. They live until `close`, and keep what trials share. */
export class TrialPool {
  private readonly setup: WorkerSetup;
  private readonly workers = new Map<number, Worker>();
  private readonly hooks: PoolHooks;

  constructor(setup: WorkerSetup, hooks: PoolHooks = {}) {
    this.setup = setup;
    this.hooks = hooks;
  }

  /**
   * Run a trial in one of the processes.
   *
   * @param process its number; it must be idle.
   * @returns how it ended, once its outcome is written.
   * @throws WorkerLost if its process died; the system's error if the machine refuses to go on.
   */
  run(trial: Work, process: number): Promise<"ok" | "failed"> {
    const worker = this.start(process);
    return new Promise((resolve, reject) => {
      worker.end = (result) => {
        worker.end = undefined;
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      this.tell(worker, { kind: "trial", trial });
    });
  }

  /** Let every process save what it has in hand and leave; wait for the last one. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.workers.values()].map(
        (worker) =>
          new Promise<void>((left) => {
            worker.child.once("exit", () => left());
            if (worker.end) this.tell(worker, { kind: "stop" });
            else if (worker.child.connected) worker.child.disconnect();
          }),
      ),
    );
  }

  private tell({ child }: Worker, message: ToWorker): void {
    // A process that is gone says so by its exit.
    child.send(message, () => {});
  }

  /** Start a process unless it lives, perhaps ahead of its first trial: loading takes it half a second. */
  start(process: number): Worker {
    const living = this.workers.get(process);
    if (living) return living;
    const child = fork(program, [], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const worker: Worker = { child };
    this.workers.set(process, worker);
    child.on("message", (message: FromWorker) => {
      if (message.kind === "stage") this.hooks.onStage?.(message.key);
      if (message.kind === "work") this.hooks.onWork?.(process, message.work);
      if (message.kind === "done") worker.end?.(message.status);
      if (message.kind === "refused") {
        const { message: text, code, path } = message;
        worker.end?.(Object.assign(new Error(text), { code, path, errno: 0 }));
      }
    });
    child.on("exit", (code, signal) => {
      if (this.workers.get(process) === worker) this.workers.delete(process);
      worker.end?.(
        new WorkerLost(`sweep: failed worker: expected it to finish, got its end (${signal ?? `status ${code}`})`),
      );
    });
    this.tell(worker, { kind: "setup", setup: { ...this.setup, plugins: loadedPlugins().map(({ path }) => path) } });
    return worker;
  }
}
