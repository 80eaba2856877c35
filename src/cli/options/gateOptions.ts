import * as z from "zod";
import { optionGroup } from "../shell/optionGroup.ts";

/** Whom to believe: shared by every command that checks a seal. */
export const trustOptions = {
  key: z
    .array(z.string())
    .optional()
    .describe("public key of the publisher (PEM file), got by another way than the set"),
  publisher: z.string().optional().describe("accept only keys pinned for this publisher (retort trust list)"),
  certificateRoot: z
    .array(z.string())
    .optional()
    .describe("root certificates (PEM) that signing certificates must lead to"),
  identity: z.string().optional().describe("keyless: exact e-mail address or workflow URL that must have signed"),
  issuer: z.string().optional().describe("keyless: exact URL of the service that vouched for the identity"),
  trustedRoot: z.string().optional().describe("keyless: trusted root file (JSON), for verification without a network"),
  expectVersion: z.string().optional().describe("the seal must state exactly this version"),
  minVersion: z.string().optional().describe("the seal must not state an older version (semantic: 1.2.0)"),
};

/** Options of every command that loads a set; spread them into its schema and open the set with `openSource` (openSource.ts). */
export const gateOptions = optionGroup(
  {
    title: "Seal",
    common: ["requireSeal", "key"],
    readWhen: Object.keys(trustOptions).map((option) => ({
      option,
      // Where there is no such choice, the seal is checked anyway.
      read: ({ requireSeal }) => requireSeal !== false,
      by: "--require-seal",
    })),
  },
  {
    requireSeal: z
      .boolean()
      .default(false)
      .describe("read the set only if its seal is valid, and nothing that it does not bind"),
    ...trustOptions,
  },
);

export type TrustChoice = z.infer<z.ZodObject<typeof trustOptions>>;
export type GateChoice = z.infer<z.ZodObject<typeof gateOptions>>;
