/**
 * Sum up what `rates.ts` wrote: `npx tsx repro/audit/table.ts OUT.json…`. Markdown, with exact (Clopper–Pearson) 95 % intervals.
 *
 * *Known method*: p ≤ 0.05 against the clean sets of the set's own method alone, from the stored p, where there are enough of them.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { ENOUGH } from "../../src/audit/calibration.ts";
import { ALPHA } from "../../src/audit/verdict.ts";
import { exactInterval } from "../../src/metrics/exactInterval.ts";

interface Row {
  readonly stratum: string;
  readonly name: string;
  readonly maker: string;
  readonly tampered: boolean;
  readonly adaptive?: boolean;
  readonly effective?: boolean;
  readonly verdict?: string;
  readonly p?: readonly (readonly [method: string, n: number, p: number])[];
  readonly targetClass?: number;
  readonly suspected?: number;
  /** Images that the verdict names, and those that the attack changed. */
  readonly images?: readonly number[];
  readonly changed?: readonly number[] | "all";
  readonly scores?: Readonly<Record<string, number>>;
}

const rows: Row[] = process.argv.slice(2).flatMap((file) => JSON.parse(readFileSync(file, "utf8")));
const guilty = ({ verdict }: Row) => verdict === "backdoored" || verdict === "suspicious";
const right = (row: Row) => guilty(row) && row.suspected === row.targetClass;
const ownP = ({ p, maker }: Row) => p?.find(([method, n]) => method === maker && n >= ENOUGH)?.[2];

const heads = ["stratum", "sets", "judged", "effective", "accused, of the effective", "class right", "known method", "images named: right, wrong, missed", "`pasted`"];
console.log(`| ${heads.join(" | ")} |`);
console.log("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const stratum of [...new Set(rows.map((row) => row.stratum))]) {
  const here = rows.filter((row) => row.stratum === stratum);
  for (const name of [...new Set(here.map((row) => row.name))].sort()) print(stratum, name, here.filter((row) => row.name === name));
  print(stratum, "**not adaptive, together**", here.filter(({ tampered, adaptive }) => tampered && !adaptive));
}
if (new Set(rows.map((row) => row.stratum)).size > 1) {
  print("all", "**clean**", rows.filter(({ tampered }) => !tampered));
  print("all", "**not adaptive**", rows.filter(({ tampered, adaptive }) => tampered && !adaptive));
  print("all", "**adaptive**", rows.filter(({ adaptive }) => adaptive));
}

function print(stratum: string, name: string, some: readonly Row[]): void {
  const judged = some.filter(({ tampered, effective }) => !tampered || effective);
  const accused = judged.filter(guilty);
  const known = judged.map(ownP).filter((p) => p !== undefined);
  const attacked = some.some(({ tampered }) => tampered);
  // Where every image was changed none is a stamped one.
  const named = accused.filter(({ changed }) => Array.isArray(changed));
  const [hit, wrong, missed] = named.reduce(
    ([a, b, c], { images = [], changed }) => {
      const true_ = images.filter((i) => (changed as readonly number[]).includes(i)).length;
      return [a + true_, b + images.length - true_, c + (changed as readonly number[]).length - true_];
    },
    [0, 0, 0],
  );
  const pasted = judged.flatMap(({ scores }) => scores?.pasted ?? []);
  const cells = [
    ...[stratum, name, some.length, attacked ? judged.length : ""],
    share(accused.length, judged.length),
    attacked ? `${accused.filter(right).length} of ${accused.length}` : "",
    share(known.filter((p) => p <= ALPHA).length, known.length),
    attacked && named.length > 0 ? `${hit}, ${wrong}, ${missed}` : "",
    pasted.length > 0 ? `${Math.min(...pasted).toFixed(1)} to ${Math.max(...pasted).toFixed(1)}` : "",
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

/** "3 of 4 (19–99 %)". */
function share(hits: number, of: number): string {
  if (of === 0) return "–";
  const { low, high } = exactInterval(hits, of);
  return `${hits} of ${of} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}
