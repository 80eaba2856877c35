import * as z from "zod";
import { networkRepairNames, networkRepairOptions } from "../../sanitise/network/settings.ts";
import { repairNames, repairOptions } from "../../sanitise/settings.ts";
import { optionGroup } from "../shell/optionGroup.ts";
import { auditAgainst } from "./auditPolicies.ts";
import { computeOptions } from "./computeOptions.ts";
import { readOptions } from "./readOptions.ts";

/** What `retort sanitise` takes, for a set and for a trained network. */
export const sanitiseOptions = z.object({
  ...optionGroup(
    { title: "Repair" },
    {
      out: z.string().describe("where to write the repaired set; nothing is written where nothing is changed"),
      to: z.string().optional().describe("format to write (default: by the name of the output)"),
      repair: z
        .array(z.enum(repairNames as [string]))
        .min(1)
        .optional()
        .describe("repairs, in their order (default: inpaint,antidote; drop where no compact patch was found)"),
      ...repairOptions(),
      rounds: z
        .int()
        .min(1)
        .default(4)
        .describe("most times that it is repaired, while an audit finds something or a found trigger works still"),
      growth: z
        .number()
        .min(1)
        .default(5)
        .describe("leave out a further round that would make the set more than so many times as large"),
    },
  ),
  ...optionGroup(
    { title: "Trained network" },
    {
      model: z
        .string()
        .optional()
        .describe("repair this network, which was trained on the set, instead of the set (evaluate --keep-networks)"),
      modelRepair: z
        .array(z.enum(networkRepairNames as [string]))
        .min(1)
        .optional()
        .describe("repairs of the network, in their order (default: unlearn)"),
      ...networkRepairOptions(),
    },
  ),
  ...optionGroup(
    { title: "Audit" },
    {
      audit: z
        .string()
        .optional()
        .describe("what `retort audit --json` said of this set; default: it is audited first"),
      auditAgain: z.boolean().default(true).describe("audit the repaired set"),
      ...auditAgainst,
    },
  ),
  ...optionGroup(
    { title: "Report" },
    {
      report: z.string().optional().describe("write a self-contained page about it"),
      test: z.string().optional().describe("raw dataset to measure both sets on, where you have one"),
      testImages: z.int().min(1).default(1000).describe("use the first so many test images"),
      networks: z.int().min(1).default(3).describe("receivers of width 32 that are trained on each set"),
    },
  ),
  ...computeOptions,
  ...readOptions,
  force: z
    .boolean()
    .default(false)
    .describe(
      "repair what is most suspected even where nothing is found; take your --normalisation even where the file says another",
    ),
  overwrite: z.boolean().default(false).describe("replace what is at the output"),
});
