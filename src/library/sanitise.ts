import { type AuditSettings, defaultAudit } from "../audit/settings.ts";
import type { AuditConclusion } from "../audit/verdict.ts";
import { drive } from "../core/drive.ts";
import { child } from "../core/random.ts";
import { checkSet } from "../data/checkSet.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { digestOf } from "../data/digestOf.ts";
import { type AuditFindings, findingsOf, laterFindings, leftOf } from "../sanitise/findings.ts";
import type { RepairTarget } from "../sanitise/RepairTarget.ts";
import { type Residue, residue } from "../sanitise/residue.ts";
import { sanitisedRecord } from "../sanitise/sanitisedRecord.ts";
import { type RepairStep, type SanitiseProgress, sanitiseSet } from "../sanitise/sanitiseSet.ts";
import { chosenRepairs, imageRepairs, placeRepairs } from "../sanitise/settings.ts";
import { imagesPerClass } from "../train/imagesPerClass.ts";
import { type AuditCall, audit, isMethodKnown, librariesFor } from "./audit.ts";
import { around, type Call } from "./call.ts";

export interface SanitiseSettings {
  /** Names of repairs, in their order. Default: inpaint and antidote; drop where images share a detail that is no compact patch. */
  readonly repairs?: readonly string[];
  /** Options of repairs by their names: `{ antidote: { share: 0.5 } }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What an audit of this very set found. Default: it is audited first. */
  readonly audit?: AuditFindings & Partial<Pick<AuditConclusion, "sentences">>;
  /** Settings of the audits before and after. */
  readonly auditSettings?: Partial<AuditSettings>;
  /** Repair what the audit suspects most even where its verdict speaks against nobody. Default false. */
  readonly force?: boolean;
  /** Most times that it is repaired and audited again, while something is found or a found trigger works still. Default 4. */
  readonly rounds?: number;
  /** A round that would make the set more than so many times as large is left out. Default 5. */
  readonly growth?: number;
  /** Audit the result. Default true. */
  readonly again?: boolean;
}

export interface SanitiseCall extends Call<SanitiseProgress>, Pick<AuditCall, "calibrations" | "method" | "keep"> {}

/** One repair of what one audit found. */
export interface SanitiseRound {
  readonly findings: readonly RepairTarget[];
  readonly steps: readonly RepairStep[];
  /** What is left of the found triggers. */
  readonly residue: Residue;
  /** The audit of what came out, and the triggers found so far that beat their controls there still; absent where nobody asked. */
  readonly after?: Judged & { readonly left: readonly RepairTarget[] };
}

/** What an audit said, as far as a report needs it. */
export type Judged = Pick<AuditFindings, "verdict"> & Partial<Pick<AuditConclusion, "sentences">>;

export interface SanitiseResult {
  /** The repaired set, which says so in its metadata; where nothing was repaired the very set that was given. */
  readonly set: DistilledSet;
  readonly before: Judged;
  /** The audit of the result; absent where nothing was repaired or nobody asked. */
  readonly after?: Judged;
  readonly rounds: readonly SanitiseRound[];
  /** Row of the given set that each image was, −1 for one that was added: [M]. */
  readonly origin: Int32Array;
}

/**
 * Take a backdoor out of a set that an audit finds one in, without a clean copy of it and without raw data; then audit it again.
 *
 * Where the audit finds nothing, nothing is changed.
 *
 * @returns the repaired set, what was changed, what is left of the triggers, and both verdicts.
 * @throws UsageError for repairs that nobody knows, options that they do not have, or a set that does not lead to pixels; the signal's
 * reason once it is aborted.
 * @example
 * const { set: repaired, before, after } = await sanitise(set);
 * console.log(before.verdict, "→", after?.verdict);
 */
export async function sanitise(
  set: DistilledSet,
  settings: SanitiseSettings = {},
  call: SanitiseCall = {},
): Promise<SanitiseResult> {
  checkSet(set, "sanitise");
  const { root, target } = around(call);
  const { options = {}, force = false, again = true } = settings;
  const { rounds: most = DEFAULT_ROUNDS, growth = DEFAULT_GROWTH } = settings;
  const asked = settings.repairs && chosenRepairs(settings.repairs, options, "sanitise");
  const unfit = { ...defaultAudit, ...settings.auditSettings };
  const { method, calibrations = [] } = call;
  // What an audit refuses at the end is refused before any work.
  if (again || !settings.audit) librariesFor(set, unfit, calibrations, method);
  // Each audit counts one, each repair and each look at what is left a tenth.
  const total = (settings.audit ? 0 : 1) + (again ? 1.2 : 0.2);
  let done = 0;
  const tell = (phase: string, share: number) =>
    call.onProgress?.({ phase, done: Math.min(total, done + share), total });
  const audited = async (one: DistilledSet, nth: number) => {
    // Another seed than the audit before: networks and pictures that the repair was not made with. A set that grew into a kind of which
    // there are no clean sets of the method is compared with those of all.
    const { conclusion, result } = await audit(one, unfit, {
      ...{ device: target, signal: call.signal, keep: call.keep, calibrations, seed: (call.seed ?? 0) + nth },
      ...(method !== undefined && (nth === 0 || isMethodKnown(one, unfit, calibrations, method)) && { method }),
      onProgress: ({ phase, done: part, total: all }) => tell(`audit: ${phase}`, part / all),
    });
    done += 1;
    return { ...result, ...conclusion };
  };
  const first = settings.audit ?? (await audited(set, 0));
  const judged = ({ verdict, sentences }: Judged): Judged => ({ verdict, ...(sentences && { sentences }) });
  const from = digestOf(set);
  let now = { set, origin: Int32Array.from({ length: set.shape[0] }, (_, i) => i) };
  let last: AuditFindings & Judged = first;
  const all: SanitiseRound[] = [];
  const found: RepairTarget[] = [];
  for (let round = 0; round < most; round++) {
    const findings =
      round === 0
        ? findingsOf(last, imagesPerClass(now.set), force)
        : laterFindings(found, last, imagesPerClass(now.set));
    if (findings.length === 0) break;
    const repairs =
      asked ?? chosenRepairs(findings.some(({ patch }) => patch) ? placeRepairs : imageRepairs, options, "sanitise");
    const key = child(root, "sanitise", round);
    const made = await drive(sanitiseSet(now.set, findings, repairs, { key, device: target }), {
      ...{ signal: call.signal },
      onProgress: ({ phase, done: part, total: of }) => tell(phase, (0.1 * part) / of),
    });
    const { steps } = made;
    const idle = steps.every(({ changed, removed, added }) => changed.length + removed.length + added === 0);
    if (round > 0 && (idle || made.set.shape[0] > growth * set.shape[0])) break;
    done += 0.1;
    const residual = await drive(residue(now.set, made.set, findings, { key: child(key, "residue"), device: target }), {
      ...{ signal: call.signal },
      onProgress: (share) => tell("what is left", 0.1 * share),
    });
    done += 0.1;
    // Told in rows of the set that was given: a later round may name images that an earlier one added.
    const own = findings.map((one) => ({
      ...one,
      images: one.images.map((row) => now.origin[row]).filter((row) => row >= 0),
    }));
    now = { set: made.set, origin: Int32Array.from(made.origin, (row) => (row < 0 ? -1 : now.origin[row])) };
    found.push(...findings);
    if (again) last = await audited(now.set, round + 1);
    all.push({
      ...{ findings: own, steps, residue: residual },
      ...(again && { after: { ...judged(last), left: leftOf(found, last) } }),
    });
    if (!again) break;
  }
  if (all.length === 0) return { set, before: judged(first), rounds: [], origin: now.origin };
  const record = sanitisedRecord(
    from,
    all.flatMap(({ findings }) => findings),
    all.flatMap(({ steps }) => steps),
    force && findingsOf(first, imagesPerClass(set)).length === 0,
  );
  return {
    set: { ...now.set, metadata: { ...set.metadata, ...record } },
    before: judged(first),
    ...(again && { after: judged(last) }),
    rounds: all,
    origin: now.origin,
  };
}

/** Not tuned: enough for what was measured (docs/sanitise.md). */
const DEFAULT_ROUNDS = 4;
const DEFAULT_GROWTH = 5;
