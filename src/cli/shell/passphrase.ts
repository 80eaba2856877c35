import process from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { readBoundedText } from "../../disk/readText.ts";

/**
 * Get a passphrase: from a file, from `RETORT_KEY_PASSPHRASE`, or typed unseen at a terminal.
 *
 * @returns undefined where there is none of these.
 */
export async function passphrase(file: string | undefined, question?: string): Promise<string | undefined> {
  if (file !== undefined) return (await readBoundedText(file, "retort", "passphrase file")).replace(/\r?\n$/, "");
  const { RETORT_KEY_PASSPHRASE } = process.env;
  if (RETORT_KEY_PASSPHRASE !== undefined) return RETORT_KEY_PASSPHRASE;
  if (question === undefined || !process.stdin.isTTY) return undefined;
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await reader.question("");
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
}
