import fc from "fast-check";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { jpegDecoder } from "../../src/disk/jpegDecoder.ts";
import { decodePicture } from "../../src/formats/pictures/decodePicture.ts";
import { encodePng } from "../../src/formats/pictures/encodePng.ts";
import { scanJpeg } from "../../src/formats/pictures/jpeg.ts";
import { skip } from "../skip.ts";
import { cat, utf8 } from "./hostile/bytes.ts";
import { big, greyPng, png, pngChunk, ppm } from "./pictureFixtures.ts";

const jpeg = await jpegDecoder();
if (!jpeg) console.warn("skipped: no JPEG decoder (the optional package sharp is not installed)");

const pixels = async (bytes: Uint8Array) => [...(await decodePicture(new Uint8Array(bytes), jpeg)).image.data];
const refusal = (bytes: Uint8Array) => expect(decodePicture(new Uint8Array(bytes), jpeg)).rejects;

describe("png", () => {
  it("decode ∘ encode is the identity on grey and colour pictures", async () => {
    const picture = fc
      .record({ w: fc.integer({ min: 1, max: 9 }), h: fc.integer({ min: 1, max: 9 }), c: fc.constantFrom(1, 3) })
      .chain((shape) =>
        fc
          .uint8Array({ minLength: shape.w * shape.h * shape.c, maxLength: shape.w * shape.h * shape.c })
          .map((planes) => ({ ...shape, planes })),
      );
    await fc.assert(
      fc.asyncProperty(picture, async ({ w, h, c, planes }) => {
        const { image, extras } = await decodePicture(encodePng(planes, c, h, w));
        expect([image.width, image.height, image.channels]).toEqual([w, h, c]);
        const interleaved = Array.from({ length: w * h * c }, (_, i) => planes[(i % c) * w * h + Math.floor(i / c)]);
        expect([...image.data]).toEqual(interleaved);
        expect(extras).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it("alpha is dropped, colours keep their values, and that is said", async () => {
    const data = Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255);
    const { image, extras } = await decodePicture(new Uint8Array(encode({ width: 2, height: 1, channels: 4, data })));
    expect([...image.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(extras.map(({ rule }) => rule)).toEqual(["picture-alpha"]);
  });

  it("palettes of 1, 2, 4 and 8 bits become colours", async () => {
    const palette = pngChunk("PLTE", [10, 11, 12, 20, 21, 22]);
    for (const [depth, row] of [
      [1, 0b01000000],
      [2, 0b00010000],
      [4, 0b00000001],
    ])
      expect(
        await pixels(png({ width: 2, height: 1, depth, colour: 3, raw: Uint8Array.of(0, row), before: [palette] })),
      ).toEqual([10, 11, 12, 20, 21, 22]);
    expect(
      await pixels(png({ width: 2, height: 1, colour: 3, raw: Uint8Array.of(0, 1, 0), before: [palette] })),
    ).toEqual([20, 21, 22, 10, 11, 12]);
  });

  it("interlaced pictures hold the same pixels", async () => {
    // A 3 × 3 picture: passes 1 (0,0), 4 (2,0), 5 (0,2) (2,2), 6 (1,0) (1,2), 7 row 1.
    const raw = Uint8Array.of(0, 1, 0, 3, 0, 7, 9, 0, 2, 0, 8, 0, 4, 5, 6);
    expect(await pixels(png({ width: 3, height: 3, interlace: 1, raw }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("text, EXIF, unknown chunks and trailing bytes are reported", async () => {
    const before = [pngChunk("tEXt", utf8("Comment\0hello")), pngChunk("eXIf", [1, 2]), pngChunk("prVt", [1])];
    const raw = Uint8Array.of(0, 7);
    const { extras } = await decodePicture(png({ width: 1, height: 1, raw, before, after: cat("zip?") }));
    expect(extras.map(({ rule }) => rule)).toEqual([
      "picture-text",
      "picture-exif",
      "picture-chunk",
      "picture-trailing",
    ]);
    expect(extras[0].detail).toBe('tEXt "Comment", 13 bytes');
  });

  const row = Uint8Array.of(0, 7);
  const good = png({ width: 1, height: 1, raw: row });
  const flipped = (at: number) => good.map((byte, i) => (i === at ? byte ^ 1 : byte));
  it.each<[string, Uint8Array, RegExp]>([
    ["giant dimensions", png({ width: 0x7fffffff, height: 0x7fffffff, raw: row }), /invalid picture size.*2147483647/],
    ["a side too long", png({ width: 5000, height: 1, raw: row }), /invalid picture size.*5000 × 1/],
    ["more than 16 million pixels", png({ width: 4096, height: 4096, raw: row }), /invalid picture size/],
    ["no pixels", png({ width: 0, height: 3, raw: row }), /invalid picture size.*0 × 3/],
    ["a bomb", png({ width: 1, height: 1, raw: new Uint8Array(5_000_000) }), /expected 2 bytes inside, got more/],
    ["too few rows", png({ width: 1, height: 2, raw: row }), /expected 4 bytes inside, got 2/],
    ["an unknown filter", png({ width: 1, height: 1, raw: Uint8Array.of(9, 7) }), /unknown row filter/],
    ["3-bit samples", png({ width: 1, height: 1, depth: 3, raw: Uint8Array.of(0, 1) }), /invalid bit depth.*got 3/],
    ["4-bit colour", png({ width: 1, height: 1, depth: 4, colour: 2, raw: Uint8Array.of(0, 1) }), /invalid bit depth/],
    ["a 16-bit palette", png({ width: 1, height: 1, depth: 16, colour: 3, raw: row }), /invalid bit depth/],
    [
      "a palette index beyond the palette",
      png({ width: 1, height: 1, colour: 3, raw: Uint8Array.of(0, 5), before: [pngChunk("PLTE", [1, 2, 3])] }),
      /invalid palette index/,
    ],
    ["no palette", png({ width: 1, height: 1, colour: 3, raw: row }), /invalid palette/],
    [
      "two headers",
      png({ width: 1, height: 1, raw: row, before: [pngChunk("IHDR", cat(big(1), big(1), 8, 0, 0, 0, 0))] }),
      /invalid chunk order/,
    ],
    [
      "a critical chunk nobody knows",
      png({ width: 1, height: 1, raw: row, before: [pngChunk("EVIL", [])] }),
      /unknown critical chunk/,
    ],
    ["a wrong checksum", flipped(20), /invalid checksum of IHDR/],
    [
      "a chunk longer than the file",
      cat(good.subarray(0, 33), big(0xffffffff), "IDAT"),
      /missing chunk|invalid chunk length/,
    ],
    ["a cut-off file", good.subarray(0, 40), /missing chunk|invalid chunk length/],
    ["an empty file", cat(), /unknown kind/],
    ["another format", cat("GIF89a", new Uint8Array(20)), /unknown kind.*got GIF/],
  ])("refuses %s", (_, bytes, message) => refusal(bytes).toThrow(message));

  it("iccp bombs never reach a decoder", async () => {
    const profile = pngChunk("iCCP", cat("x", 0, 0, new Uint8Array(200_000).fill(1)));
    expect(await pixels(png({ width: 1, height: 1, raw: row, before: [profile] }))).toEqual([7]);
  });
});

describe("pnm", () => {
  it("reads grey and colour with comments", async () => {
    expect(await pixels(cat("P5 # c\n2 1 255\n", 7, 9))).toEqual([7, 9]);
    expect(await pixels(ppm(1, [1, 2, 3]))).toEqual([1, 2, 3]);
  });
  it.each<[string, Uint8Array, RegExp]>([
    ["text form", cat("P3 1 1 255 1 2 3     "), /unknown kind.*PNM P3/],
    ["16-bit samples", cat("P5 1 1 65535\n", 1, 2), /invalid maximum/],
    ["missing pixels", cat("P5 3 3 255\n", 1, 2), /invalid pixel data/],
    ["giant dimensions", cat("P5 99999 99999 255\n", 1, 2), /invalid picture size/],
    ["an endless comment", cat("P5 #", new Uint8Array(10_000).fill(65)), /invalid header/],
  ])("refuses %s", (_, bytes, message) => refusal(bytes).toThrow(message));
});

describe("jpeg", () => {
  const segment = (marker: number, data: ArrayLike<number>) =>
    cat(0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255, data);
  const frame = (w: number, h: number, marker = 0xc0, channels = 1) =>
    segment(
      marker,
      cat(
        8,
        h >> 8,
        h & 255,
        w >> 8,
        w & 255,
        channels,
        ...Array.from({ length: channels }, (_, i) => [i + 1, 0x11, 0]),
      ),
    );
  const scan = cat(segment(0xda, [1, 1, 0, 0, 63, 0]), 1, 2, 0xff, 0, 3);
  const file = (...parts: Uint8Array[]) => cat(0xff, 0xd8, ...parts, 0xff, 0xd9);

  it("only what a decoder needs is kept; the rest is reported", () => {
    const exif = segment(0xe1, cat("Exif\0\0", new Uint8Array(9)));
    const icc = segment(0xe2, cat("ICC_PROFILE\0", 1, 1));
    const text = segment(0xfe, utf8("made by hand"));
    const jfif = segment(0xe0, cat("JFIF\0", new Uint8Array(9)));
    const { extras, clean } = scanJpeg(cat(file(jfif, exif, icc, text, frame(2, 2), scan), 1, 2));
    expect(extras.map(({ rule }) => rule)).toEqual([
      "picture-exif",
      "picture-profile",
      "picture-text",
      "picture-trailing",
    ]);
    expect(clean).toEqual(file(jfif, frame(2, 2), scan));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["giant dimensions", file(frame(65535, 65535), scan), /invalid picture size/],
    ["four colours", file(frame(2, 2, 0xc0, 4), scan), /invalid number of colours/],
    ["lossless coding", file(frame(2, 2, 0xc3), scan), /unknown coding/],
    ["arithmetic coding", file(frame(2, 2, 0xc9), scan), /unknown coding/],
    ["two frames", file(frame(2, 2), frame(2, 2), scan), /invalid frame/],
    [
      "hundreds of scans",
      file(frame(2, 2, 0xc2), ...Array.from({ length: 200 }, () => scan)),
      /invalid number of scans/,
    ],
    ["no scan", file(frame(2, 2)), /invalid number of scans/],
    ["a segment longer than the file", cat(0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 1), /invalid segment length/],
    ["no end", cat(0xff, 0xd8, frame(2, 2), scan), /missing end marker/],
    ["bytes between segments", file(frame(2, 2), cat(1)), /invalid marker/],
  ])("refuses %s", (_, bytes, message) => refusal(bytes).toThrow(message));

  it("without a decoder is refused by name", async () => {
    await expect(decodePicture(file(frame(2, 2), scan))).rejects.toThrow("jpeg: missing decoder");
  });

  it.skipIf(skip(!jpeg, "no JPEG decoder"))(
    "mutated files give a picture of the declared size or a DataError",
    async () => {
      const { default: sharp } = await import("sharp");
      const noise = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => (i * 2654435761) >>> 24);
      const raw = { width: 24, height: 24, channels: 3 } as const;
      for (const progressive of [false, true]) {
        const start = new Uint8Array(await sharp(noise, { raw }).jpeg({ progressive }).toBuffer());
        const changes = fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
        await fc.assert(
          fc.asyncProperty(changes, async (list) => {
            const bytes = start.slice();
            for (const [at, value] of list) bytes[at] = value;
            const outcome = await decodePicture(bytes, jpeg).catch((error) => error);
            if (outcome instanceof Error) expect(outcome.name).toBe("DataError");
            else
              expect(outcome.image.data.length).toBe(
                outcome.image.width * outcome.image.height * outcome.image.channels,
              );
          }),
          { numRuns: 150 },
        );
      }
    },
  );

  it.skipIf(skip(!jpeg, "no JPEG decoder"))("what looks right and is not is a DataError of the decoder", async () => {
    await refusal(file(frame(2, 2), scan)).toThrow(DataError);
  });
});

it("arbitrary and mutated bytes give a picture or a DataError", async () => {
  const start = greyPng(4, 9);
  const mutated = fc
    .array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 6 })
    .map((changes) => start.map((byte, i) => changes.find(([at]) => at === i)?.[1] ?? byte));
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
      const outcome = await decodePicture(new Uint8Array(bytes)).catch((error) => error);
      expect(outcome instanceof DataError || outcome.image.data.length > 0).toBe(true);
    }),
    { numRuns: 500 },
  );
});
