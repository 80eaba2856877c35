import { parquetWriteBuffer } from "hyparquet-writer";
import type { Cell, Rows } from "./sweepRows.ts";

/** The table as Parquet: numbers as doubles, the rest as text; what is missing is null. */
export function toParquet({ columns, rows }: Rows): Uint8Array {
  const columnData = columns.map((name, i) =>
    columnOf(
      name,
      rows.map((row) => row[i]),
    ),
  );
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function columnOf(name: string, cells: readonly Cell[]) {
  const present = cells.filter((cell) => cell !== undefined);
  const only = (type: string) => present.length > 0 && present.every((cell) => typeof cell === type);
  const data = (of: (cell: NonNullable<Cell>) => unknown) =>
    cells.map((cell) => (cell === undefined ? null : of(cell)));
  if (only("number")) return { name, type: "DOUBLE" as const, data: data(Number), nullable: true };
  if (only("boolean")) return { name, type: "BOOLEAN" as const, data: data((cell) => cell), nullable: true };
  return { name, type: "STRING" as const, data: data(String), nullable: true };
}
