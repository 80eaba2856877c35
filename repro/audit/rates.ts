/**
 * How often the audit is right with the libraries that ship: `npx tsx repro/audit/rates.ts OUT.json IPC [FROM [TO]]`.
 *
 * Every number from 1000 on names one set that no library holds, made from CIFAR-10 (RETORT_DATA) with that seed, and one attack on it,
 * both drawn by the number alone: written down before any of it was judged. Each set is audited as it is and attacked; one receiver of
 * width 32 says on 500 test images what the attack does. What stands in OUT is not done again; rows are added one by one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { child, key, Stream } from "../../src/core/random.ts";
import { attack, audit, distil, evaluate } from "../../src/index.ts";
import { openRaw } from "../../src/node.ts";

const [out, images, from = "1000", to = "1020"] = process.argv.slice(2);
const ipc = Number(images);
const makers = [
  { method: "randomReal", settings: {} },
  { method: "distributionMatching", settings: { preset: "quick" } },
] as const;
const corners = ["top-left", "top-right", "bottom-left", "bottom-right"];
const colours = [
  [1, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 1],
];
/** Attacks in turn; the last three know the audit. */
const attacks = [
  { name: "stamp, strength 3", method: "cleanLabel", settings: { preset: "strong" } },
  { name: "stamp", method: "cleanLabel", settings: {} },
  { name: "BadNets", method: "badNets", settings: {} },
  { name: "stamp at opacity 0.4", method: "cleanLabel", settings: { preset: "strong" }, opacity: 0.4 },
  { name: "split stamp", method: "adaptiveStamp", settings: { preset: "split" } },
  { name: "framing", method: "adaptiveStamp", settings: { preset: "framing" } },
  { name: "crowd", method: "adaptiveStamp", settings: { preset: "crowd" } },
] as const;

interface Row {
  readonly seed: number;
  readonly name: string;
  readonly ipc: number;
}

const rows: Row[] = existsSync(out) ? JSON.parse(readFileSync(out, "utf8")) : [];
const keep = (row: Row & Record<string, unknown>) => {
  rows.push(row);
  writeFileSync(`${out}.new`, `${JSON.stringify(rows, undefined, 1)}\n`);
  renameSync(`${out}.new`, out);
  console.log(JSON.stringify(row).slice(0, 300));
};

const raw = await openRaw("cifar-10", "train");
const test = await openRaw("cifar-10", "test", 500);
for (let seed = Number(from); seed < Number(to); seed++) {
  const drawn = new Stream(child(key("audit rates"), seed));
  const { method, settings } = makers[seed % makers.length];
  const chosen = attacks[Math.floor(seed / makers.length) % attacks.length];
  const [targetClass, corner, colour] = [
    drawn.integer(10),
    corners[drawn.integer(corners.length)],
    colours[drawn.integer(colours.length)],
  ];
  const trigger = {
    ...{ side: 5, corner, colour, unit: "pixel" },
    ...("opacity" in chosen && { opacity: chosen.opacity }),
  };
  const missing = [`clean ${method}`, chosen.name].filter(
    (name) => !rows.some((row) => row.seed === seed && row.ipc === ipc && row.name === name),
  );
  if (missing.length === 0) continue;
  const clean = await distil(raw, method, { ipc, ...settings }, { seed, threads: 1 });
  const attacked = await attack(
    clean,
    chosen.method,
    { ...chosen.settings, targetClass, trigger } as never,
    { seed, threads: 1 },
  );
  for (const name of missing) {
    const tampered = name === chosen.name;
    const started = process.cpuUsage();
    const { conclusion, result } = await audit(tampered ? attacked.set : clean, {}, { seed, threads: 1 });
    const { user, system } = process.cpuUsage(started);
    const { verdict, suspect, significance } = conclusion;
    let effect = {};
    if (tampered) {
      const { rates } = await evaluate(clean, { attacked, test, width: 32, repeats: 1 }, { seed, threads: 1 });
      const [{ clean: before, tampered: after }] = rates;
      const measured = {
        cta: [before?.cta?.mean, after?.cta?.mean],
        asr: [before?.asr?.mean, after?.asr?.mean],
      };
      effect = { targetClass, corner, colour, ...measured };
    }
    keep({
      ...{ seed, name, ipc, maker: method, tampered, verdict, ...effect },
      p: significance.map(({ method: against, n, p }) => [against, n, p]),
      ...(suspect && { suspected: suspect.targetClass, drop: suspect.support.drop, images: suspect.support.flagged }),
      ...(suspect && { place: [suspect.patch.top, suspect.patch.left], rise: suspect.confirmation.rise }),
      scores: Object.fromEntries(result.findings.map(({ detector, score }) => [detector, score])),
      seconds: (user + system) / 1e6,
    });
  }
}
