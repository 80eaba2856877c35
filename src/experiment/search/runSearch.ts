import type { Attack } from "../../attack/Attack.ts";
import { closeAll, Holder } from "../../core/closable.ts";
import { NumericError } from "../../core/errors.ts";
import { hashJson } from "../../core/hash.ts";
import { child, key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Device } from "../../engine/device.ts";
import { runAttackStage } from "../../run/attackStage.ts";
import type { Versions } from "../../run/versions.ts";
import { train } from "../../train/train.ts";
import { StageStore } from "../sweep/StageStore.ts";
import { decodeNetwork, encodeNetwork } from "../sweep/trainedNetwork.ts";
import type { Candidate } from "./candidates.ts";
import { candidatesWithin, type Halving, ranked, sharesOf, sizesOf, stepsAt } from "./halving.ts";
import { type Judge, judgeProtocol, prepareJudge, type Training } from "./judge.ts";
import { type ScoreOptions, scoreOf } from "./score.ts";
import { parseTrial, type SearchTrial, trialFile, trialOf } from "./trial.ts";

export interface SearchPlan {
  readonly set: DistilledSet;
  /** Digest of the set (setDigest.ts). */
  readonly digest: string;
  readonly attack: { readonly name: string; readonly method: Pick<Attack, "run"> };
  /** The first so many candidates. */
  readonly draw: (count: number) => readonly Candidate[];
  /** How many candidates, or seconds in which they should be through. */
  readonly size: { readonly candidates: number } | { readonly seconds: number };
  readonly halving: Halving;
  readonly score: ScoreOptions;
  readonly seed: number;
  readonly device: Device;
  readonly versions: Versions;
}

export interface SearchHooks {
  readonly signal?: AbortSignal;
  /** Work done and to do, in units of one attack of full length. */
  readonly onProgress?: (progress: { done: number; total: number; note: string }) => void;
}

/** A trial in its place. `value` is absent where it failed. */
export type RankedTrial = SearchTrial & {
  readonly rung: number;
  readonly point: Candidate["point"];
  readonly value?: number;
};

export interface SearchResult {
  /** By rung, the last first; within one the best first. */
  readonly trials: readonly RankedTrial[];
  readonly candidates: number;
  /** The best of the last rung. */
  readonly best: Candidate;
}

/** What teachers, pool and judges take, in units of an attack of full length; for the ETA only. Chosen: about what the defaults do. */
const OVERHEAD = 0.2;
const now = () => performance.now() / 1000;

/**
 * Search the settings of an attack by successive halving, inside a folder that keeps every finished trial.
 *
 * A trial attacks the set with a share of the candidate's updates and scores the result (judge.ts). A candidate that goes on begins
 * again: learning rates fall over the whole length. Raw data is not among the inputs.
 *
 * @param folder of the search; trials that it holds are not run again, one that was stopped goes on from its checkpoint.
 * @throws NumericError where no candidate of the last rung gave numbers; the signal's reason after Ctrl-C.
 */
export async function runSearch(folder: string, plan: SearchPlan, hooks: SearchHooks = {}): Promise<SearchResult> {
  const { halving } = plan;
  await using runner = new TrialRunner(folder, plan, hooks);
  const shares = sharesOf(halving);
  let alive = await firstCandidates(plan, runner, shares[0]);
  const sizes = sizesOf(alive.length, halving);
  const workOf = (rung: number) => shares[rung] + OVERHEAD;
  const total = sizes.reduce((sum, size, rung) => sum + size * workOf(rung), 0);
  const candidates = alive.length;
  const rungs: RankedTrial[][] = [];
  let done = 0;
  for (const [rung, share] of shares.entries()) {
    const trials: RankedTrial[] = [];
    for (const candidate of alive.slice(0, sizes[rung])) {
      const note = `rung ${rung + 1} of ${shares.length}, trial ${trials.length + 1} of ${sizes[rung]}`;
      const report = (part: number) => hooks.onProgress?.({ done: done + part * workOf(rung), total, note });
      report(0);
      const trial = await runner.run(candidate, share, report);
      trials.push({
        ...trial,
        rung,
        point: candidate.point,
        ...(trial.status === "ok" && { value: trial.score.value }),
      });
      done += workOf(rung);
    }
    rungs.push(ranked(trials));
    alive = rungs[rung].map(({ candidate }) => alive.find(({ id }) => id === candidate) as Candidate);
  }
  const [first] = rungs[rungs.length - 1];
  if (first.status === "failed")
    throw new NumericError(`search: invalid candidates: expected one with a finite loss, got: ${first.error}`);
  return { trials: rungs.reverse().flat(), candidates, best: alive[0] };
}

/** As many candidates as were asked for, or as fit into the time at the pace of the first. */
async function firstCandidates(
  { draw, size, halving }: SearchPlan,
  runner: TrialRunner,
  share: number,
): Promise<readonly Candidate[]> {
  if ("candidates" in size) return draw(size.candidates);
  const [first] = draw(1);
  const { seconds } = await runner.run(first, share);
  return draw(candidatesWithin(size.seconds, seconds.attack + seconds.score, halving));
}

class TrialRunner extends Holder {
  private readonly plan: SearchPlan;
  private readonly hooks: SearchHooks;
  private readonly store: StageStore;
  private judge: Promise<Judge> | undefined;

  constructor(folder: string, plan: SearchPlan, hooks: SearchHooks) {
    super();
    this.plan = plan;
    this.hooks = hooks;
    this.store = new StageStore(folder, plan.versions, hooks.signal);
  }

  /** Run a trial, or find it. `report` is told the share of it that is done. */
  run({ id: candidate, options }: Candidate, share: number, report?: (part: number) => void): Promise<SearchTrial> {
    const { attack, digest, score, seed, device } = this.plan;
    const settings = { ...options, steps: stepsAt(options.steps, share) };
    const id = hashJson({ set: digest, attack: attack.name, settings, score, seed, device }).slice(0, 16);
    return this.store.inFile(
      trialFile(id),
      (bytes) => parseTrial(bytes, id),
      async () => {
        this.hooks.signal?.throwIfAborted();
        const start = now();
        const end = await this.perform(id, settings, report).catch((error: unknown) => {
          if (!(error instanceof NumericError)) throw error;
          const seconds = { attack: now() - start, score: 0 };
          return { status: "failed" as const, error: error.message, seconds };
        });
        const value = trialOf({ id, candidate, steps: settings.steps, ...end });
        return { value, bytes: `${JSON.stringify(value)}\n` };
      },
    );
  }

  private async perform(id: string, settings: Candidate["options"], report?: (part: number) => void) {
    const { set, attack, seed, device, score } = this.plan;
    const { signal } = this.hooks;
    const config = { attack: attack.name, options: settings, seed };
    const stage = { key: child(key(seed), "attack"), device, signal, now };
    const result = await this.store.inRun(id, config, "attack", (run) =>
      runAttackStage(run, set, attack.method, settings as never, {
        ...stage,
        onProgress: ({ done, total }) => report?.((0.9 * done) / total),
      }),
    );
    this.judge ??= prepareJudge(set, score, child(key(seed), "search"), device, this.training());
    const start = now();
    const networks = await (await this.judge).score(result);
    const seconds = { attack: result.seconds, score: now() - start };
    return { status: "ok" as const, score: scoreOf(networks, score), networks, seconds };
  }

  /** Clean networks are trained once for a folder; all stop at Ctrl-C. */
  private training(): Training {
    const { set, score } = this.plan;
    const { signal } = this.hooks;
    const trained: Training = (learner, on, from) =>
      train(learner, on, judgeProtocol(score), from, () => signal?.throwIfAborted());
    return (learner, on, from) =>
      on !== set
        ? trained(learner, on, from)
        : this.store.inFile(
            `networks/${from.hex}.safetensors`,
            (bytes) => decodeNetwork(bytes, learner.network),
            async () => {
              const value = await trained(learner, on, from);
              return { value, bytes: encodeNetwork(value) };
            },
          );
  }

  async close(): Promise<void> {
    if (this.judge) await closeAll([this.judge]);
  }
}
