import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import type { Opened } from "../../src/formats/Format.ts";
import { memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { cat } from "./hostile/bytes.ts";
import * as p from "./hostile/pickles.ts";
import { torchFile } from "./hostile/zips.ts";

const many = (count: number, bytes: Uint8Array) => {
  const out = new Uint8Array(count * bytes.length);
  for (let i = 0; i < count; i++) out.set(bytes, i * bytes.length);
  return out;
};

/** Legal pickles that make a careless reader slow, by a size n; n bytes or a small multiple of it. */
const shapes: Record<string, (n: number) => Uint8Array<ArrayBuffer>> = {
  "lists nested in lists": (n) => p.pickle(cat(many(n, cat("]")), many(n - 1, cat("a")))),
  "tuples nested in tuples": (n) => p.pickle(cat(")", many(n, cat(0x85)))),
  "nothing but marks": (n) => p.pickle(many(n, cat("("))),
  "a memo slot written again and again": (n) => p.pickle(cat("]", many(n, p.put(1)))),
  "a value fetched again and again": (n) => p.pickle(cat("]", p.put(1), "(", many(n, p.get(1)), "e")),
  "a tensor fetched again and again": (n) => p.pickle(cat("](", p.tensor(), p.put(1), many(n, p.get(1)), "e")),
  "one long text": (n) => p.pickle(p.text("x".repeat(n))),
  "many keys": (n) =>
    p.pickle(cat("}(", ...Array.from({ length: n / 10 }, (_, i) => cat(p.int(70_000 + i), "N")), "u")),
  "many dangerous names": (n) =>
    p.pickle(cat("](", ...Array.from({ length: n / 20 }, (_, i) => p.global("os", `f${i}`)), "e")),
  "line feeds": (n) => cat(p.proto(), many(n, cat("\n"))),
  "a line that never ends": (n) => cat(p.proto(), many(n, cat("c"))),
};

async function outcome(bytes: Uint8Array): Promise<Opened | DataError> {
  return openSet(memorySource(torchFile(bytes as Uint8Array<ArrayBuffer>))).catch((error) => {
    if (error instanceof DataError) return error;
    throw error;
  });
}

describe("long and nested pickles", () => {
  for (const [name, make] of Object.entries(shapes))
    it(`${name}: no slower than linear`, async () => {
      await outcome(make(10_000)); // warm
      const time = async (n: number) => {
        const bytes = make(n);
        const before = process.cpuUsage();
        await outcome(bytes);
        const { user, system } = process.cpuUsage(before); // not the clock: other programs run too
        return (user + system) / 1000;
      };
      const small = Math.min(await time(50_000), await time(50_000), await time(50_000));
      const large = Math.min(await time(800_000), await time(800_000));
      // 16 times the size: a quadratic reader takes 256 times as long. 4 times is left for noise, 50 ms for what is constant.
      expect(large).toBeLessThan(64 * small + 50);
    });

  it("sharing that doubles at each level is listed once, not 2^100 times", async () => {
    const levels = Array.from({ length: 100 }, (_, i) => cat("](", p.get(i), p.get(i), "e", p.put(i + 1)));
    const opened = (await outcome(p.pickle(cat("](", p.text("x"), p.put(0), ...levels, "e")))) as Opened;
    expect(opened.objects.length).toBeLessThan(200);
  });

  it("a list that contains itself", async () => {
    const opened = (await outcome(p.pickle(cat("]", p.put(0), p.get(0), "a")))) as Opened;
    expect(opened.objects).toEqual([]);
  });

  it("a dictionary that contains itself as data of a DC file", async () => {
    const opened = (await outcome(p.pickle(cat("}", p.put(0), p.text("data"), p.get(0), "s")))) as Opened;
    expect(opened.set).toBeUndefined();
  });

  it("an integer of 255 bytes is read, not computed with", async () => {
    const opened = (await outcome(p.pickle(cat(0x8a, 255, new Uint8Array(255).fill(0x7f))))) as Opened;
    expect(opened.objects).toEqual([{ path: ".", dtype: "integer", shape: [] }]);
  });

  it("more opcodes than the byte limit has room for are refused", async () => {
    const file = torchFile(p.pickle(many(200_000, cat("]"))));
    const error = await openSet(memorySource(file), { maxBytes: 2 ** 22 }).catch((e) => e);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/raise the byte limit/);
  });

  it("a limit smaller than the file is kept", async () => {
    const file = torchFile(p.pickle(p.tensor()));
    await expect(openSet(memorySource(file), { maxBytes: 100 })).rejects.toThrow(/expected at most .* of 100 bytes/);
  });
});
