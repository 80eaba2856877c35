/** One column: where its text comes from and how it is set. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number;
  /** Default: right where every cell is a number, left elsewhere. */
  readonly align?: "left" | "right";
}

/** Chosen: narrower than this a column of words is no longer read. */
const narrowest = 10;

/**
 * Set rows as aligned plain-text columns under a ruled heading.
 *
 * @param room cells that a line may have: columns of words are broken into several lines; where even that does not fit, each row
 *   is set as a list of its own. Default: any width.
 * @returns lines joined by "\n", without trailing blanks; widths count terminal cells of non-combining characters.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  room = Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => columns.map((column) => String(column.of(row))));
  const titles = columns.map((column) => column.title);
  const right = columns.map(
    (column, i) =>
      (column.align ??
        (cells.length > 0 && cells.every((l) => /^[-+−±]?[\d.]/.test(l[i]) || l[i] === "") ? "right" : "left")) ===
      "right",
  );
  const natural = columns.map((_, i) => Math.max(width(titles[i]), ...cells.map((line) => width(line[i]))));
  const widths = fitted(natural, right, room);
  if (!widths) return lists(titles, cells, room);
  const set = (line: readonly string[]) => {
    const broken = line.map((text, i) => wrapped(text, widths[i]));
    return Array.from({ length: Math.max(...broken.map((parts) => parts.length)) }, (_, k) =>
      broken
        .map((parts, i) => {
          const text = parts[k] ?? "";
          const blank = " ".repeat(widths[i] - width(text));
          return right[i] ? blank + text : text + blank;
        })
        .join("  ")
        .trimEnd(),
    ).join("\n");
  };
  const rule = widths.map((w) => "─".repeat(w)).join("  ");
  return [set(titles), rule, ...cells.map(set)].join("\n");
}

/** Widths of columns that fit into the room: the widest columns of words give way. @returns undefined where nothing helps. */
function fitted(natural: readonly number[], right: readonly boolean[], room: number): number[] | undefined {
  const widths = [...natural];
  const total = () => widths.reduce((sum, w) => sum + w + 2, -2);
  while (total() > room) {
    let widest = -1;
    for (const [i, w] of widths.entries())
      if (!right[i] && w > narrowest && (widest < 0 || w > widths[widest])) widest = i;
    if (widest < 0) return undefined;
    widths[widest]--;
  }
  return widths;
}

/** Every row as lines of "title  value". */
function lists(titles: readonly string[], cells: readonly (readonly string[])[], room: number): string {
  const most = Math.max(...titles.map(width));
  const lines = (line: readonly string[]) =>
    line.flatMap((text, i) => {
      if (text === "") return [];
      const [first, ...rest] = wrapped(text, Math.max(1, room - most - 2));
      const title = titles[i] + " ".repeat(most - width(titles[i]));
      return [`${title}  ${first}`, ...rest.map((part) => `${" ".repeat(most)}  ${part}`)];
    });
  return cells.map((line) => lines(line).join("\n")).join("\n\n");
}

/** Break a text into lines at its blanks, and inside words that are longer than a line. */
function wrapped(text: string, room: number): string[] {
  if (width(text) <= room) return [text];
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== "" && width(last) + 1 + width(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else {
      if (last !== "") lines.push("");
      for (const letter of word) {
        if (width(lines[lines.length - 1]) >= room) lines.push("");
        lines[lines.length - 1] += letter;
      }
    }
  }
  return lines;
}

function width(text: string): number {
  return [...text.replace(/\p{M}/gu, "")].length;
}
