import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { RetortError } from "../../core/errors.ts";
import type { PlannedTrial } from "../plan/TrialConfig.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";

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

/** Processes that run trials, one each at a time. They live until `close`, and keep what trials share. */
export class TrialPool {
  private readonly setup: WorkerSetup;
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private readonly onStage: (key: string) => void;

  constructor(setup: WorkerSetup, onStage: (key: string) => void = () => {}) {
    this.setup = setup;
    this.onStage = onStage;
  }

  /**
   * Run a trial in an idle process, or in a new one.
   *
   * @returns how it ended, once its outcome is written.
   * @throws WorkerLost if its process died; the system's error if the machine refuses to go on.
   */
  run(trial: Work): Promise<"ok" | "failed"> {
    const worker = this.idle.pop() ?? this.start();
    return new Promise((resolve, reject) => {
      worker.end = (result) => {
        worker.end = undefined;
        if (worker.child.connected) this.idle.push(worker);
        if (result instanceof Error) reject(result);
        else resolve(result);
      };
      this.tell(worker, { kind: "trial", trial });
    });
  }

  /** Let every process save what it has in hand and leave; wait for the last one. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.all].map(
        (worker) =>
          new Promise<void>((left) => {
            worker.child.once("exit", () => left());
            if (worker.end) this.tell(worker, { kind: "stop" });
            else worker.child.disconnect();
          }),
      ),
    );
  }

  private tell({ child }: Worker, message: ToWorker): void {
    // A process that is gone says so by its exit.
    child.send(message, () => {});
  }

  private start(): Worker {
    const child = fork(program, [], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const worker: Worker = { child };
    this.all.add(worker);
    child.on("message", (message: FromWorker) => {
      if (message.kind === "stage") this.onStage(message.key);
      if (message.kind === "done") worker.end?.(message.status);
      if (message.kind === "refused") {
        const { message: text, code, path } = message;
        worker.end?.(Object.assign(new Error(text), { code, path, errno: 0 }));
      }
    });
    child.on("exit", (code, signal) => {
      this.all.delete(worker);
      const at = this.idle.indexOf(worker);
      if (at >= 0) this.idle.splice(at, 1);
      worker.end?.(
        new WorkerLost(`sweep: failed worker: expected it to finish, got its end (${signal ?? `status ${code}`})`),
      );
    });
    this.tell(worker, { kind: "setup", setup: this.setup });
    return worker;
  }
}
