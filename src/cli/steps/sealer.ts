import process from "node:process";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { readBoundedText } from "../../disk/readText.ts";
import { loadCertificates } from "../../seal/certificates.ts";
import { loadPrivateKey } from "../../seal/keys.ts";
import type { Sealer } from "../../seal/signStatement.ts";
import type { Console } from "../shell/console.ts";
import { passphrase } from "../shell/passphrase.ts";
import { oidcLogin } from "./oidcLogin.ts";
import { readKey } from "./readKey.ts";

/** What to sign with: shared by `seal` and `attest`. */
export const sealerOptions = {
  key: z
    .string()
    .optional()
    .describe(
      "private key (PEM file); a passphrase comes from --passphrase-file, RETORT_KEY_PASSPHRASE or the terminal",
    ),
  passphraseFile: z.string().optional().describe("file whose first line is the key's passphrase"),
  certificateChain: z.array(z.string()).optional().describe("certificates of the key (PEM), the signing one first"),
  keyless: z.boolean().default(false).describe("sign with an identity instead of a key (sigstore); needs the network"),
  identityToken: z
    .string()
    .optional()
    .describe("keyless: file with an identity token; default: that of the CI job, or a login in the browser"),
  fulcioUrl: z.string().optional().describe("keyless: certificate authority other than the public one"),
  rekorUrl: z.string().optional().describe("keyless: transparency log other than the public one"),
  oidcIssuer: z.string().default("https://oauth2.sigstore.dev/auth").describe("keyless: where to log in"),
  oidcClient: z.string().default("sigstore").describe("keyless: client identifier at the issuer"),
};

type SealerChoice = z.infer<z.ZodObject<typeof sealerOptions>>;

/** Turn the options into something that signs. */
export async function resolveSealer(choice: SealerChoice, console: Console, signal: AbortSignal): Promise<Sealer> {
  if (choice.keyless) {
    if (choice.key !== undefined) throw new UsageError("retort: invalid option: expected --key or --keyless, got both");
    const token = await identityToken(choice, console, signal);
    const services = { fulcioUrl: choice.fulcioUrl, rekorUrl: choice.rekorUrl };
    return { kind: "keyless", identity: { getToken: async () => token }, services };
  }
  if (choice.key === undefined)
    throw new UsageError("retort: missing key: expected --key, or --keyless; make one with retort keygen");
  const pem = await readKey(choice.key, "retort", "private");
  const encrypted = pem.includes("ENCRYPTED");
  const key = loadPrivateKey(
    pem,
    encrypted ? await passphrase(choice.passphraseFile, `passphrase of ${choice.key}: `) : undefined,
  );
  if (!choice.certificateChain) return { kind: "key", key };
  const chain = await Promise.all(
    choice.certificateChain.map((path) => readBoundedText(path, "retort", "certificates")),
  );
  return { kind: "certificates", key, chain: chain.flatMap(loadCertificates) };
}

async function identityToken(choice: SealerChoice, console: Console, signal: AbortSignal): Promise<string> {
  if (choice.identityToken !== undefined)
    return (await readBoundedText(choice.identityToken, "retort", "identity token")).trim();
  const { CIContextProvider } = await import("@sigstore/sign");
  const ambient = await new CIContextProvider().getToken().catch(() => undefined);
  if (ambient) return ambient;
  if (!process.stderr.isTTY && process.env.CI)
    throw new UsageError(
      "retort: missing identity token: expected --identity-token, SIGSTORE_ID_TOKEN or the id-token permission of the CI job",
    );
  return oidcLogin({
    issuer: choice.oidcIssuer,
    clientId: choice.oidcClient,
    show: (url) => console.note(`open this address to sign in:\n${url}`),
    signal,
  });
}
