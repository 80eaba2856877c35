import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../core/hash.ts";
import { readRegular } from "../../disk/readRegular.ts";

const LOG = "log.jsonl";

/** What a sweep's folder writes down of itself, so that the whole file of another sweep does not pass as its own. */
type Event = "plan" | "collect";

/** Note that this content was written here. Before the file itself: a process may end between the two. */
export async function noteWritten(folder: string, event: Event, content: string): Promise<void> {
  const digest = sha256Hex(new TextEncoder().encode(content));
  if ((await digestsOf(folder, event)).has(digest)) return;
  await appendFile(join(folder, LOG), `${JSON.stringify({ event, digest })}\n`);
}

/** Was this content written here? True too where nothing was noted, as in folders of older versions. */
export async function wasWritten(folder: string, event: Event, content: Uint8Array): Promise<boolean> {
  const known = await digestsOf(folder, event);
  return known.size === 0 || known.has(sha256Hex(content));
}

/** Lines that do not read are left out: a log that was cut still names what came before. */
async function digestsOf(folder: string, event: Event): Promise<ReadonlySet<string>> {
  const text = await readRegular(join(folder, LOG)).then(String, () => "");
  const found = new Set<string>();
  for (const line of text.split("\n")) {
    const [, name, digest] = /^\{"event":"(\w+)","digest":"([0-9a-f]{64})"\}$/.exec(line) ?? [];
    if (name === event) found.add(digest);
  }
  return found;
}
