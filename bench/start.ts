import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { strokes } from "../src/data/generators/strokes.ts";
import { distil } from "../src/index.ts";
import { save } from "../src/node.ts";

const help = `Time the start of the built program, in turn with Node itself doing nothing.

  npm run build && npx tsx bench/start.ts

Prints the least wall time of ten starts each and the ratio to \`node -e 0\` in the same minute.
`;

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const rounds = 10;

const seconds = (words: readonly string[]): number => {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, words, { stdio: "ignore" });
  if (status !== 0) throw new Error(`bench: ${words.join(" ")} ended with ${status}`);
  return (performance.now() - start) / 1000;
};

async function main(): Promise<void> {
  if (process.argv.includes("--help")) return void process.stdout.write(help);
  if (!existsSync(program)) throw new Error("bench: missing dist/: expected the program to be built; npm run build");
  const folder = mkdtempSync(join(tmpdir(), "retort-start-"));
  const set = join(folder, "set.safetensors");
  await save(await distil(strokes("train", 100), "randomReal", { ipc: 1 }), set);
  const commands = {
    "node -e 0": ["-e", "0"],
    "--version": [program, "--version"],
    "--help": [program, "--help"],
    "inspect SET": [program, "inspect", set],
  };
  const least = new Map<string, number>();
  for (let i = 0; i < rounds; i++)
    for (const [name, words] of Object.entries(commands))
      least.set(name, Math.min(least.get(name) ?? Infinity, seconds(words)));
  rmSync(folder, { recursive: true });
  const bare = least.get("node -e 0")!;
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0].toFixed(1)}`,
  );
  for (const [name, time] of least) console.log(`${name}: ${time.toFixed(2)} s, ${(time / bare).toFixed(1)}×`);
}

await main();
