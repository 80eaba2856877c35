import * as z from "zod";
import { child } from "../core/random.ts";
import { checkEachClass, classRows, sampleEachClass } from "../data/classRows.ts";
import { normalisedRows } from "../data/normalisedBatch.ts";
import { checkResume, type Distillation, distilledSet, fingerprint } from "./Distillation.ts";

const options = z.strictObject({
  ipc: z.int().min(1).default(10).describe("images per class"),
});

/** The baseline of every distillation: real images, drawn at random, the same number of each class. */
export const randomReal: Distillation<typeof options> = {
  title: "Random real images",
  abbreviation: "random",
  source: "baseline of arXiv 2006.05929",
  access: "raw-data",
  readsOnce: true,
  options,
  check(set, { ipc }) {
    checkEachClass(classRows(set), ipc, "randomReal");
  },
  async *run(set, opts, context) {
    this.check(set, opts);
    const record = { method: "randomReal", options: opts, source: set, context };
    if (context.resume) checkResume(record, context.resume);
    const rows = sampleEachClass(classRows(set), opts.ipc, (k) => child(context.key, "initial", k));
    const images = normalisedRows(set, rows, context.normalisation);
    yield {
      iteration: 1,
      total: 1,
      set: () => distilledSet(record, images, 0),
      checkpoint: () => ({ json: { run: fingerprint(record) }, arrays: {} }),
    };
  },
};
