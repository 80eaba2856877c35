/** What the shipped libraries say of their own clean sets, each held against the others: `npx tsx repro/audit/leaveOneOut.ts`. */
import { decisive, significance } from "../../src/audit/calibration.ts";
import { calibrations } from "../../src/audit/calibrations.ts";
import { described } from "./shipped.ts";
import { ALPHA, largeDrop } from "../../src/audit/verdict.ts";

for (const library of calibrations) {
  const { kind, sets } = library;
  const unusual = sets.filter((one) => {
    const others = { ...library, sets: sets.filter((other) => other !== one) };
    return (decisive(significance(one.scores, [others]))?.p ?? 1) <= ALPHA;
  });
  const sorted = (name: string) => sets.map(({ scores }) => scores[name]).sort((a, b) => a - b);
  const drops = sets.flatMap(({ scores }) => scores.supportDrop ?? []).sort((a, b) => a - b);
  const counted = ["standsOut", "inversion", "pasted", "agreement"].filter((name) => sets.every(({ scores }) => scores[name] !== undefined));
  const most = counted.map((name) => `${name} at most ${sorted(name).at(-1)}`).join(", ");
  const large = drops.filter((drop) => drop >= largeDrop(Number.parseInt(kind.ipc, 10))).length;
  console.log(
    `${described(library)}: ${unusual.length} of ${sets.length} unusual; drop: ${large} of ${drops.length} large, at most ${drops.at(-1) ?? "–"}; ${most}`,
  );
}
