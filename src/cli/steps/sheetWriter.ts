import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { Run } from "../../run/Run.ts";

/** What a set looks like while it is made, in its run folder. */
export const SHEET = "sheet.png";

/**
 * Keep a contact sheet of a set that is being made: the first after `every` seconds, then as often, and one at the end.
 *
 * @returns what is called after every step; it asks for the set only when a sheet is due.
 */
export function sheetWriter(run: Run, every: number): (set: () => DistilledSet, last: boolean) => Promise<void> {
  let drawn = performance.now();
  return async (set, last) => {
    if (!last && performance.now() - drawn < 1000 * every) return;
    const [{ contactSheet }, { encodePng }, { writeAtomic }] = await Promise.all([
      import("../../audit/inspect/contactSheet.ts"),
      import("../../formats/pictures/encodePng.ts"),
      import("../../disk/writeAtomic.ts"),
    ]);
    const now = set();
    const sheet = contactSheet(now, now.normalisation);
    await writeAtomic(run.path(SHEET), encodePng(sheet.planes, 3, sheet.height, sheet.width));
    drawn = performance.now();
  };
}
