import * as z from "zod";
import { child } from "../core/random.ts";
import { inpaint } from "./inpaint.ts";
import { defineRepair, type Repaired, sameRows } from "./Repair.ts";

const options = z.strictObject({
  networks: z.int().min(1).default(3).describe("networks of the other images that the new ones are made from"),
  steps: z.int().min(1).default(60).describe("steps of each image"),
  step: z.number().positive().default(0.05).describe("size of a step, in deviations of the set's pixels"),
});

/**
 * Make the images that carry something anew, from networks trained on all others: they start as they are, painted over at the place,
 * and follow the cross-entropy of their own labels. Networks that never saw the trigger cannot put it back.
 *
 * Where a class has no other image, the networks learn it from the painted one.
 */
export const redistil = defineRepair({
  title: "Made anew from networks of the other images",
  source: "Retort; descent on pixels as in dataset distillation, arXiv 1811.10959",
  needs: "images",
  options,
  async *run(set, findings, chosen, { key, device }) {
    const flagged = [...new Set(findings.flatMap(({ images }) => images))].sort((a, b) => a - b);
    if (flagged.length === 0) return sameRows(set);
    const context = { key: child(key, "redistil"), device };
    const painted = (await inpaint.run(set, findings, inpaint.options.parse({}), context).next()).value as Repaired;
    const { redistilled } = await engine();
    return sameRows(yield* redistilled(set, painted.set, flagged, chosen, context));
  },
});

/** Loaded when it is needed: the list of repairs loads no engine. */
const engine = () => import("./redistilled.ts");
