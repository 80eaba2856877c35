import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import type { DeviceName } from "../../engine/device.ts";
import { evaluate } from "../../library/evaluate.ts";
import type { SanitiseResult } from "../../library/sanitise.ts";
import type { SanitiseRecord } from "../../report/sanitise/sanitiseRecord.ts";
import { patchTrigger } from "../../sanitise/patchTrigger.ts";
import type { Console } from "../shell/console.ts";

/** Chosen: a quarter of the field's width, an eighth of its time. */
const WIDTH = 32;

/** Train receivers on a set before and after its repair and measure both on real images, with the first found trigger. */
export async function measureSanitised(
  set: DistilledSet,
  result: SanitiseResult,
  test: LabelledSet,
  { networks, seed, device, threads }: { networks: number; seed: number; device: DeviceName; threads: number },
  console: Console,
  signal: AbortSignal,
): Promise<NonNullable<SanitiseRecord["measured"]> | undefined> {
  const [finding] = result.rounds.flatMap(({ findings }) => findings.filter(({ patch }) => patch !== undefined));
  if (!finding?.patch) return undefined;
  const attacked = { set: result.set, trigger: patchTrigger(finding.patch, set), targetClass: finding.targetClass };
  const bar = console.progress("measure", 100);
  const { rates } = await evaluate(
    set,
    { attacked, test, width: WIDTH, repeats: networks },
    {
      ...{ seed, device, threads, signal },
      onProgress: ({ done, total }) => bar.update((100 * done) / total),
    },
  ).finally(() => bar.end());
  const [{ clean, tampered }] = rates;
  const row = (name: string, one: typeof tampered) => ({ name, cta: one?.cta.mean ?? 0, asr: one?.asr?.mean });
  return {
    ...{ data: test.name, images: test.shape[0], networks },
    rows: [row("the set as it came", clean), row("the repaired set", tampered)],
  };
}
