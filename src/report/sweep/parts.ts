import { filterPart } from "./parts/controls.ts";
import { differencePart } from "./parts/differencePart.ts";
import { frontPart } from "./parts/frontPart.ts";
import { heatPart } from "./parts/heatPart.ts";
import type { Part } from "./parts/Part.ts";
import { resultPart } from "./parts/resultPart.ts";
import { trialPart } from "./parts/trialPart.ts";

/** What of the page answers to choices, in reading order: id → heading and content. */
export const parts: Readonly<Record<string, { readonly heading?: string; readonly render: Part }>> = {
  filters: { render: filterPart },
  results: { heading: "Conditions", render: resultPart },
  map: { heading: "Heat map", render: heatPart },
  front: { heading: "What success costs", render: frontPart },
  differences: { heading: "Paired differences", render: differencePart },
  trials: { heading: "Trials", render: trialPart },
};
