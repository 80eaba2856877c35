/** Rows as a Markdown table; every cell stays in its place whatever it says. */
export function markdownTable(
  head: readonly unknown[],
  rows: readonly (readonly unknown[])[],
  /** How many columns from the left hold names; the others hold numbers and stand to the right. */
  names = 1,
): string[] {
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  const text = (cells: readonly unknown[]) =>
    line(cells.map((cell) => (cell instanceof Marked ? cell : cellText(String(cell)))));
  return [text(head), line(head.map((_, i) => (i < names ? "---" : "---:"))), ...rows.map(text)];
}

/** A text in bold. */
export function bold(text: string): Marked {
  return new Marked(`**${cellText(text)}**`);
}

/** Markup that is safe in a cell as it is. */
class Marked {
  private readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
  toString(): string {
    return this.markup;
  }
}

/** Keep a text inside its cell and out of the markup. */
export function cellText(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/[|<>\\`*_[\]]/g, (character) => `\\${character}`);
}

/** Shell commands, character by character, as a block that they cannot end. */
export function commandBlock(command: string): string[] {
  const longest = Math.max(2, ...[...command.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}sh`, command, fence];
}
