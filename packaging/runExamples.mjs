// Run every example that was compiled into a folder and hold its output to examplePrints.json. Usage: node runExamples.mjs OUT
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

const prints = JSON.parse(readFileSync(new URL("examplePrints.json", import.meta.url), "utf8"));
const out = resolve(process.argv[2]);
for (const file of readdirSync(out).filter((name) => name.endsWith(".js"))) {
  const expected = prints[file.replace(/\.js$/, ".ts")];
  const { stdout, stderr, status } = spawnSync(process.execPath, [resolve(out, file)], { encoding: "utf8" });
  console.log(`== ${file}\n${stdout}${stderr}`);
  if (status === 0 && stderr === "" && expected && new RegExp(expected, "m").test(stdout)) continue;
  console.error(`${file}: expected exit status 0, nothing on stderr and ${expected}, got status ${status}`);
  process.exitCode = 1;
}
