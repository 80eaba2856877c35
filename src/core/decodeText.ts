/** How a text is stored. */
export type TextEncoding = "UTF-8" | "UTF-16LE" | "UTF-16BE" | "UTF-32";

/** Chosen: enough of a text to tell where its zeros stand. */
const looked = 4096;

/**
 * Tell how a text is stored: by its mark, else by its zeros. Text holds no character 0, so a zero byte is half of a 16-bit unit, and
 * digits, line feeds and Latin letters say which half. Two zeros side by side are UTF-32.
 */
export function textEncoding(bytes: Uint8Array): TextEncoding {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    return "UTF-32";
  if (a === 0xff && b === 0xfe) return "UTF-16LE";
  if (a === 0xfe && b === 0xff) return "UTF-16BE";
  const zeros = [0, 0];
  let doubled = 0;
  const end = Math.min(bytes.length, looked);
  for (let i = 0; i < end; i++)
    if (bytes[i] === 0) {
      zeros[i % 2]++;
      if (i > 0 && bytes[i - 1] === 0) doubled++;
    }
  if (zeros[0] + zeros[1] === 0) return "UTF-8";
  if (doubled > 0) return "UTF-32";
  return zeros[1] > zeros[0] ? "UTF-16LE" : "UTF-16BE";
}

/**
 * Read what a person wrote, or a program for people: UTF-8 and UTF-16 of either byte order, with and without a mark, which is taken off.
 * The one reader of such texts.
 *
 * @returns the text, or as `wrong` what it is instead, for a sentence "expected text in UTF-8 or UTF-16, got …".
 */
export function decodeText(bytes: Uint8Array): { readonly text: string } | { readonly wrong: string } {
  const encoding = textEncoding(bytes);
  if (encoding === "UTF-32") return { wrong: "UTF-32, or zeros as no text has them; save it as UTF-8" };
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return { text };
    return { wrong: "zeros as no text has them" };
  } catch {
    if (encoding === "UTF-8") return { wrong: "bytes of neither, perhaps an older code page; save it as UTF-8" };
    return { wrong: `damaged ${encoding}: half a character, or no text` };
  }
}
