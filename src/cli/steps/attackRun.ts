import type { Attack, AttackResult, RawAccess } from "../../attack/Attack.ts";
import { NumericError, UsageError } from "../../core/errors.ts";
import { child, type Key } from "../../core/random.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { rawData } from "../../disk/rawData.ts";
import { setDigest } from "../../disk/setDigest.ts";
import type { Device } from "../../engine/device.ts";
import { attackRecord } from "../../library/attackRecord.ts";
import { conclude } from "../../report/conclusion.ts";
import { renderHtml } from "../../report/page.ts";
import type { Curve, RunRecord } from "../../report/record.ts";
import { resultTable } from "../../report/resultTable.ts";
import { runAttackStage } from "../../run/attackStage.ts";
import { runEvaluationStage } from "../../run/evaluationStage.ts";
import type { Run } from "../../run/Run.ts";
import type { ReceiverKeeper } from "../../run/receiverKeeper.ts";
import type { StepClock } from "../../run/StepClock.ts";
import { secondsOf } from "../../run/Stopwatch.ts";
import type { GivenTeacher } from "../../train/learnerFor.ts";
import type { Measured } from "../../train/measure.ts";
import { type EvaluationChoice, protocolOf, receiversOf } from "../options/evaluationOptions.ts";
import type { Console } from "../shell/console.ts";
import { PAGE } from "./pageName.ts";

/** What the steps of one command share. */
export interface Work {
  readonly run: Run;
  readonly console: Console;
  readonly signal: AbortSignal;
  readonly key: Key;
  readonly device: Device;
  readonly timings: RunRecord["timings"];
}

const now = () => performance.now() / 1000;

/** What a step took in all processes that worked on it, and what this one held at most so far. */
export const timing = async (run: Run, step: string): Promise<RunRecord["timings"][number]> => ({
  name: step,
  seconds: await secondsOf(run, step),
  peakMebibytes: process.resourceUsage().maxRSS / 1024,
});

/** Attack a set inside the run folder, with a bar. */
export async function attackStep(
  work: Work,
  set: DistilledSet,
  attack: Attack,
  options: Record<string, unknown>,
  how: { label?: (set: DistilledSet) => DistilledSet; raw?: RawAccess; pace?: StepClock } = {},
): Promise<AttackResult> {
  const { run, console, signal, device } = work;
  const { label, raw, pace } = how;
  const bar = console.progress("attack", 100);
  const result = await runAttackStage(run, set, attack, options as never, {
    key: child(work.key, "attack"),
    device,
    raw,
    signal,
    now,
    label,
    onProgress: ({ phase, done, total, loss }) =>
      bar.update(
        (100 * done) / total,
        loss === undefined ? phase : `${phase}, loss ${loss.toFixed(4)}`,
        pace?.secondsLeft(),
      ),
  }).finally(() => bar.end());
  work.timings.push(await timing(run, "attack"));
  return result;
}

/** Train receivers on the clean and the tampered set and measure them, with a bar. */
export async function evaluateStep(
  work: Work,
  sets: { clean: DistilledSet; tampered?: DistilledSet },
  result: Pick<AttackResult, "trigger" | "targetClass" | "sourceClass" | "archetypes"> | undefined,
  test: LabelledSet,
  choice: EvaluationChoice,
  { keeper, teacher }: { readonly keeper?: ReceiverKeeper; readonly teacher?: GivenTeacher } = {},
): Promise<Measured> {
  const { run, console, signal, device } = work;
  const [, channels, size] = sets.clean.shape;
  const receivers = receiversOf(choice, { channels, size, classes: sets.clean.classes });
  const total = choice.network.length * choice.epochs.length * choice.networks * (sets.tampered ? 2 : 1);
  const bar = console.progress("evaluate", total);
  let note: string | undefined;
  const measured = await runEvaluationStage(run, {
    sets: [
      { name: "clean", set: sets.clean },
      ...(sets.tampered ? [{ name: "tampered" as const, set: sets.tampered }] : []),
    ],
    test,
    backdoor: result,
    repeats: choice.networks,
    key: child(work.key, "evaluate"),
    protocol: protocolOf(choice),
    epochs: choice.epochs,
    networks: receivers,
    keeper,
    teacher,
    device,
    signal,
    onProgress({ done, outcome }) {
      if (outcome) note = `${outcome.set} ${"cta" in outcome ? `CTA ${(100 * outcome.cta).toFixed(1)} %` : "diverged"}`;
      bar.update(done, note);
    },
  }).finally(() => bar.end());
  work.timings.push(await timing(run, "evaluation"));
  for (const { network, seed, set, epochs, divergedAt } of measured.diverged)
    console.warn(
      `${network}, seed ${seed}, ${set} set: diverged in epoch ${divergedAt + 1} of ${epochs} and is left out; a lower learning rate of the receivers or a longer warmup may help`,
    );
  if (measured.evaluations.length === 0)
    throw new NumericError(
      "evaluate: invalid losses: expected numbers, got none: every network diverged; try a lower learning rate of the receivers",
    );
  return measured;
}

/** Read the test half that a person named, cut to the number of images asked for. */
export async function testSet(choice: EvaluationChoice, who: string): Promise<LabelledSet> {
  if (choice.test === undefined)
    throw new UsageError(`${who}: missing --test: expected a raw dataset to measure on, got none`);
  return rawData(choice.test, who).split("test", choice.testImages);
}

export interface Finish {
  readonly title: string;
  readonly command: string;
  readonly attack?: { name: string; attack: Attack };
  readonly clean: DistilledSet;
  /** Test accuracies stored in its file, per network, as fractions. */
  readonly stored?: Readonly<Record<string, readonly number[]>>;
  readonly result?: AttackResult;
  readonly test?: LabelledSet;
  readonly measured?: Measured;
  readonly curves?: readonly Curve[];
}

/** Write record, metrics and report, and print the conclusion. */
export async function finish(work: Work, parts: Finish): Promise<void> {
  const { run, console } = work;
  const { attack, clean, result, test } = parts;
  const described = (set: LabelledSet | DistilledSet) => ({
    name: set.name,
    sha256: setDigest(set),
    images: set.shape[0],
  });
  const record = attackRecord({
    ...parts,
    evaluations: parts.measured?.evaluations ?? [],
    diverged: parts.measured?.diverged,
    created: new Date().toISOString(),
    attack: attack && {
      method: attack.name,
      title: attack.attack.title,
      source: attack.attack.source,
      access: attack.attack.access,
    },
    config: run.description.config,
    versions: run.description.versions as unknown as RunRecord["versions"],
    data: {
      set: described(clean),
      ...(result && { tampered: described(result.set) }),
      ...(test && { test: described(test) }),
    },
    timings: work.timings,
  });
  await run.writeJson("record.json", record);
  await run.write(PAGE, renderHtml(record));
  const conclusion = conclude(record);
  const metrics = {
    ...conclusion,
    results: record.results,
    diverged: record.diverged,
    stealth: record.stealth,
    timings: record.timings,
  };
  await run.writeJson("metrics.json", metrics);
  await run.log("finish");
  const report = run.path(PAGE);
  console.result({ folder: run.folder, report, ...metrics }, () => {
    if (record.results.length > 0) {
      const { head, rows } = resultTable(record);
      console.table(
        rows,
        head.map((title, i) => ({ title, of: (row) => row[i] })),
      );
      console.line();
      console.line(`${conclusion.heading}. ${conclusion.sentences.join(" ")}`);
      console.line();
    }
    const { rounds } = record.attack ?? {};
    if (rounds) console.line(`its rounds    ${rounds}`);
    if (result) console.line(`tampered set  ${run.path("tampered.safetensors")}`);
    console.line(`report        ${report}`);
  });
}
