import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Readable } from "node:stream";

/**
 * What the caller's shell handed over open: standard input, or the pipe of `--key <(gpg -d lab.key.gpg)`.
 *
 * Unlike a named pipe it has somebody at its other end. It is waited for; Ctrl-C and a polite kill end that at once.
 *
 * @returns undefined for every other path, and where a regular file was handed over, which is read as any file is.
 */
export function inherited(path: string): Readable | undefined {
  const number = path === "/dev/stdin" ? "0" : /^\/(?:dev|proc\/self)\/fd\/(\d{1,5})$/.exec(path)?.[1];
  if (number === undefined) return undefined;
  try {
    const info = fstatSync(Number(number));
    if (info.isFile() || info.isDirectory()) return undefined;
    if (number === "0") return interruptible(process.stdin);
    if (!info.isFIFO() && !info.isSocket()) return undefined;
    return interruptible(new Socket({ fd: Number(number), readable: true }));
  } catch {
    return undefined;
  }
}

function interruptible(stream: Readable): Readable {
  const end = () => stream.destroy(new DOMException("stopped while waiting for input", "AbortError"));
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, end);
  stream.once("close", () => {
    for (const signal of signals) process.off(signal, end);
  });
  return stream;
}
