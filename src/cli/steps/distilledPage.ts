import type { DistilledSet } from "../../data/DistilledSet.ts";
import { describeNormalisation, toPixels } from "../../data/normalise.ts";
import { setDigest } from "../../disk/setDigest.ts";
import { writeAtomic } from "../../disk/writeAtomic.ts";
import { renderDistilledPage } from "../../report/distilled/distilledPage.ts";
import { type DistilledRecord, distilledFormat } from "../../report/distilled/distilledRecord.ts";
import { pictures } from "../../report/pictures.ts";
import type { Run } from "../../run/Run.ts";
import { classesOf } from "../../train/targets.ts";
import { PAGE } from "./pageName.ts";

/** Write what is known of a distilled set, and the page of it, into its run's folder. */
export async function writeDistilledPage(
  run: Run,
  set: DistilledSet,
  said: Omit<DistilledRecord, "format" | "set">,
): Promise<void> {
  const record: DistilledRecord = {
    format: distilledFormat,
    ...said,
    set: {
      images: pictures(toPixels(set.images, set.shape, set.normalisation), set.shape),
      classes: set.classes,
      ...(set.classNames && { classNames: [...set.classNames] }),
      labels: [...classesOf(set)],
      normalisation: describeNormalisation(set.normalisation),
      digest: setDigest(set),
    },
  };
  await run.writeJson("record.json", record);
  await writeAtomic(run.path(PAGE), renderDistilledPage(record));
}
