import type { Attack, AttackResult } from "../../attack/Attack.ts";
import type { Diffed } from "../../audit/diff/diffSets.ts";
import { auditStatus } from "../../audit/verdict.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { pictureSpace, toPixels } from "../../data/normalise.ts";
import { normalisedBatch } from "../../data/normalisedBatch.ts";
import { applyTrigger } from "../../data/Trigger.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { setToSafetensors } from "../../formats/safetensors.ts";
import { attackRecord } from "../../library/attackRecord.ts";
import type { audit } from "../../library/audit.ts";
import type { SanitiseResult } from "../../library/sanitise.ts";
import { isLeft, nameOfClass, sanitiseRecordOf } from "../../library/sanitiseRecord.ts";
import { percent } from "../../page/numbers.ts";
import { renderDemoPage } from "../../report/demo/demoPage.ts";
import type { DemoRates, DemoRecord } from "../../report/demo/demoRecord.ts";
import { renderHtml } from "../../report/page.ts";
import { pictures } from "../../report/pictures.ts";
import type { RunRecord } from "../../report/record.ts";
import type { Verification } from "../../seal/verifySeal.ts";
import type { Measured } from "../../train/measure.ts";
import type { Work } from "./attackRun.ts";
import { PAGE } from "./pageName.ts";

export interface Story {
  readonly commandLine: string;
  readonly now: Date;
  readonly raw: LabelledSet;
  readonly test: LabelledSet;
  readonly made: DistilledSet;
  readonly distillation: string;
  /** Its name in the registry. */
  readonly method: string;
  readonly attack: Attack;
  readonly result: AttackResult;
  readonly measured: Measured;
  readonly width: number;
  readonly fingerprint: string;
  readonly verification: Verification;
  readonly diffed: Diffed;
  readonly audited: Awaited<ReturnType<typeof audit>>;
  readonly auditSeconds: number;
  readonly sanitised: SanitiseResult;
  readonly repaired?: DemoRates;
  readonly seconds: number;
}

/** Write the demo's page, its numbers and the repaired set, and print what happened. */
export async function writeStory({ run, console, timings }: Work, story: Story): Promise<void> {
  const versions = run.description.versions as unknown as RunRecord["versions"];
  const { made, result, measured, test, attack } = story;
  const described = (set: DistilledSet | LabelledSet) => ({
    name: set.name,
    sha256: setDigest(set),
    images: set.shape[0],
  });
  const attacked = attackRecord({
    ...{ title: "Demo: a distilled set, backdoored without its raw data", command: story.commandLine },
    ...{ created: story.now.toISOString(), config: run.description.config, versions, clean: made, result, test },
    attack: { method: story.method, title: attack.title, source: attack.source, access: attack.access },
    data: { set: described(made), tampered: described(result.set), test: described(test) },
    ...{ evaluations: measured.evaluations, diverged: measured.diverged, timings },
  });
  // The attack's own report, as `retort attack` would write it.
  await run.writeJson("record.json", attacked);
  await run.write(PAGE, renderHtml(attacked));
  const record = demoRecord(story, attacked, versions);
  const { sanitised } = story;
  const repairedPath = run.path("repaired.safetensors");
  if (sanitised.rounds.length > 0) await run.write("repaired.safetensors", setToSafetensors(sanitised.set));
  await run.write("story.html", renderDemoPage(record));
  const {
    receivers,
    verification,
    audit: found,
    seconds,
    classNames: _,
    set: __,
    raw: ___,
    test: ____,
    repair,
    ...said
  } = record;
  const { suspect, ...verdict } = found;
  const metrics = {
    ...{ receivers, verification, seconds },
    audit: {
      ...verdict,
      ...(suspect && { targetClass: suspect.className, images: suspect.images, place: suspect.place }),
    },
    ...(repair && {
      repair: { verdict: repair.verdict, rounds: repair.rounds, left: repair.left, residue: repair.residue },
    }),
    ...said,
  };
  await run.writeJson("metrics.json", metrics);
  await run.log("finish");
  const report = run.path("story.html");
  console.result({ folder: run.folder, report, ...metrics }, () => {
    const rows = [
      { name: "as published", ...receivers.clean },
      { name: "tampered", ...receivers.tampered },
      ...(receivers.repaired ? [{ name: "repaired", ...receivers.repaired }] : []),
    ];
    console.table(rows, [
      { title: "networks trained on the set", of: ({ name }) => name, align: "left" },
      { title: "CTA", of: ({ cta }) => percent(cta), align: "right" },
      { title: "ASR", of: ({ asr }) => percent(asr), align: "right" },
    ]);
    console.line();
    console.line(`verify: ${verification.failed.map(({ message }) => message).join(" ") || "nothing failed"}`);
    console.line(`audit: ${found.verdict.toUpperCase()}. ${found.sentences.join(" ")}`);
    if (repair)
      console.line(
        `sanitise: ${repair.rounds} ${repair.rounds === 1 ? "round" : "rounds"}; audited again, ${repair.verdict}. ${repair.sentences.join(" ")}${repair.left ? " What was found works still." : ""}`,
      );
    console.line();
    if (sanitised.rounds.length > 0) console.line(`repaired set  ${repairedPath}`);
    console.line(`the story     ${report}`);
  });
}

function demoRecord(
  story: Story,
  { set, results }: RunRecord,
  versions: Readonly<Record<string, string | number>>,
): DemoRecord {
  const { made, result, test, raw, verification, diffed, audited, sanitised } = story;
  const rates = (name: "clean" | "tampered"): DemoRates => {
    const own = results.filter((one) => one.set === name);
    const mean = (of: (one: (typeof own)[number]) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
    return { cta: mean(({ cta }) => cta), asr: mean(({ asr }) => asr ?? 0) };
  };
  const [, c, h, w] = made.shape;
  const shown = Math.min(8, test.shape[0]);
  const space = pictureSpace(made.normalisation);
  const batch = normalisedBatch(test, 0, shown, space);
  const seen = (x: Float32Array<ArrayBuffer>) => pictures(toPixels(x, [shown, c, h, w], space), [shown, c, h, w]);
  const { verdict, sentences } = audited.conclusion;
  const suspect = audited.conclusion.suspect ?? audited.result.suspects[0];
  const names = made.classNames ?? raw.classNames ?? Array.from({ length: made.classes }, (_, i) => String(i));
  const named = { ...made, classNames: names };
  const page = sanitiseRecordOf({ title: "", command: "", versions, set: result.set, result: sanitised });
  const altered = diffed.difference.images.filter(({ kind }) => kind !== "none").length;
  const repairs = sanitised.rounds.flatMap(({ residue }) => residue.triggers);
  return {
    title: "The story of a distilled set",
    ...{
      command: story.commandLine,
      created: story.now.toISOString(),
      versions,
      seconds: story.seconds,
      classNames: names,
    },
    set: { clean: set.clean, tampered: set.tampered!, difference: set.difference!, labels: set.labels },
    raw: {
      pictures: pictures(
        Float32Array.from(raw.pixels.subarray(0, 30 * c * h * w), (v) => v / 255),
        [30, c, h, w],
      ),
      images: raw.shape[0],
    },
    distillation: story.distillation,
    seal: { fingerprint: story.fingerprint },
    attack: {
      ...{ title: story.attack.title, source: story.attack.source, trigger: result.trigger.description },
      target: nameOfClass(named, result.targetClass),
    },
    test: { before: seen(batch), after: seen(applyTrigger(result.trigger, batch)), images: test.shape[0] },
    receivers: {
      ...{ networks: results.filter((one) => one.set === "clean").length, width: story.width },
      ...{ clean: rates("clean"), tampered: rates("tampered"), ...(story.repaired && { repaired: story.repaired }) },
    },
    verification: {
      failed: verification.checks
        .filter(({ status }) => status === "failed")
        .map(({ title, message }) => ({ title, message })),
      difference: `${diffed.difference.reason[0].toUpperCase()}${diffed.difference.reason.slice(1)}.`,
      changed: altered,
    },
    audit: {
      ...{ verdict, accused: auditStatus[verdict] === 1, sentences, seconds: story.auditSeconds },
      ...(suspect && {
        suspect: {
          className: nameOfClass(named, suspect.targetClass),
          images: suspect.support.flagged,
          patch: pictures(suspect.patch.values, [1, c, suspect.patch.side, suspect.patch.side]),
          place: `row ${suspect.patch.top}, column ${suspect.patch.left}`,
        },
      }),
    },
    ...(sanitised.rounds.length > 0 && {
      repair: {
        before: page.images.before ?? pictures(new Float32Array(), [0, c, h, w]),
        after: page.images.after ?? pictures(new Float32Array(), [0, c, h, w]),
        ...(page.images.added && { added: page.images.added }),
        verdict: sanitised.after?.verdict ?? "not audited",
        sentences: [...(sanitised.after?.sentences ?? [])],
        ...{ rounds: sanitised.rounds.length, left: isLeft(sanitised) },
        residue: repairs.map(({ before, after }) => ({ before, after })),
      },
    }),
  };
}
