import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileSource } from "../src/disk/fileSource.ts";
import { openSet } from "../src/formats/open.ts";
import { findPython } from "../test/python.ts";

const rounds = 15;
const images = 8_533; // × 3 × 32 × 32 × 4 bytes = 100 MiB

/** PyTorch in a process of its own that makes the file once and loads it each time it is asked. */
const program = `
import sys, time, torch
path = sys.argv[1]
torch.save({"data": [[torch.randn(${images}, 3, 32, 32), torch.arange(${images}) % 10]], "accs_all_exps": {}}, path)
print("ready", flush=True)
for line in sys.stdin:
    start, used = time.perf_counter(), time.process_time()
    loaded = torch.load(path)
    took, used = time.perf_counter() - start, time.process_time() - used
    assert loaded["data"][0][0].shape[0] == ${images}
    del loaded
    print(1000 * took, 1000 * used, flush=True)
`;

/** Milliseconds of wall time and of processor time. */
type Times = readonly [wall: number, processor: number];

/** Open a 100 MB .pt alternately with PyTorch on the same machine; print the medians of both and their ratios. */
async function main(): Promise<void> {
  const python = findPython("torch");
  if (!python) return console.log("formats: skipped, no Python with PyTorch (RETORT_PYTHON)");
  const folder = mkdtempSync(join(tmpdir(), "retort-bench-"));
  const path = join(folder, "big.pt");
  const peer = spawn(python, ["-c", program, path], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(peer.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    peer.stdin.write("\n");
    const [wall, processor] = String((await lines.next()).value)
      .split(" ")
      .map(Number);
    theirs.push([wall, processor]);
    const start = performance.now();
    const used = process.cpuUsage();
    const { set } = await openSet(await fileSource(path));
    const { user, system } = process.cpuUsage(used);
    ours.push([performance.now() - start, (user + system) / 1000]);
    if (set?.shape[0] !== images) throw new Error("formats: the set did not open");
  }
  peer.stdin.end();
  rmSync(folder, { recursive: true });
  console.log(`open 100 MiB .pt, median of ${rounds}:`);
  // On a busy machine processor time is the figure to trust.
  for (const [i, name] of ["wall time", "processor time"].entries()) {
    const [a, b] = [ours, theirs].map((times) => times.map((time) => time[i]).sort((x, y) => x - y)[rounds >> 1]);
    console.log(`  ${name}: retort ${a.toFixed(0)} ms, torch.load ${b.toFixed(0)} ms, ratio ${(a / b).toFixed(2)}`);
    if (i === 1 && a / b > 2) process.exitCode = 1;
  }
}

await main();
