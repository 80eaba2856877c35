import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { get as getPlain, type IncomingMessage } from "node:http";
import { get as getSecure } from "node:https";
import { dirname } from "node:path";
import { DataError, UsageError } from "../core/errors.ts";
import type { DatasetFile } from "./Dataset.ts";
import { makeFolder } from "./makeFolder.ts";

export interface DownloadOptions {
  /** Called with the bytes that are there. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** Seconds without a byte after which a connection counts as dead. Default 30. */
  readonly stallSeconds?: number;
  /** How often one address is asked, each time for the rest. Default 3. */
  readonly attempts?: number;
}

/** Chosen: no file of the field's raw sets is larger, and a server must not fill the disk. */
const largest = 4 * 2 ** 30;

/**
 * Download a pinned file: what is already there is asked for no more, the digest decides, and only a file that passed
 * bears its name. A part that arrived stays beside it as `NAME.part` for the next call.
 *
 * This is the only place in the project that opens a connection to fetch data.
 *
 * @throws DataError if an address delivers something else; UsageError if none can be reached, with where to put the file.
 */
export async function download(file: DatasetFile, path: string, options: DownloadOptions = {}): Promise<void> {
  const part = `${path}.part`;
  await makeFolder(dirname(path));
  const troubles: string[] = [];
  let wrong: DataError | undefined;
  for (const url of file.urls) {
    for (let attempt = 0; attempt < (options.attempts ?? 3); attempt++) {
      try {
        const continued = await fetchRest(url, part, file, options);
        const got = await digestOf(part, file.digest.algorithm);
        if (got === file.digest.value) {
          await rename(part, path);
          return;
        }
        await rm(part, { force: true });
        // What was here before may have come from elsewhere: this address gets a chance with the whole.
        if (continued) continue;
        wrong = new DataError(
          `download: invalid content of ${url}: expected ${file.digest.algorithm} ${file.digest.value}, got ${got}`,
        );
        troubles.push(`${url}: another file than the pinned one`);
        break; // asking again would bring the same
      } catch (error) {
        if (options.signal?.aborted) throw options.signal.reason;
        if (error instanceof DataError) wrong = error;
        else if (isDisk(error)) throw error;
        troubles.push(`${url}: ${reason(error)}`);
        if (error instanceof DataError) break;
      }
    }
  }
  if (wrong) throw wrong;
  throw new UsageError(
    `download: missing ${file.name}: expected an address that delivers it, got ${[...new Set(troubles)].join("; ")}. ` +
      `Without a network: put the file (${file.digest.algorithm} ${file.digest.value}) at ${path}, or name a copy with --mirror`,
  );
}

/** Does a file have the pinned digest? */
export async function isPinned(file: DatasetFile, path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile() || (file.size !== undefined && info.size !== file.size)) return false;
  return (await digestOf(path, file.digest.algorithm)) === file.digest.value;
}

/** Fetch what is missing. @returns whether it continued a part that was there. */
async function fetchRest(url: string, part: string, file: DatasetFile, options: DownloadOptions): Promise<boolean> {
  const most = file.size ?? largest;
  let have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > most) have = 0;
  if (have > 0 && have === file.size) return true;
  const watch = new Watch(options);
  try {
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await request(url, { ...headers, "accept-encoding": "identity" }, watch.signal);
    const status = response.statusCode ?? 0;
    if (status === 416) {
      await rm(part, { force: true });
      throw new Error("the server has fewer bytes than are here; starting again");
    }
    if (status !== 200 && status !== 206) throw new Error(`HTTP ${status}`);
    if (status !== 206 || !continuesAt(response, have)) have = 0;
    const continued = have > 0;
    const out = await open(part, have > 0 ? "a" : "w");
    try {
      for await (const chunk of response as AsyncIterable<Uint8Array>) {
        watch.alive();
        have += chunk.length;
        if (have > most)
          throw new DataError(`download: invalid size of ${url}: expected at most ${most} bytes, got more`);
        await out.write(chunk);
        options.onProgress?.(have);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    const expected = Number(response.headers["content-length"] ?? Number.NaN);
    if (file.size !== undefined && have !== file.size) throw new Error(`cut off after ${have} of ${file.size} bytes`);
    if (file.size === undefined && status === 200 && Number.isFinite(expected) && have < expected)
      throw new Error(`cut off after ${have} of ${expected} bytes`);
    return continued;
  } catch (error) {
    throw watch.stalled ? new Error(`no byte for ${watch.seconds} s`) : error;
  } finally {
    watch.end();
  }
}

/** Aborts a connection on which nothing happens, and with the caller's signal. */
class Watch {
  readonly seconds: number;
  stalled = false;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly outer: AbortSignal | undefined;
  private readonly onAbort = () => this.controller.abort(this.outer?.reason);

  constructor({ stallSeconds = 30, signal }: DownloadOptions) {
    this.seconds = stallSeconds;
    this.outer = signal;
    signal?.addEventListener("abort", this.onAbort);
    if (signal?.aborted) this.onAbort();
    this.alive();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  alive(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.stalled = true;
      this.controller.abort();
    }, 1000 * this.seconds);
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener("abort", this.onAbort);
  }
}

/** `Content-Range: bytes 100-199/200` for a part of 100 bytes. Anything else starts over. */
function continuesAt(response: IncomingMessage, have: number): boolean {
  return new RegExp(`^bytes ${have}-`).test(response.headers["content-range"] ?? "");
}

const mostRedirects = 5;

/**
 * Ask an address, following redirects.
 *
 * Differs: `fetch` would unpack what a server labels as `content-encoding: gzip`, which some do for `.gz` files.
 */
function request(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
  redirects = mostRedirects,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const get = new URL(url).protocol === "https:" ? getSecure : getPlain;
    const sent = get(url, { headers, signal }, (response) => {
      const { location } = response.headers;
      const moved = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
      if (!moved || !location) return resolve(response);
      response.destroy();
      if (redirects === 0) return reject(new Error(`more than ${mostRedirects} redirects`));
      resolve(request(new URL(location, url).href, headers, signal, redirects - 1));
    });
    sent.on("error", reject);
  });
}

async function digestOf(path: string, algorithm: "sha256" | "md5"): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Did the operating system refuse the disk, rather than the network? */
function isDisk(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(ENOSPC|EACCES|EPERM|EROFS|EDQUOT|ENOTDIR|EISDIR)$/.test((error as NodeJS.ErrnoException).code ?? "")
  );
}

/** What went wrong on the network, in few words. */
function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: "host not found",
    EAI_AGAIN: "host not found",
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection reset",
    ETIMEDOUT: "no connection",
  };
  return (code && known[code]) || (error instanceof Error ? error.message : String(error));
}
