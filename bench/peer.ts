import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One answer of `peers/torch_steps.py`. */
export interface PeerTimes {
  /** Median, milliseconds. */
  readonly ms: number;
  readonly peakRssMiB: number;
  /** Share of the machine that other processes kept busy meanwhile. */
  readonly othersCpu: number | null;
}

/** PyTorch eager in a process of its own, asked one request at a time. */
export interface Peer {
  readonly version: string;
  ask(request: Readonly<Record<string, unknown>>): Promise<PeerTimes>;
  /** Milliseconds of processor time used so far; NaN where /proc is missing. */
  cpu(): number;
  close(): void;
}

/** A program that answers each line of JSON with one. */
export interface Conversation {
  readonly child: ChildProcessWithoutNullStreams;
  exchange(request: unknown): Promise<Record<string, unknown>>;
}

/** Start one of `peers/` with the settings that are best for it. @param threads of its products, where they are not all the machine's */
export function converse(python: string, name: string, threads?: number): Conversation {
  const script = fileURLToPath(new URL(`peers/${name}`, import.meta.url));
  // glibc is told to keep its memory: eager PyTorch would otherwise pay a page fault for every large temporary.
  const allocator = {
    MALLOC_TRIM_THRESHOLD_: `${2 ** 34}`,
    MALLOC_MMAP_THRESHOLD_: `${2 ** 34}`,
    MALLOC_TOP_PAD_: `${2 ** 26}`,
  };
  // OpenBLAS takes a thread a core whatever torch.set_num_threads says.
  const products = threads === undefined ? {} : { OPENBLAS_NUM_THREADS: `${threads}` };
  const child = spawn(python, [script], { env: { ...process.env, ...allocator, ...products } });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async exchange(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) throw new Error("bench: missing answer: expected a line from the peer, got the end of its output");
      const answer = JSON.parse(line.value);
      if (answer.error) throw new Error(`bench: invalid answer: expected times, got ${answer.error}`);
      return answer;
    },
  };
}

/** Start the peer; undefined where there is no Python with PyTorch. */
export async function startPeer(): Promise<Peer | undefined> {
  const candidates = [process.env.RETORT_PYTHON ?? "/usr/bin/python3", "python3"];
  const python = candidates.find((command) => spawnSync(command, ["-c", "import torch"]).status === 0);
  if (!python) return undefined;
  const { child, exchange } = converse(python, "torch_steps.py");
  const info = await exchange({ op: "info" });
  return {
    version: `PyTorch ${info.torch}${info.onednn ? " with oneDNN" : ""}`,
    ask: async (request) => (await exchange(request)) as unknown as PeerTimes,
    cpu: () => cpuOf(child.pid!),
    close: () => child.stdin.end(`${JSON.stringify({ op: "quit" })}\n`),
  };
}

/** User and system time of a process, in hundredths of a second in /proc. */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
