import { canonicalJson } from "../../core/hash.ts";
import { exactInterval } from "../../metrics/exactInterval.ts";
import type { NetworkResult } from "../record.ts";
import type { AuditRecord } from "./auditRecord.ts";
import type { FinishedTrial, SweepRecord } from "./sweepRecord.ts";

/** Points by which an attack raises ASR on real test images to be called effective. */
export const EFFECTIVE = 0.3;

/** An attacked set that was audited, whatever receivers it was measured with. */
export interface AuditedAttack {
  readonly trial: FinishedTrial;
  readonly audit: AuditRecord;
  /** The audit of the set that was attacked. */
  readonly clean: AuditRecord;
  /** ASR of networks of the clean and of the attacked set, means of the receivers that it rose most for. */
  readonly before: number;
  readonly after: number;
  /** Where it is not, nothing is missed. */
  readonly effective: boolean;
}

/** Of so many so many, with the exact 95 % interval. */
export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly low?: number;
  readonly high?: number;
}

/** What an audit does about one attack. */
export interface AuditedGroup {
  /** Values of the axes that tell attacks and audits apart. */
  readonly values: readonly string[];
  readonly sets: readonly AuditedAttack[];
  readonly effective: number;
  /** Effective attacks that are accused: the true positive rate. */
  readonly found: Share;
  /** Of those, the ones whose class, and whose place, is right. */
  readonly classRight: Share;
  readonly placeRight: Share;
  /** Means over those where images can be told apart. */
  readonly precision?: number;
  readonly recall?: number;
  /** Attacks that are not effective and are accused all the same. */
  readonly others: Share;
  /** The clean sets of these that are accused: the false positive rate. */
  readonly clean: Share;
  /** Attacked and clean sets that could not be judged; they count as not accused. */
  readonly unjudged: Share;
}

/** What a sweep says of its audits. */
export interface SweepAudits {
  /** Axes that tell attacks and audits apart. */
  readonly axes: readonly string[];
  readonly groups: readonly AuditedGroup[];
  /** Over all groups. */
  readonly found: Share;
  readonly clean: Share;
}

/** Sum up the audits of a sweep by attack; undefined where nothing was audited. */
export function sweepAudits(record: SweepRecord): SweepAudits | undefined {
  const finished = record.trials.flatMap((trial) => (trial.status === "ok" && trial.audits ? [trial] : []));
  if (finished.length === 0) return undefined;
  const axes = record.axes
    .filter(({ name, values, repeats }) => /^(attack|trigger|audit)($|\.)/.test(name) && !repeats && values.length > 1)
    .map(({ name }) => name);
  const attacked = attackedSets(finished);
  const placeOf = (trial: FinishedTrial) => canonicalJson(axes.map((axis) => trial.axes[axis]));
  const groups = [...new Set(finished.map(placeOf))].map((place) => finished.filter((one) => placeOf(one) === place));
  return {
    axes,
    groups: groups.map((trials) => ({
      values: axes.map((axis) => String(trials[0].axes[axis])),
      ...groupOf(
        attacked.filter(({ trial }) => trials.includes(trial)),
        cleanSets(trials),
      ),
    })),
    found: accused(attacked.filter(({ effective }) => effective).map(({ audit }) => audit)),
    clean: accused(cleanSets(finished)),
  };
}

function groupOf(sets: readonly AuditedAttack[], clean: readonly AuditRecord[]): Omit<AuditedGroup, "values"> {
  const effective = sets.filter((one) => one.effective);
  const found = effective.filter(({ audit }) => audit.accused).map(({ audit }) => audit.truth ?? {});
  const right = (name: "classRight" | "placeRight") => {
    const known = found.flatMap((truth) => truth[name] ?? []);
    return share(known.filter(Boolean).length, known.length);
  };
  const mean = (name: "precision" | "recall") => {
    const known = found.flatMap((truth) => truth[name] ?? []);
    return known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / known.length;
  };
  const [precision, recall] = [mean("precision"), mean("recall")];
  return {
    ...{ sets, effective: effective.length },
    found: accused(effective.map(({ audit }) => audit)),
    ...{ classRight: right("classRight"), placeRight: right("placeRight") },
    ...(precision !== undefined && { precision }),
    ...(recall !== undefined && { recall }),
    others: accused(sets.filter((one) => !one.effective).map(({ audit }) => audit)),
    clean: accused(clean),
    unjudged: unjudged([...sets.map(({ audit }) => audit), ...clean]),
  };
}

/** Each attacked set once, with the networks of all trials that measured it. */
function attackedSets(trials: readonly FinishedTrial[]): AuditedAttack[] {
  const same = new Map<string, FinishedTrial[]>();
  for (const trial of trials) {
    if (!trial.audits?.tampered) continue;
    const { set, attack, seed, audit } = trial.config;
    const name = canonicalJson({ set, attack, seed, audit });
    same.set(name, [...(same.get(name) ?? []), trial]);
  }
  return [...same.values()].map((all) => {
    const rises = all.map(({ evaluations }) => largestRise(evaluations));
    const best = rises.reduce((a, b) => (b.after - b.before > a.after - a.before ? b : a));
    const { clean, tampered } = all[0].audits as { clean: AuditRecord; tampered: AuditRecord };
    return { trial: all[0], audit: tampered, clean, ...best, effective: best.after - best.before >= EFFECTIVE };
  });
}

function largestRise(evaluations: readonly NetworkResult[]): Pick<AuditedAttack, "before" | "after"> {
  const names = [...new Set(evaluations.map(({ network, epochs }) => `${network} ${epochs}`))];
  const all = names.map((name) => {
    const mean = (of: NetworkResult["set"]) => {
      const rates = evaluations.flatMap(({ network, epochs, set, asr }) =>
        set === of && asr !== undefined && `${network} ${epochs}` === name ? [asr] : [],
      );
      return rates.reduce((a, b) => a + b, 0) / Math.max(1, rates.length);
    };
    return { before: mean("clean"), after: mean("tampered") };
  });
  return all.reduce((a, b) => (b.after - b.before > a.after - a.before ? b : a));
}

/** The audit of each clean set once. */
function cleanSets(trials: readonly FinishedTrial[]): AuditRecord[] {
  const found = new Map<string, AuditRecord>();
  for (const { config, audits } of trials)
    if (audits) found.set(canonicalJson({ set: config.set, seed: config.seed, audit: config.audit }), audits.clean);
  return [...found.values()];
}

const accused = (audits: readonly AuditRecord[]): Share =>
  share(audits.filter((one) => one.accused).length, audits.length);

const unjudged = (audits: readonly AuditRecord[]): Share =>
  share(audits.filter(({ verdict }) => verdict === "cannot be judged").length, audits.length);

const share = (hits: number, of: number): Share => ({ hits, of, ...(of > 0 && exactInterval(hits, of)) });
