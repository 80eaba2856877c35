import { type AuditSettings, defaultAudit } from "../audit/settings.ts";
import type { AuditConclusion } from "../audit/verdict.ts";
import { drive } from "../core/drive.ts";
import { child } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { digestOf } from "../data/digestOf.ts";
import { type AuditFindings, findingsOf } from "../sanitise/findings.ts";
import type { RepairTarget } from "../sanitise/RepairTarget.ts";
import { type Residue, residue } from "../sanitise/residue.ts";
import { sanitisedRecord } from "../sanitise/sanitisedRecord.ts";
import { type RepairStep, type SanitiseProgress, sanitiseSet } from "../sanitise/sanitiseSet.ts";
import { chosenRepairs, imageRepairs, placeRepairs } from "../sanitise/settings.ts";
import { type AuditCall, audit } from "./audit.ts";
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
  /** Most times that it is repaired and audited again while something is found. Default 2. */
  readonly rounds?: number;
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
  const { root, target } = around(call);
  const { options = {}, force = false, rounds: most = 2, again = true } = settings;
  const asked = settings.repairs && chosenRepairs(settings.repairs, options, "sanitise");
  const unfit = { ...defaultAudit, ...settings.auditSettings };
  // Each audit counts one, each repair and each look at what is left a tenth.
  const total = (settings.audit ? 0 : 1) + (again ? 1.2 : 0.2);
  let done = 0;
  const tell = (phase: string, share: number) =>
    call.onProgress?.({ phase, done: Math.min(total, done + share), total });
  const audited = async (one: DistilledSet, nth: number) => {
    // Another seed than the audit before: networks and pictures that the repair was not made with.
    const { conclusion, result } = await audit(one, unfit, {
      ...{
        device: target,
        signal: call.signal,
        calibrations: call.calibrations,
        method: call.method,
        keep: call.keep,
        seed: (call.seed ?? 0) + nth,
      },
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
  for (let round = 0; round < most; round++) {
    const findings = findingsOf(last, perClass(now.set), force && round === 0);
    if (findings.length === 0) break;
    const repairs =
      asked ?? chosenRepairs(findings.some(({ patch }) => patch) ? placeRepairs : imageRepairs, options, "sanitise");
    const key = child(root, "sanitise", round);
    const made = await drive(sanitiseSet(now.set, findings, repairs, { key, device: target }), {
      ...{ signal: call.signal },
      onProgress: ({ phase, done: part, total: of }) => tell(phase, (0.1 * part) / of),
    });
    done += 0.1;
    const left = await drive(residue(now.set, made.set, findings, { key: child(key, "residue"), device: target }), {
      ...{ signal: call.signal },
      onProgress: (share) => tell("what is left", 0.1 * share),
    });
    done += 0.1;
    const { steps } = made;
    all.push({ findings, steps, residue: left });
    now = { set: made.set, origin: Int32Array.from(made.origin, (row) => (row < 0 ? -1 : now.origin[row])) };
    if (!again) break;
    last = await audited(now.set, round + 1);
  }
  if (all.length === 0) return { set, before: judged(first), rounds: [], origin: now.origin };
  const record = sanitisedRecord(
    from,
    all.flatMap(({ findings }) => findings),
    all.flatMap(({ steps }) => steps),
    force && findingsOf(first, perClass(set)).length === 0,
  );
  return {
    set: { ...now.set, metadata: { ...set.metadata, ...record } },
    before: judged(first),
    ...(again && { after: judged(last) }),
    rounds: all,
    origin: now.origin,
  };
}

const perClass = ({ shape, classes }: DistilledSet): number => shape[0] / classes;
