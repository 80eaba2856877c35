/**
 * What flat squares of 3×3 and 5×5 do on attacked and clean sets, which the side of the detector `flatSquare` was chosen by:
 * `npx tsx repro/audit/flatSquares.ts SET[,NORMALISATION[,SEED]]…`. Prints for each set and side how often the best square calls its class
 * before networks that did not search for it, the class, and the place.
 */
import process from "node:process";
import { bestHeld } from "../../src/audit/detectors/bestHeld.ts";
import { flatSquares } from "../../src/audit/flatSquares.ts";
import { audit, defineDetector, register } from "../../src/index.ts";
import { open } from "../../src/node.ts";

const ofSide = (side: number) =>
  defineDetector({
    ...{ title: `flat squares of ${side}×${side}`, source: "here", phase: "read", level: "default", decisive: false },
    run: async ({ audited, search, held }) => bestHeld(held, await flatSquares(audited, search, side)),
  });
register({ detectors: { flat3: ofSide(3), flat5: ofSide(5) } });

for (const word of process.argv.slice(2)) {
  const [path, normalisation, seed = "0"] = word.split(",");
  const { set } = await open(path, normalisation ? { normalisation } : {});
  const { result } = await audit(set, { detectors: ["flat3", "flat5"] }, { seed: Number(seed), threads: 1 });
  const said = result.findings.map(({ detector, score, targetClass, patch }) =>
    `${detector} ${score.toFixed(2)} class ${targetClass} at ${patch?.top},${patch?.left}`,
  );
  console.log([path.split("/").slice(-2).join("/"), `seed ${seed}`, ...said].join("  "));
}
