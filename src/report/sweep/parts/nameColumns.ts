import { type Html, html } from "../../../page/html.ts";
import type { Factor } from "../sweepData.ts";
import type { Column } from "./table.ts";

type Places<Row> = (row: Row) => readonly (number | undefined)[];

/**
 * A column for each factor that varies. Where there are several, narrow screens show one column of all names in their place
 * (style sheet: `apart`, `merged`).
 */
export function factorColumns<Row>(factors: readonly Factor[], at: Places<Row>): Column<Row>[] {
  const varying = factors.flatMap((factor, i) => (factor.values.length > 1 ? [{ ...factor, i }] : []));
  const several = varying.length > 1;
  const apart = varying.map(({ name, values, i }): Column<Row> => {
    const kind = [several && "apart", lengthOf(name)].filter(Boolean).join(" ");
    return {
      title: name,
      kind,
      id: `f${i}`,
      of: (row) => at(row)[i],
      cell: (row) => nameCell(values[at(row)[i] ?? -1], several ? "apart" : ""),
    };
  });
  return several ? [{ ...mergedColumn(factors, at), kind: "merged" }, ...apart] : apart;
}

/** One column with the names of all factors that vary. */
export function mergedColumn<Row>(factors: readonly Factor[], at: Places<Row>): Column<Row> {
  const text = (row: Row) =>
    factors.flatMap(({ values }, i) => (values.length > 1 ? [values[at(row)[i] ?? -1]] : [])).join(", ");
  return { title: "condition", cell: (row) => html`<th scope="row" class="merged">${text(row)}</th>` };
}

/** A name as a heading of its row. */
export function nameCell(name: string, kind = ""): Html {
  return html`<th scope="row" class="${[kind, lengthOf(name)].filter(Boolean).join(" ")}">${name}</th>`;
}

/** Class of a name: only long ones may break. */
export function lengthOf(name: string): "short" | "long" {
  return name.length <= 24 ? "short" : "long";
}
