import { filterPart } from "./parts/controls.ts";
import { differencePart } from "./parts/differencePart.ts";
import { frontPart } from "./parts/frontPart.ts";
import { heatPart } from "./parts/heatPart.ts";
import type { Part } from "./parts/Part.ts";
import { resultPart } from "./parts/resultPart.ts";
import { trialPart } from "./parts/trialPart.ts";

interface PagePart {
  readonly heading?: string;
  readonly render: Part;
  /** The choices that concern this part alone. */
  readonly own: readonly string[];
}

/** What of the page answers to choices, in reading order: id → part. */
export const parts: Readonly<Record<string, PagePart>> = {
  filters: { render: filterPart, own: [] },
  results: { heading: "Conditions", render: resultPart, own: ["sort", "page"] },
  map: { heading: "Heat map", render: heatPart, own: ["rows", "columns", "shade"] },
  front: { heading: "What success costs", render: frontPart, own: ["gain"] },
  differences: { heading: "Paired differences", render: differencePart, own: ["of", "difference", "difference-page"] },
  trials: { heading: "Trials", render: trialPart, own: ["status", "trial-sort", "trial-page"] },
};
