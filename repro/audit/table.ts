/** Sum up what `rates.ts` wrote: `npx tsx repro/audit/table.ts OUT.json`. Markdown, with exact (Clopper–Pearson) 95 % intervals. */
import { readFileSync } from "node:fs";
import process from "node:process";

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
  // Ends of the interval: where so many hits, or so few, become rarer than one in forty.
  const low = hits === 0 ? 0 : solve((p) => 1 - below(hits - 1, of, p) >= 0.025);
  const high = hits === of ? 1 : solve((p) => below(hits, of, p) <= 0.025);
  return `${hits} of ${of} (${Math.round(100 * low)}–${Math.round(100 * high)} %)`;
}

/** Chance of at most so many hits. */
function below(hits: number, of: number, p: number): number {
  let [term, sum] = [(1 - p) ** of, 0];
  for (let k = 0; k <= hits; k++) {
    sum += term;
    term *= ((of - k) / (k + 1)) * (p / (1 - p));
  }
  return sum;
}

/** The least p for which it holds, of what holds from some p on. */
function solve(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 50; i++) {
    const p = (low + high) / 2;
    if (holds(p)) high = p;
    else low = p;
  }
  return high;
}
