import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../src/core/errors.ts";
import type { Dataset, DatasetFile } from "../../src/disk/Dataset.ts";
import { downloads } from "../../src/disk/datasets.ts";
import { download } from "../../src/disk/download.ts";
import { dataFolder, getDataset } from "../../src/disk/getDataset.ts";
import { cat, utf8 } from "../formats/hostile/bytes.ts";
import { scratchFolder } from "../python.ts";

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 2654435761) >>> 24);
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

type Handler = (request: IncomingMessage, response: ServerResponse, call: number) => void;
let server: Server;
let base = "";
let handler: Handler;
let requests: { path: string; range?: string }[] = [];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push({ path: request.url ?? "", range: request.headers.range });
    handler(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Serve `bytes`, honouring ranges as servers do. */
const serve =
  (bytes: Uint8Array): Handler =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? Number.NaN);
    if (Number.isNaN(from)) {
      response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    } else if (from >= bytes.length) response.writeHead(416).end();
    else
      response
        .writeHead(206, {
          "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
          "content-length": bytes.length - from,
        })
        .end(bytes.subarray(from));
  };

/** Promise the whole, send a part, drop the line. */
const truncate =
  (bytes: Uint8Array, at: number): Handler =>
  (_, response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, at), () => setTimeout(() => response.destroy(), 20));
  };

const pinned = (more: Partial<DatasetFile> = {}): DatasetFile => ({
  name: "x.bin",
  urls: [`${base}/x.bin`],
  size: content.length,
  digest: { algorithm: "sha256", value: digest(content) },
  ...more,
});

describe("download", () => {
  it("a file that is as pinned gets its name, and nothing else is left", async () => {
    handler = serve(content);
    const path = join(scratchFolder(), "deep", "x.bin");
    const seen: number[] = [];
    await download(pinned(), path, { onProgress: (bytes) => seen.push(bytes) });
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(seen.at(-1)).toBe(content.length);
    expect(requests).toEqual([{ path: "/x.bin", range: undefined }]);
  });

  it("a cut-off download goes on where it stopped", async () => {
    handler = (request, response, call) =>
      (call === 1 ? truncate(content, 40_000) : serve(content))(request, response, call);
    const path = join(scratchFolder(), "x.bin");
    await download(pinned(), path);
    expect(new Uint8Array(await readFile(path))).toEqual(content);
    expect(requests[1].range).toBe("bytes=40000-");
  });

  it("a part of an earlier call is used", async () => {
    handler = serve(content);
    const path = join(scratchFolder(), "x.bin");
    await writeFile(`${path}.part`, content.subarray(0, 99_000));
    await download(pinned(), path);
    expect(requests).toEqual([{ path: "/x.bin", range: "bytes=99000-" }]);
    expect((await stat(path)).size).toBe(content.length);
  });

  it("a server without ranges starts over", async () => {
    handler = (_, response) => response.writeHead(200).end(content);
    const path = join(scratchFolder(), "x.bin");
    await writeFile(`${path}.part`, utf8("something else"));
    await download(pinned(), path);
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it("a server that answers another range starts over", async () => {
    handler = (request, response, call) => {
      if (call === 1) response.writeHead(206, { "content-range": "bytes 0-99999/100000" }).end(content);
      else serve(content)(request, response, call);
    };
    const path = join(scratchFolder(), "x.bin");
    await writeFile(`${path}.part`, content.subarray(0, 10));
    await download(pinned(), path);
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it("a corrupted file never gets the name, and the next address is asked", async () => {
    const bad = content.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    handler = (request, response, call) => serve(request.url === "/bad" ? bad : content)(request, response, call);
    const path = join(scratchFolder(), "x.bin");
    await expect(download(pinned({ urls: [`${base}/bad`] }), path)).rejects.toThrow(DataError);
    expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false]);
    expect(requests).toHaveLength(1);
    await download(pinned({ urls: [`${base}/bad`, `${base}/good`] }), path);
    expect(existsSync(path)).toBe(true);
  });

  it("a part that does not fit the rest is thrown away", async () => {
    handler = serve(content);
    const path = join(scratchFolder(), "x.bin");
    await writeFile(`${path}.part`, new Uint8Array(5000));
    await download(pinned(), path);
    expect(requests.map(({ range }) => range)).toEqual(["bytes=5000-", undefined]);
    expect(new Uint8Array(await readFile(path))).toEqual(content);
  });

  it("a stalled server is given up, and what it sent is kept", async () => {
    handler = (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
    };
    const path = join(scratchFolder(), "x.bin");
    const started = performance.now();
    const stalled = download(pinned(), path, { stallSeconds: 0.2, attempts: 2 });
    await expect(stalled).rejects.toThrow(/no byte for 0.2 s.*Without a network: put the file/);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(requests).toHaveLength(2);
    expect((await stat(`${path}.part`)).size).toBeGreaterThanOrEqual(1000);
  });

  it("a server that never stops is stopped", async () => {
    handler = (_, response) => {
      const more = () => response.write(content, () => !response.destroyed && setImmediate(more));
      response.writeHead(200);
      more();
    };
    const path = join(scratchFolder(), "x.bin");
    await expect(download(pinned(), path)).rejects.toThrow(/expected at most 100000 bytes, got more/);
    expect((await stat(`${path}.part`)).size).toBeLessThanOrEqual(content.length);
  });

  it("without a network it says what to put where", async () => {
    const nobody = "http://127.0.0.1:9/x.bin";
    const path = join(scratchFolder(), "x.bin");
    const error = await download(pinned({ urls: [nobody] }), path, { attempts: 1 }).catch((e) => e);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(`put the file (sha256 ${digest(content)}) at ${path}`);
  });

  it("a .gz file that a server labels as an encoding arrives as it is", async () => {
    const packed = gzipSync(content);
    handler = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    const path = join(scratchFolder(), "x.gz");
    const file = pinned({ size: packed.length, digest: { algorithm: "sha256", value: digest(packed) } });
    await download(file, path);
    expect(new Uint8Array(await readFile(path))).toEqual(packed);
  });

  it("redirects are followed, but not for ever", async () => {
    handler = (request, response, call) => {
      if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end();
      else if (request.url === "/x.bin") response.writeHead(301, { location: "/y.bin" }).end();
      else serve(content)(request, response, call);
    };
    const path = join(scratchFolder(), "x.bin");
    await download(pinned(), path);
    expect(existsSync(path)).toBe(true);
    await expect(download(pinned({ urls: [`${base}/loop`] }), `${path}2`)).rejects.toThrow(/more than 5 redirects/);
  });

  it("an error of the server is named", async () => {
    handler = (_, response) => response.writeHead(503).end();
    await expect(download(pinned(), join(scratchFolder(), "x"))).rejects.toThrow(/HTTP 503/);
  });

  it("Ctrl-C ends it at once and keeps the part", async () => {
    const controller = new AbortController();
    handler = (_, response) => {
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
    };
    const path = join(scratchFolder(), "x.bin");
    const running = download(pinned(), path, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("interrupted")),
    });
    await expect(running).rejects.toThrow("interrupted");
    expect(existsSync(`${path}.part`)).toBe(true);
  });
});

describe("getDataset", () => {
  const tar = (() => {
    const head = new Uint8Array(512);
    head.set(utf8("batches/data_batch_1.bin"), 0);
    head.set(utf8("00000000005\0"), 124);
    head.set(utf8("0"), 156);
    head.set(utf8("ustar\0"), 257);
    head.set(utf8("        "), 148);
    head.set(
      utf8(
        `${head
          .reduce((a, b) => a + b, 0)
          .toString(8)
          .padStart(6, "0")}\0 `,
      ),
      148,
    );
    return gzipSync(cat(head, "hello", new Uint8Array(507), new Uint8Array(1024)));
  })();
  const registry = (): Record<string, Dataset> => ({
    plain: { title: "", homepage: "", files: [pinned()] },
    packed: {
      ...{ title: "", homepage: "" },
      files: [{ name: "a.tar.gz", urls: [`${base}/a.tar.gz`], digest: { algorithm: "sha256", value: digest(tar) } }],
      unpack: [".bin"],
    },
  });

  it("fetches once, asks for nothing that is there, and asks again for what was changed", async () => {
    handler = serve(content);
    const folder = scratchFolder();
    expect(await getDataset("plain", { folder }, registry())).toEqual({ folder: join(folder, "plain"), fetched: true });
    expect((await getDataset("plain", { folder }, registry())).fetched).toBe(false);
    expect(requests).toHaveLength(1);
    await writeFile(
      join(folder, "plain", "x.bin"),
      content.map((byte) => byte ^ 1),
    );
    expect((await getDataset("plain", { folder }, registry())).fetched).toBe(true);
    expect(new Uint8Array(await readFile(join(folder, "plain", "x.bin")))).toEqual(content);
  });

  it("unpacks archives after the check, and knows them unpacked", async () => {
    handler = serve(tar);
    const folder = scratchFolder();
    await getDataset("packed", { folder }, registry());
    expect(await readFile(join(folder, "packed", "data_batch_1.bin"), "utf8")).toBe("hello");
    expect(existsSync(join(folder, "packed", "a.tar.gz"))).toBe(false);
    expect((await getDataset("packed", { folder }, registry())).fetched).toBe(false);
    expect(requests).toHaveLength(1);
  });

  it("a file put there by hand is taken", async () => {
    handler = (_, response) => response.writeHead(500).end();
    const folder = scratchFolder();
    await mkdir(join(folder, "plain"));
    await writeFile(join(folder, "plain", "x.bin"), content);
    expect((await getDataset("plain", { folder }, registry())).fetched).toBe(false);
    expect(requests).toEqual([]);
  });

  it("a mirror is asked first, the digest stays the judge", async () => {
    handler = (request, response, call) =>
      serve(request.url?.startsWith("/mirror") ? utf8("evil") : content)(request, response, call);
    const folder = scratchFolder();
    await getDataset("plain", { folder, mirror: `${base}/mirror/` }, registry());
    expect(requests.map(({ path }) => path).slice(0, 1)).toEqual(["/mirror/x.bin"]);
    expect(new Uint8Array(await readFile(join(folder, "plain", "x.bin")))).toEqual(content);
  });

  it("an unknown name lists the known ones", async () => {
    await expect(getDataset("nope", { folder: scratchFolder() })).rejects.toThrow(/expected one of .*cifar-10.*mnist/);
  });

  it("the cache folder follows RETORT_DATA, then XDG", () => {
    expect(dataFolder({ RETORT_DATA: "d", XDG_CACHE_HOME: "c" })).toBe("d");
    expect(dataFolder({ XDG_CACHE_HOME: "c" })).toBe(join("c", "retort", "data"));
    expect(dataFolder({})).toMatch(/retort.data$/);
  });
});

it("every known dataset has pinned files", () => {
  for (const [name, { files, title, homepage }] of Object.entries(downloads)) {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect([title, homepage].every(Boolean)).toBe(true);
    for (const { urls, digest } of files) {
      expect(urls.every((url) => URL.canParse(url))).toBe(true);
      expect(digest.value).toMatch(digest.algorithm === "sha256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{32}$/);
    }
  }
});
