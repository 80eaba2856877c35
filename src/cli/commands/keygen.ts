import { chmod, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { makeFolder } from "../../disk/makeFolder.ts";
import { type Curve, curves, generateKeys, keyFingerprint, loadPublicKey } from "../../seal/keys.ts";
import { spellFingerprint } from "../../seal/Trust.ts";
import { defineCommand } from "../shell/command.ts";
import { passphrase } from "../shell/passphrase.ts";

/** Make a key pair for sealing. */
export const keygen = defineCommand({
  summary: "make a key pair for sealing",
  description:
    "Writes NAME.key (PKCS#8, readable by you alone) and NAME.pub. Give NAME.pub and its fingerprint to receivers by another way than the sets.",
  arguments: { "<name>": "path of the pair, without extension" },
  options: z.object({
    curve: z
      .enum(Object.keys(curves) as [Curve, ...Curve[]])
      .default("P-256")
      .describe("other verifiers accept only P-256"),
    encrypt: z
      .boolean()
      .default(false)
      .describe("ask for a passphrase (RETORT_KEY_PASSPHRASE, --passphrase-file or typed)"),
    passphraseFile: z.string().optional().describe("file whose first line is the passphrase"),
  }),
  examples: ["keygen lab", "keygen lab --encrypt", "keygen lab --curve P-384"],
  async run({ args: [name], options, console }) {
    const wanted = options.encrypt || options.passphraseFile !== undefined;
    const secret = wanted ? await passphrase(options.passphraseFile, "passphrase for the new key: ") : undefined;
    if (wanted && !secret)
      throw new UsageError(
        "keygen: missing passphrase: expected --passphrase-file, RETORT_KEY_PASSPHRASE or a terminal",
      );
    const { privatePem, publicPem } = generateKeys(options.curve, secret);
    if (/(^|[\\/])$/.test(name))
      throw new UsageError(`keygen: invalid name: expected a path that ends in a name, got ${JSON.stringify(name)}`);
    const files = { privateKey: `${name}.key`, publicKey: `${name}.pub` };
    await makeFolder(dirname(name));
    await writeNew(files.privateKey, privatePem, 0o600);
    // Half a pair would be of no use, and in the way of the next one.
    await writeNew(files.publicKey, publicPem, 0o644).catch(async (error: unknown) => {
      await rm(files.privateKey, { force: true });
      throw error;
    });
    const fingerprint = keyFingerprint(loadPublicKey(publicPem));
    console.result({ ...files, curve: options.curve, encrypted: secret !== undefined, fingerprint }, () => {
      console.line(
        `private key  ${files.privateKey}  (${options.curve}${secret === undefined ? "" : ", encrypted"}; keep it to yourself)`,
      );
      console.line(`public key   ${files.publicKey}`);
      console.line(`fingerprint  ${spellFingerprint(fingerprint)}`);
    });
    return 0;
  },
});

/** A key is never overwritten: losing it would orphan every seal made with it. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode).catch((error: NodeJS.ErrnoException) => {
    // Its folder is there: a file system that takes no files says that there is none.
    if (error.code !== "ENOENT") throw error;
    throw new UsageError(
      `keygen: invalid file ${path}: expected a place where files can be made, got ${dirname(path)}`,
    );
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, mode);
}
