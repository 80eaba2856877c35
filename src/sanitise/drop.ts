import * as z from "zod";
import { UsageError } from "../core/errors.ts";
import { child, Stream } from "../core/random.ts";
import { classesOf } from "../train/targets.ts";
import { defineRepair } from "./Repair.ts";
import { setOfRows } from "./rows.ts";

const options = z.strictObject({
  rebalance: z
    .boolean()
    .default(true)
    .describe("put copies of the class's other images in their place, so that each class counts as before"),
});

/** Take the images out that carry something, and put copies of the class's others in their place. */
export const drop = defineRepair({
  title: "Taken out, the class filled up with its other images",
  source: "Retort",
  needs: "images",
  options,
  async *run(set, findings, { rebalance }, { key }) {
    const labels = classesOf(set);
    const gone = new Set(findings.flatMap(({ images }) => images));
    const rows: number[] = [];
    for (const i of labels.keys()) {
      if (!gone.has(i)) {
        rows.push(i);
        continue;
      }
      const left = [...labels.keys()].filter((other) => labels[other] === labels[i] && !gone.has(other));
      if (left.length === 0)
        throw new UsageError(
          `drop: invalid findings: expected images of class ${labels[i]} that carry nothing, got none; paint it over instead (inpaint)`,
        );
      if (rebalance) rows.push(left[new Stream(child(key, "drop", i)).integer(left.length)]);
    }
    const { set: repaired } = setOfRows(set, rows);
    const seen = new Set<number>();
    // A row's first appearance is the image itself unless it stands in another's place.
    const origin = Int32Array.from(rows, (row, at) => {
      const own = rebalance ? row === at : !seen.has(row);
      seen.add(row);
      return own ? row : -1;
    });
    return { set: repaired, origin };
  },
});
