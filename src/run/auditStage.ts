import { decisive, type Scores, scoresOf } from "../audit/calibration.ts";
import type { AuditSettings } from "../audit/settings.ts";
import type { AuditVerdict } from "../audit/verdict.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { type AuditCall, audit } from "../library/audit.ts";
import type { Run } from "./Run.ts";
import { runKeep } from "./runKeep.ts";
import { Stopwatch } from "./Stopwatch.ts";

/** What an audit leaves in a run folder: what it says, without pictures. */
export interface StoredAudit {
  readonly verdict: AuditVerdict;
  readonly sentences: string[];
  /** The p that counts, and the clean sets that it is against; absent without enough of them. */
  readonly p?: number;
  readonly against?: number;
  /** What the verdict names. */
  readonly suspect?: {
    readonly targetClass: number;
    readonly place: { readonly top: number; readonly left: number; readonly side: number };
    readonly held: number;
    readonly drop: number;
    readonly rise: number;
  };
  /** Images that it names. */
  readonly flagged: number[];
  readonly scores: Scores;
}

/**
 * Audit a set inside a run folder: resumed where it was stopped, read back once it is finished. Audits that differ only in the clean sets
 * that they are compared with share the folder, and what was found in it.
 *
 * @param file where it says what it says
 * @throws the signal's reason after Ctrl-C, with what was finished kept.
 */
export async function runAuditStage(
  run: Run,
  file: string,
  set: DistilledSet,
  settings: AuditSettings,
  call: Pick<AuditCall, "seed" | "device" | "signal" | "onProgress" | "method" | "calibrations">,
): Promise<StoredAudit> {
  const known = (await run.readJson(file)) as StoredAudit | undefined;
  if (known) return known;
  const watch = await Stopwatch.start(run, "audit");
  const { conclusion, result } = await audit(set, settings, {
    ...call,
    keep: runKeep(run),
    async onProgress(progress) {
      await call.onProgress?.(progress);
      await watch.save();
    },
  });
  const { verdict, sentences, suspect, significance } = conclusion;
  const worst = decisive(significance);
  const stored: StoredAudit = {
    ...{ verdict, sentences: [...sentences] },
    ...(worst && { p: worst.p, against: worst.n }),
    ...(suspect && {
      suspect: {
        targetClass: suspect.targetClass,
        place: { top: suspect.patch.top, left: suspect.patch.left, side: suspect.patch.side },
        ...{ held: suspect.held, drop: suspect.support.drop, rise: suspect.confirmation.rise },
      },
    }),
    flagged: [...(suspect ? suspect.support.flagged : (result.coherence.find(({ alarm }) => alarm)?.images ?? []))],
    scores: scoresOf(result),
  };
  await watch.save();
  await run.writeJson(file, stored);
  return stored;
}
