import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** What each example prints; one that is missing here fails. */
const prints: Readonly<Record<string, RegExp>> = {
  "attackAndEvaluate.ts": /^convNet-16: CTA 0\.\d+ → 0\.\d+, ASR [01](\.\d+)? \([01](\.\d+)?\)$/m,
  "convertAndDiff.ts": /^lost: [\s\S]*^copy: re-encoding$[\s\S]*^tampered: editing$/m,
  "distilOwnPictures.ts": /100 pictures of 10 classes → 10 images, 1 file/,
  "inspectHostileFile.ts": /^dangerous \[ 'os\.system' \]$/m,
  "ownAttack.ts": /^relabel 0 0 0 0 0 0 3 3 /m,
  "ownNetwork.ts": /^twoLayers-32 0\.\d+\nmlp-32 0\.\d+$/m,
  "sealAndVerify.ts": /^before: verified$[\s\S]*^after: refused, /m,
  "sweepInCode.ts": /How many images must carry the stamp[\s\S]*attack\.share/,
};

it.each(readdirSync(resolve(root, "examples")).filter((name) => name.endsWith(".ts")))("examples/%s runs", (file) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--import", "tsx", `examples/${file}`], {
    encoding: "utf8",
    cwd: root,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(prints[file]);
});
