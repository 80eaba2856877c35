import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openSet } from "../src/data/formats/open.ts";
import { fileSource } from "../src/experiment/fileSource.ts";
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
    start = time.perf_counter()
    loaded = torch.load(path)
    took = time.perf_counter() - start
    assert loaded["data"][0][0].shape[0] == ${images}
    del loaded
    print(1000 * took, flush=True)
`;

/** Open a 100 MB .pt alternately with PyTorch on the same machine; print both medians and their ratio. */
async function main(): Promise<void> {
  const python = findPython("torch");
  if (!python) return console.log("formats: skipped, no Python with PyTorch (RETORT_PYTHON)");
  const folder = mkdtempSync(join(tmpdir(), "retort-bench-"));
  const path = join(folder, "big.pt");
  const peer = spawn(python, ["-c", program, path], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(peer.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    peer.stdin.write("\n");
    theirs.push(Number((await lines.next()).value));
    const start = performance.now();
    const { set } = await openSet(await fileSource(path));
    ours.push(performance.now() - start);
    if (set?.shape[0] !== images) throw new Error("formats: the set did not open");
  }
  peer.stdin.end();
  rmSync(folder, { recursive: true });
  const [a, b] = [ours, theirs].map((times) => times.sort((x, y) => x - y)[rounds >> 1]);
  const ratio = a / b;
  console.log(
    `open 100 MiB .pt: retort ${a.toFixed(0)} ms, torch.load ${b.toFixed(0)} ms, ratio ${ratio.toFixed(2)} (median of ${rounds})`,
  );
  if (ratio > 2) process.exitCode = 1;
}

await main();
