import type { Cell } from "./cells.ts";
import type { Factor, SweepData } from "./sweepData.ts";
import type { View } from "./view.ts";

/** The conditions that pass the filters. */
export function filterCells({ factors }: SweepData, cells: readonly Cell[], view: View): Cell[] {
  const [chosen, worded] = [choiceFilter(factors, view), wordFilter(view)];
  return cells.filter(({ at }) => chosen(at) && worded(factors.map(({ values }, i) => values[at[i]])));
}

/** The filter by chosen values: takes an index for each factor; what has none for a factor passes its filter. */
export function choiceFilter(factors: readonly Factor[], view: View): (at: readonly (number | undefined)[]) => boolean {
  const wanted = factors.flatMap((_, i) => (view[`where-${i}`] ? [{ i, value: Number(view[`where-${i}`]) }] : []));
  return (at) => wanted.every(({ i, value }) => at[i] === undefined || at[i] === value);
}

/** The filter by words, all of which have to occur in the given texts. */
export function wordFilter({ find }: View): (texts: readonly string[]) => boolean {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return (texts) => {
    const all = words.length > 0 ? texts.join("\n").toLowerCase() : "";
    return words.every((word) => all.includes(word));
  };
}

/** A column that a table can be ordered by: numbers by size, missing ones last in either direction. */
export interface SortKey<Row> {
  readonly id: string;
  readonly of: (row: Row) => number | undefined;
}

/** Order rows by "id" or "-id" (falling); equal rows keep their order. An unknown id keeps all. */
export function sortRows<Row>(rows: readonly Row[], keys: readonly SortKey<Row>[], order: string): Row[] {
  const falling = order.startsWith("-");
  const key = keys.find(({ id }) => id === order.replace(/^-/, ""));
  if (!key) return [...rows];
  return rows
    .map((row) => ({ row, value: key.of(row) }))
    .sort((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined);
      return falling ? b.value - a.value : a.value - b.value;
    })
    .map(({ row }) => row);
}

/** The lines of one page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** From 0; the last page where the asked one is beyond it. */
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

export function pageOf<Row>(rows: readonly Row[], page: number, size: number): Page<Row> {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const shown = Math.min(page, pages - 1);
  return { rows: rows.slice(shown * size, (shown + 1) * size), page: shown, pages, total: rows.length };
}
