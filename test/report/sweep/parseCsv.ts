/** Read CSV back (RFC 4180), as a spreadsheet would. */
export function parseDelimited(text: string): string[][] {
  const lines: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/g;
  for (const [, quoted, plain, end] of text.matchAll(cell)) {
    lines[lines.length - 1].push(quoted === undefined ? plain : quoted.replace(/""/g, '"'));
    if (end === "\n") lines.push([]);
    if (end === "") break;
  }
  return lines.slice(0, -1);
}
