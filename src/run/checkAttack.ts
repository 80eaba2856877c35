import type { Attack, RawAccess } from "../attack/Attack.ts";
import { attackPictures } from "../attack/attackPictures.ts";
import { UsageError } from "../core/errors.ts";
import type { Key } from "../core/random.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import type { Device } from "../engine/device.ts";

/**
 * Let an attack refuse what it cannot do, or what would change nothing, before a folder is made or a network trained: every attack
 * checks before its first report.
 *
 * @throws UsageError or DataError as the attack would.
 */
export async function checkAttack(
  attack: Pick<Attack, "run" | "title"> & Partial<Pick<Attack, "access">>,
  set: DistilledSet,
  options: Record<string, unknown>,
  context: { readonly key: Key; readonly device: Device; readonly raw?: RawAccess },
): Promise<void> {
  const begun = attackPictures(attack, set, options, context);
  const first = await begun.next();
  if (first.done !== true) await begun.return(undefined as never);
  else if (isSame(set, first.value.set))
    throw new UsageError(
      `attack: invalid options: expected ones that change the set, got some that change nothing (${attack.title})`,
    );
}

/** Whether a tampered set holds the very numbers of the clean one. */
export function isSame(clean: DistilledSet, tampered: DistilledSet): boolean {
  return (
    clean.images.length === tampered.images.length &&
    clean.images.every((value, i) => value === tampered.images[i]) &&
    JSON.stringify(clean.labels) === JSON.stringify(tampered.labels)
  );
}
