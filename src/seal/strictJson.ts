import { DataError } from "../core/errors.ts";
import { strictJson } from "../formats/strictJson.ts";

/**
 * Parse JSON that an attacker may have written: UTF-8 without byte order mark, no duplicate keys, bounded depth.
 *
 * Two readers that pick different ones of two equal keys would see two different documents under one signature.
 *
 * @throws DataError.
 */
export function parseStrictJson(who: string, input: Uint8Array | string): unknown {
  const text = typeof input === "string" ? input : decodeUtf8(who, input);
  strictJson(text, who);
  return JSON.parse(text) as unknown;
}

function decodeUtf8(who: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DataError(`${who}: invalid JSON: expected UTF-8`);
  }
}
