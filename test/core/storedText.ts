/** A text as programs save it. */
export function stored(text: string, encoding: string): Uint8Array<ArrayBuffer> {
  const body = encoding.startsWith("UTF-8") ? new TextEncoder().encode(text) : units(text, encoding);
  const marks: Record<string, number[]> = {
    "UTF-8 with mark": [0xef, 0xbb, 0xbf],
    "UTF-16LE with mark": [0xff, 0xfe],
    "UTF-16BE with mark": [0xfe, 0xff],
    "UTF-32LE with mark": [0xff, 0xfe, 0, 0],
  };
  return Uint8Array.from([...(marks[encoding] ?? []), ...body]);
}

function units(text: string, encoding: string): number[] {
  const size = encoding.startsWith("UTF-32") ? 4 : 2;
  const bytes = [...text].flatMap((char) => {
    const list =
      size === 4 ? [char.codePointAt(0) as number] : Array.from({ length: char.length }, (_, i) => char.charCodeAt(i));
    return list.flatMap((unit) => Array.from({ length: size }, (_, i) => (unit / 256 ** i) & 255));
  });
  if (!/BE/.test(encoding)) return bytes;
  for (let i = 0; i < bytes.length; i += 2) [bytes[i], bytes[i + 1]] = [bytes[i + 1], bytes[i]];
  return bytes;
}
