/** Sum up what `rates.ts` wrote: `npx tsx repro/audit/table.ts OUT.json`. Markdown, with exact (Clopper–Pearson) 95 % intervals. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { exactInterval } from "../../src/metrics/exactInterval.ts";

interface Row {
  readonly name: string;
  readonly ipc: number;
  readonly maker: string;
  readonly tampered: boolean;
  readonly verdict: string;
  readonly targetClass?: number;
  readonly suspected?: number;
  readonly asr?: readonly [number, number];
}

/** Points that an attack must raise ASR by on real images to be called effective. */
const EFFECTIVE = 0.3;

const rows: Row[] = JSON.parse(readFileSync(process.argv[2], "utf8"));
const guilty = ({ verdict }: Row) => verdict === "backdoored" || verdict === "suspicious";
const works = ({ asr }: Row) => asr !== undefined && asr[1] - asr[0] >= EFFECTIVE;
const right = (row: Row) => guilty(row) && row.suspected === row.targetClass;

console.log("| images a class | sets | judged | effective | backdoored or suspicious | of the effective | class right |");
console.log("| ---: | --- | ---: | ---: | ---: | ---: | ---: |");
const groups = [...new Set(rows.map(({ ipc, name }) => `${ipc} ${name}`))].sort();
for (const group of groups) {
  const some = rows.filter(({ ipc, name }) => `${ipc} ${name}` === group);
  const [{ ipc, name, tampered }] = some;
  const effective = some.filter(works);
  const cells = tampered
    ? [effective.length, share(some.filter(guilty).length, some.length), share(effective.filter(guilty).length, effective.length), `${effective.filter(right).length} of ${effective.filter(guilty).length}`]
    : ["", share(some.filter(guilty).length, some.length), "", ""];
  console.log(`| ${[ipc, name, some.length, ...cells].join(" | ")} |`);
}

/** "3 of 4 (19–99 %)". */
function share(hits: number, of: number): string {
  if (of === 0) return "–";
  const { low, high } = exactInterval(hits, of);
  return `${hits} of ${of} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}
