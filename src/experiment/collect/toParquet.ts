import { parquetWriteBuffer } from "hyparquet-writer";
import type { SweepTable } from "../../report/sweep/csv.ts";

/** A sweep's table as Parquet: numbers as doubles, the rest as text; what was not measured is null. */
export function toParquet({ head, lines }: SweepTable): Uint8Array {
  const columnData = head.map((name, i) =>
    columnOf(
      name,
      lines.map((cells) => cells[i]),
    ),
  );
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function columnOf(name: string, cells: readonly unknown[]) {
  const present = cells.filter((cell) => cell !== undefined);
  const only = (type: string) => present.length > 0 && present.every((cell) => typeof cell === type);
  const data = (of: (cell: unknown) => unknown) => cells.map((cell) => (cell === undefined ? null : of(cell)));
  if (only("number")) return { name, type: "DOUBLE" as const, data: data(Number), nullable: true };
  if (only("boolean")) return { name, type: "BOOLEAN" as const, data: data(Boolean), nullable: true };
  return { name, type: "STRING" as const, data: data(String), nullable: true };
}
