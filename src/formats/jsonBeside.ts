import { decodeText } from "../core/decodeText.ts";
import type { SourceFile } from "./Format.ts";
import { type Json, strictJson } from "./strictJson.ts";

/** Chosen: records beside a set are small; a table of a million rows is none. */
const largest = 2 ** 20;
const mostFiles = 50;

/** What the JSON files beside a set say, by their paths: free-form records that travel with it. What is no JSON says nothing. */
export async function jsonBeside(files: readonly SourceFile[]): Promise<Record<string, unknown>> {
  const records: [string, unknown][] = [];
  const texts = files.filter(({ path, size }) => /\.(json|jsonl|ndjson)$/i.test(path) && size <= largest);
  for (const file of texts.slice(0, mostFiles)) {
    const read = decodeText(await file.read());
    if (!("text" in read)) continue;
    const { text } = read;
    const isLines = !/\.json$/i.test(file.path);
    records.push([file.path, isLines ? text.split(/\r?\n/).map(parsed) : parsed(text)]);
  }
  return Object.fromEntries(records);
}

function parsed(text: string): Json {
  try {
    return strictJson(text, "record");
  } catch {
    return null;
  }
}
