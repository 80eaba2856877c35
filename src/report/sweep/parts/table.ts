import { type Html, html } from "../../../page/html.ts";
import { counted } from "../../../page/numbers.ts";
import { type Page, pageOf, type SortKey, sortRows } from "../select.ts";
import type { View } from "../view.ts";

/** A column: its heading, what it is ordered by, and its cells. */
export interface Column<Row> extends Partial<SortKey<Row>> {
  readonly title: string;
  /** Whether its cells are numbers, which stand to the right. */
  readonly number?: boolean;
  /** Class of its heading. */
  readonly kind?: string;
  readonly cell: (row: Row) => Html;
}

/** Names of the view's entries that a table answers to. */
export interface TableNames {
  readonly sort: string;
  readonly page: string;
}

/**
 * Lay out rows as a table of bounded length: sorted and paged as chosen.
 *
 * @param what rows are, in the plural: "conditions".
 */
export function pagedTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  names: TableNames,
  view: View,
  live: boolean,
  what: string,
): Html {
  const keys = columns.flatMap(({ id, of }) => (id && of ? [{ id, of }] : []));
  const page = pageOf(sortRows(rows, keys, view[names.sort] ?? ""), Number(view[names.page] ?? 0), Number(view.size));
  return html`<div class="scroll"><table><thead><tr>${columns.map((column) => heading(column, view[names.sort] ?? "", names.sort, live))}</tr></thead>
<tbody>${page.rows.map((row) => html`<tr>${columns.map(({ cell }) => cell(row))}</tr>`)}</tbody></table></div>${pager(page, names.page, live, what)}`;
}

function heading<Row>({ title, id, of, number, kind }: Column<Row>, order: string, name: string, live: boolean): Html {
  const classes = number ? "r" : kind;
  const side = html`${classes && html` class="${classes}"`}`;
  if (!live || !id || !of) return html`<th scope="col"${side}>${title}</th>`;
  const direction = order === id ? "ascending" : order === `-${id}` ? "descending" : "none";
  // Falling first: the largest is what one looks for; then rising, then the order of the plan.
  const next = direction === "none" ? `-${id}` : direction === "descending" ? id : "";
  return html`<th scope="col"${side} aria-sort="${direction}"><button type="button" class="sort" data-name="${name}" data-value="${next}" data-key="${name} ${id}">${title}</button></th>`;
}

function pager<Row>({ page, pages, total, rows }: Page<Row>, name: string, live: boolean, what: string): Html {
  if (total === 0) return html`<p class="note">There are no ${what} to show.</p>`;
  if (pages === 1) return html``;
  if (!live)
    return html`<p class="note">The first ${counted(rows.length)} of ${counted(total)} ${what}; all of them are in the CSV.</p>`;
  const step = (text: string, to: number) =>
    html`<button type="button" data-name="${name}" data-value="${to}" data-key="${name} ${text}"${to < 0 || to >= pages ? html` disabled` : html``}>${text}</button>`;
  return html`<p class="pager">${step("first", page === 0 ? -1 : 0)}${step("previous", page - 1)}<span>page ${counted(page + 1)} of ${counted(pages)}, ${counted(total)} ${what}</span>${step("next", page + 1)}${step("last", page === pages - 1 ? pages : pages - 1)}</p>`;
}
