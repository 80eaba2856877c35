/** Chosen: records in texts are short. */
const mostBytes = 2 ** 20;

/**
 * What an array of texts says: NumPy's `S` (bytes) and `U` (UTF-32 of either byte order), padded with zeros.
 *
 * @param descr type as the header has it: "<U5", "|S3".
 * @returns one text for each element; undefined for other types and for more than a megabyte.
 */
export function textArray(descr: string, content: Uint8Array<ArrayBuffer>): readonly string[] | undefined {
  const [, order, kind, digits] = /^([<>|=]?)([SaU])(\d{1,7})$/.exec(descr) ?? [];
  const size = Number(digits) * (kind === "U" ? 4 : 1);
  if (!kind || !(size > 0) || content.length > mostBytes) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const texts: string[] = [];
  for (let at = 0; at + size <= content.length; at += size) {
    const text =
      kind === "U" ? utf32(view, at, size, order !== ">") : new TextDecoder().decode(content.subarray(at, at + size));
    texts.push(text.replace(/\0+$/, ""));
  }
  return texts;
}

function utf32(view: DataView, start: number, size: number, little: boolean): string {
  let text = "";
  for (let at = start; at < start + size; at += 4) {
    const code = view.getUint32(at, little);
    text += code < 0x110000 ? String.fromCodePoint(code) : "\ufffd";
  }
  return text;
}
