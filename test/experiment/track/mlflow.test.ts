import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { logToMlflow } from "../../../src/experiment/track/mlflow.ts";
import { syntheticSweep } from "../../report/sweep/syntheticSweep.ts";

const pair = z.strictObject({ key: z.string().min(1).max(250), value: z.string().max(500) });
const metric = z.strictObject({ key: z.string(), value: z.number(), step: z.int(), timestamp: z.int() });

/** Requests as the REST API 2.0 documents them: members and limits. */
const requests = {
  "experiments/create": z.strictObject({ name: z.string().min(1) }),
  "runs/search": z.strictObject({ experiment_ids: z.array(z.string()), filter: z.string(), max_results: z.int() }),
  "runs/create": z.strictObject({
    experiment_id: z.string(),
    run_name: z.string(),
    start_time: z.int(),
    tags: z.array(pair).max(100),
  }),
  "runs/log-batch": z.strictObject({
    run_id: z.string(),
    params: z.array(pair).max(100).optional(),
    metrics: z.array(metric).max(1000).optional(),
  }),
  "runs/update": z.strictObject({ run_id: z.string(), status: z.enum(["FINISHED", "FAILED"]), end_time: z.int() }),
};

interface Run {
  name: string;
  tags: Map<string, string>;
  status: string;
  params: Map<string, string>;
  metrics: z.infer<typeof metric>[];
}

/** A tracking server in memory. */
class Tracking {
  readonly experiments: string[] = [];
  readonly runs: Run[] = [];
  readonly tokens = new Set<string | undefined>();

  answer(path: string, body: unknown): unknown {
    const [name, query] = path.replace("/api/2.0/mlflow/", "").split("?");
    if (name === "experiments/get-by-name") {
      const id = this.experiments.indexOf(new URLSearchParams(query).get("experiment_name") ?? "");
      return id < 0 ? undefined : { experiment: { experiment_id: String(id) } };
    }
    const request = requests[name as keyof typeof requests].parse(body) as Record<string, unknown> as Record<
      string,
      never
    >;
    if (name === "experiments/create") return { experiment_id: String(this.experiments.push(request.name) - 1) };
    if (name === "runs/search") {
      const trial = /^tags\.`retort\.trial` = '(\w+)' and attributes\.status != 'RUNNING'$/.exec(request.filter)?.[1];
      const found = this.runs.filter(({ tags, status }) => tags.get("retort.trial") === trial && status !== "RUNNING");
      return found.length > 0 ? { runs: found } : {};
    }
    if (name === "runs/create") {
      const tags = new Map((request.tags as z.infer<typeof pair>[]).map(({ key, value }) => [key, value]));
      const run = { name: request.run_name, tags, status: "RUNNING", params: new Map(), metrics: [] };
      return { run: { info: { run_id: String(this.runs.push(run) - 1) } } };
    }
    const run = this.runs[Number(request.run_id)];
    if (name === "runs/update") run.status = request.status;
    for (const { key, value } of (request.params ?? []) as z.infer<typeof pair>[]) run.params.set(key, value);
    run.metrics.push(...((request.metrics ?? []) as z.infer<typeof metric>[]));
    return {};
  }
}

let tracking: Tracking;
let server: Server;
let url: string;
beforeEach(async () => {
  tracking = new Tracking();
  server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    tracking.tokens.add(request.headers.authorization);
    try {
      const answer = tracking.answer(request.url ?? "", text ? JSON.parse(text) : undefined);
      response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? { error_code: "RESOURCE_DOES_NOT_EXIST" }));
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => server.close());

it("logs every trial once, with settings and rates", async () => {
  const sweep = syntheticSweep({ failEvery: 5 });
  const options = { url, time: 1_700_000_000_000, token: "secret" };
  expect(await logToMlflow(sweep, options)).toBe(5);
  expect(tracking.experiments).toEqual([sweep.title]);
  expect([...tracking.tokens]).toEqual(["Bearer secret"]);
  const [trial] = sweep.trials;
  if (trial.status !== "ok") throw new Error("the first trial of the fixture is finished");
  const [run] = tracking.runs;
  expect(run).toMatchObject({ name: "trigger=white1", status: "FINISHED" });
  expect(run.params.get("surrogate.width")).toBe("128");
  expect(run.params.get("trigger")).toBe("white1");
  const of = (key: string) => run.metrics.filter((one) => one.key === key).map(({ step, value }) => [step, value]);
  expect(of("tampered/asr")).toEqual(
    trial.evaluations.filter(({ set }) => set === "tampered").map(({ seed, asr }) => [seed, asr]),
  );
  const failed = tracking.runs[4];
  expect([failed.status, failed.tags.get("retort.error")]).toEqual(["FAILED", expect.stringContaining("NaN")]);
  // What was cut off in the middle is logged again, the rest is left alone.
  tracking.runs[1].status = "RUNNING";
  expect(await logToMlflow(sweep, options)).toBe(1);
  expect(tracking.runs).toHaveLength(6);
});

it("says where no server is, and what a server refuses", async () => {
  const sweep = syntheticSweep();
  const options = { url: "http://127.0.0.1:9", time: 0 };
  await expect(logToMlflow(sweep, options)).rejects.toThrow(/^mlflow: missing server: expected one at http:\/\/127/);
  tracking.answer = () => {
    throw new Error("quota");
  };
  await expect(logToMlflow(sweep, { ...options, url })).rejects.toThrow(
    /^mlflow: failed experiments\/get-by-name: expected status 200, got 400 Error: quota/,
  );
});
