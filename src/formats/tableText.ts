import { decodeText, textEncoding } from "../core/decodeText.ts";
import { NotRecognised } from "./NotRecognised.ts";

/**
 * Text of a table or list beside a set. Where it is neither UTF-8 nor UTF-16 it is taken as the Western code page of Windows, in which
 * spreadsheets save.
 *
 * @throws NotRecognised, a DataError that names the encoding, for UTF-32 and damaged UTF-16.
 */
export function tableText(bytes: Uint8Array, who: string): string {
  const read = decodeText(bytes);
  if ("text" in read) return read.text;
  if (textEncoding(bytes) === "UTF-8") return new TextDecoder("windows-1252").decode(bytes);
  throw new NotRecognised(`${who}: unknown text: expected UTF-8 or UTF-16, got ${read.wrong}`);
}
