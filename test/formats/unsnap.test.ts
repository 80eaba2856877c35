import { describe, expect, it } from "vitest";
import { unsnap } from "../../src/formats/parquet/unsnap.ts";
import { cat, u16, u32 } from "./hostile/bytes.ts";

type Part = string | number | ArrayLike<number>;
const data = (...parts: Part[]) => unsnap(cat(...parts), parts[0] as number, "test");

describe("unsnap", () => {
  it("literals and copies, overlapping ones included", () => {
    expect(data(3, 2 << 2, "abc")).toEqual(cat("abc"));
    expect(data(10, 1 << 2, "ab", 1 | (4 << 2), 2)).toEqual(cat("ababababab")); // copy of 8, 2 back
    expect(data(4, 1 << 2, "ab", 2 | (1 << 2), u16(2))).toEqual(cat("abab"));
    expect(data(4, 1 << 2, "ab", 3 | (1 << 2), u32(2))).toEqual(cat("abab"));
    const long = "x".repeat(100);
    expect(data(100, 60 << 2, 99, long)).toEqual(cat(long));
  });

  it.each<[string, Part[], RegExp]>([
    ["literal of a negative 32-bit length", [3, 63 << 2, u32(0xfffffff0), "abc"], /literal is too long/],
    ["literal beyond the data", [3, 9 << 2, "abc"], /literal is too long/],
    ["literal beyond the result", [2, 2 << 2, "abc"], /literal is too long/],
    ["copy of nothing", [4, 1 << 2, "ab", 2 | (1 << 2), u16(0)], /leads out/],
    ["copy from before the start", [4, 1 << 2, "ab", 2 | (1 << 2), u16(3)], /leads out/],
    ["copy of a negative distance", [4, 1 << 2, "ab", 3 | (1 << 2), u32(0xffffffff)], /leads out/],
    ["copy beyond the result", [4, 1 << 2, "ab", 2 | (63 << 2), u16(1)], /leads out/],
    ["cut short", [4, 1 << 2, "ab", 2], /cut short/],
    ["fewer bytes than declared", [4, 1 << 2, "ab"], /expected 4 bytes, got 2/],
  ])("%s", (_, parts, says) => {
    expect(() => data(...parts)).toThrow(says);
  });
});
