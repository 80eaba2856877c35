import { DataError, UsageError } from "../../core/errors.ts";
import type { SweepRecord } from "../../report/sweep/sweepRecord.ts";
import { type TrackedTrial, trackedTrials } from "./trackedTrial.ts";

/** Limits of one `runs/log-batch` (MLflow REST API 2.0). */
const metricsABatch = 1000;
const paramsABatch = 100;
const longestParam = 500;

export interface MlflowOptions {
  /** "http://host:5000". */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Milliseconds since 1970, stamped on what is logged. */
  readonly time: number;
  readonly onTrial?: (done: number, total: number) => void;
}

/**
 * Log a sweep to an MLflow tracking server: the sweep is an experiment, a trial a run with its settings as parameters and the
 * rates of its networks as metrics (step = number of the network). A trial that is there already is left alone.
 *
 * @returns how many runs were made.
 * @throws UsageError if there is no server; DataError if it refuses or answers something else.
 */
export async function logToMlflow(sweep: SweepRecord, options: MlflowOptions): Promise<number> {
  const server = new Mlflow(options);
  const experiment = await server.experiment(sweep.title);
  const trials = trackedTrials(sweep);
  let made = 0;
  for (const [i, trial] of trials.entries()) {
    if (!(await server.hasRun(experiment, trial.id))) {
      await server.log(experiment, trial);
      made++;
    }
    options.onTrial?.(i + 1, trials.length);
  }
  return made;
}

/** Look whether there is a server, before anything is written. @throws as `logToMlflow` does. */
export async function checkMlflow(title: string, options: Omit<MlflowOptions, "time">): Promise<void> {
  await new Mlflow({ ...options, time: 0 }).find(title);
}

class Mlflow {
  private readonly options: MlflowOptions;

  constructor(options: MlflowOptions) {
    this.options = options;
  }

  async find(name: string): Promise<string | undefined> {
    const found = await this.call("GET", `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`);
    return (found?.experiment as { experiment_id?: string } | undefined)?.experiment_id;
  }

  /** Id of the experiment of a name, made if need be. */
  async experiment(name: string): Promise<string> {
    const known = await this.find(name);
    return known ?? text((await this.call("POST", "experiments/create", { name }))?.experiment_id, "experiment_id");
  }

  /** A finished run of the trial; one that was cut off while it was logged does not count. */
  async hasRun(experiment: string, trial: string): Promise<boolean> {
    const filter = `tags.\`retort.trial\` = '${trial}' and attributes.status != 'RUNNING'`;
    const found = await this.call("POST", "runs/search", { experiment_ids: [experiment], filter, max_results: 1 });
    return Array.isArray(found?.runs) && found.runs.length > 0;
  }

  async log(experiment: string, trial: TrackedTrial): Promise<void> {
    const { time } = this.options;
    const tags = [
      { key: "retort.trial", value: trial.id },
      ...(trial.error ? [{ key: "retort.error", value: trial.error }] : []),
    ];
    const created = await this.call("POST", "runs/create", {
      ...{ experiment_id: experiment, run_name: trial.name, start_time: time, tags },
    });
    const run_id = text((created?.run as { info?: { run_id?: string } } | undefined)?.info?.run_id, "run_id");
    const params = [...trial.settings].map(([key, value]) => ({ key, value: value.slice(0, longestParam) }));
    for (const part of parted(params, paramsABatch))
      await this.call("POST", "runs/log-batch", { run_id, params: part });
    const metrics = trial.metrics.map(({ name, value, step }) => ({ key: name, value, step, timestamp: time }));
    for (const part of parted(metrics, metricsABatch))
      await this.call("POST", "runs/log-batch", { run_id, metrics: part });
    const status = trial.error === undefined ? "FINISHED" : "FAILED";
    await this.call("POST", "runs/update", { run_id, status, end_time: time });
  }

  /** @returns the answer, or undefined where what was asked for does not exist. */
  private async call(
    method: "GET" | "POST",
    path: string,
    body?: unknown,
  ): Promise<Record<string, unknown> | undefined> {
    const { url, token } = this.options;
    const address = `${url.replace(/\/+$/, "")}/api/2.0/mlflow/${path}`;
    const response = await fetch(address, {
      method,
      headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      const { cause } = error as { cause?: Error };
      throw new UsageError(`mlflow: missing server: expected one at ${url}, got ${cause?.message ?? error.message}`);
    });
    if (response.status === 404 && method === "GET") return undefined;
    const said = await response.text();
    if (!response.ok)
      throw new DataError(
        `mlflow: failed ${path.split("?")[0]}: expected status 200, got ${response.status} ${said.slice(0, 200)}`,
      );
    try {
      return JSON.parse(said || "{}");
    } catch {
      throw new DataError(`mlflow: invalid answer of ${url}: expected JSON, got ${JSON.stringify(said.slice(0, 40))}`);
    }
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" && value) return value;
  throw new DataError(`mlflow: missing ${name}: expected it in the answer, got ${JSON.stringify(value) ?? "none"}`);
}

function* parted<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}
