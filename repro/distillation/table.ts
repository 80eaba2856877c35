/**
 * Test accuracy of distilled sets beside random real images: `npx tsx repro/distillation/table.ts SWEEP…`, from folders that `retort run
 * repro/distillation/table.yaml` made.
 *
 * One row for each way of training and network, one for each set: the mean over receivers with its 95 % interval, and what it has over
 * random real images under the same training, paired by receiver: same start, same order. Per cent and points.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { pairedDifference, type Summary, summarise } from "../../src/metrics/intervals.ts";

interface Trial {
  readonly status: string;
  readonly axes: Readonly<Record<string, string>>;
  readonly evaluations: readonly { readonly seed: number; readonly cta: number }[];
}

const spread = ({ mean, low, high }: Summary) =>
  `${(100 * mean).toFixed(1)} (${(100 * low).toFixed(1)} … ${(100 * high).toFixed(1)})`;
const line = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);

line(["sweep", "receivers", "set", "n", "accuracy", "over random real images"]);
line(["---", "---", "---", "---:", "---:", "---:"]);
for (const folder of process.argv.slice(2)) {
  const { trials } = JSON.parse(readFileSync(join(folder, "sweep.json"), "utf8")) as { trials: readonly Trial[] };
  const done = trials.filter(({ status }) => status === "ok");
  const accuracies = ({ evaluations }: Trial) =>
    [...evaluations].sort((a, b) => a.seed - b.seed).map(({ cta }) => cta);
  const receivers = ({ axes: { strategy, network } }: Trial) => [network, strategy].filter(Boolean).join(", ");
  for (const who of [...new Set(done.map(receivers))]) {
    const all = done.filter((trial) => receivers(trial) === who);
    const random = all.find(({ axes }) => axes.set === "random");
    for (const trial of all) {
      const own = accuracies(trial);
      const over = random && trial !== random ? spread(pairedDifference(accuracies(random), own)) : "";
      line([basename(folder), who, trial.axes.set, String(own.length), spread(summarise(own)), over]);
    }
  }
}
