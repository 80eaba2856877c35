import { gzipSync, zlibSync } from "fflate";
import { writeZip } from "../../../src/formats/zip/writeZip.ts";
import { cat, utf8 } from "../../formats/hostile/bytes.ts";
import { greyPng, png, pngChunk, ppm } from "../../formats/pictureFixtures.ts";
import { type Grammar, jpegMarkers, pngChunks, tarBlocks, texts, words } from "../grammar.ts";
import { repairPng, repairTar, tarOf } from "../repair.ts";
import { inFolder, plain, type Seed, wrapped } from "../Seed.ts";

/** Filtered rows of a picture: every filter in turn. */
const rows = (height: number, bytes: number) =>
  Uint8Array.from({ length: height * (1 + bytes) }, (_, i) =>
    i % (1 + bytes) === 0 ? Math.floor(i / (1 + bytes)) % 5 : (i * 31) & 255,
  );

/** PNGs of every kind that is read, some with chunks that are only reported. */
const pngs: readonly Uint8Array[] = [
  png({ width: 4, height: 4, colour: 2, raw: rows(4, 12) }),
  png({
    width: 4,
    height: 4,
    raw: rows(4, 4),
    before: [pngChunk("tEXt", cat("a\0b")), pngChunk("gAMA", [0, 0, 1, 0])],
  }),
  png({ width: 4, height: 4, colour: 3, depth: 2, raw: rows(4, 1), before: [pngChunk("PLTE", new Uint8Array(12))] }),
  png({ width: 4, height: 4, colour: 4, raw: rows(4, 8), before: [pngChunk("eXIf", [1])], after: cat("more") }),
  png({ width: 4, height: 4, colour: 6, raw: rows(4, 16), before: [pngChunk("iCCP", cat("x\0\0"))] }),
  // Interlaced: the passes of a 4 × 4 picture.
  png({ width: 4, height: 4, interlace: 1, raw: cat(rows(1, 1), rows(1, 1), rows(1, 2), rows(2, 2), rows(2, 4)) }),
];

/**
 * A progressive grey JPEG of 8 × 8 pixels with a comment:
 * `PIL.Image.fromarray(numpy.arange(64, dtype='u1').reshape(8, 8) * 4).save(f, 'JPEG', progressive=True, comment='x')`.
 */
const jpeg = Uint8Array.from(
  Buffer.from(
    "/9j/4AAQSkZJRgABAQAAAQABAAD//gADeP/bAEMACAYGBwYFCAcHBwkJCAoMFA0MCwsMGRITDxQdGh8eHRocHCAkLicgIiwjHBwoNyksMDE0NDQfJzk9ODI8LjM0Mv/CAAsIAAgACAEBEQD/xAAUAAEAAAAAAAAAAAAAAAAAAAAB/9oACAEBAAAAAT//xAAWEAADAAAAAAAAAAAAAAAAAAAAAgX/2gAIAQEAAQUCSOf/xAAVEAEBAAAAAAAAAAAAAAAAAAAAMv/aAAgBAQAGPwKX/8QAFhAAAwAAAAAAAAAAAAAAAAAAAAHw/9oACAEBAAE/IYI//9oACAEBAAAAEH//xAAVEAEBAAAAAAAAAAAAAAAAAAAAMf/aAAgBAQABPxCK/9k=",
    "base64",
  ),
);

const grey = { 1: greyPng(4, 1), 2: greyPng(4, 2) };

/** A picture inside a class folder with another one of its size. */
function inClass(bytes: Uint8Array, name: string, grammar: Grammar, repair = (mutated: Uint8Array) => mutated): Seed {
  return inFolder(
    new Map([
      [`0/a.${name}`, bytes],
      [`1/b.${name}`, repair(bytes)],
    ]),
    grammar,
    repair,
  )[0];
}

/** Folders whose labels come from each place that is looked at. */
const labelled: readonly Record<string, Uint8Array>[] = [
  { "labels.csv": utf8('file,label,y0,y1\na.png,0,0.5,0.5\n"b.png",1,0.1,0.9\n'), "a.png": grey[1], "b.png": grey[2] },
  { "trainLabels.csv": utf8("id,label\n1,frog\n2,truck\n"), "1.png": grey[1], "2.png": grey[2] },
  {
    "val_annotations.txt": utf8("a.png\tn01\t0\t0\t9\t9\nb.png\tn02\t0\t0\t9\t9\n"),
    "images/a.png": grey[1],
    "images/b.png": grey[2],
  },
  {
    "words.txt": utf8("n01\tfrog, toad\nn02\ttruck\n"),
    "train/n01/a.png": grey[1],
    "train/n02/b.png": grey[2],
    "test/n01/c.png": grey[1],
  },
  { "cifar10_00_1.png": grey[1], "cifar10_01_0.png": grey[2] },
];

export function imageFolderSeeds(): Seed[] {
  const pair = new Map<string, Uint8Array>([
    ["0/a.png", pngs[0]],
    ["1/b.png", pngs[0]],
  ]);
  const jpegWith = (...segments: number[][]) => cat(jpeg.subarray(0, 2), ...segments, jpeg.subarray(2));
  const app = (marker: number, content: string) => [0xff, marker, 0, 2 + content.length, ...cat(content)];
  const longNames = cat(tarOf(new Map([["0/a.png", grey[1]]])).subarray(0, -1024), longName("1/b.png", grey[2]));
  return [
    ...pngs.flatMap((bytes) => [inClass(bytes, "png", pngChunks, repairPng), inClass(bytes, "png", pngChunks)]),
    ...innerPngs(),
    inClass(jpeg, "jpg", jpegMarkers),
    inClass(jpegWith(app(0xe1, "Exif\0\0"), app(0xe2, "ICC_PROFILE\0"), app(0xe5, "x")), "jpg", jpegMarkers),
    inClass(ppm(4, [1, 2, 3]), "ppm", words),
    inClass(cat("P5\n# note\n4 4 255\n", new Uint8Array(16)), "pgm", words),
    ...labelled.flatMap((files) => inFolder(new Map(Object.entries(files)), words)),
    plain(writeZip(pair)),
    wrapped(tarOf(pair), repairTar, tarBlocks),
    wrapped(longNames, repairTar, tarBlocks),
    wrapped(tarOf(pair), (bytes) => gzipSync(repairTar(bytes)), tarBlocks),
    wrapped(pngs[0], (bytes) => writeZip(new Map([...pair, ["1/b.png", repairPng(bytes)]])), pngChunks),
  ];
}

/** A file of a tar whose name stands in entries before it, once as GNU and once as pax write it. */
function longName(name: string, content: Uint8Array): Uint8Array {
  const typed = (type: string, bytes: Uint8Array) => {
    const out = tarOf(new Map([["@", bytes]])).slice(0, -1024);
    out[156] = type.charCodeAt(0);
    return out;
  };
  const record = `${name.length + 9} path=${name}\n`;
  return cat(
    typed("L", cat(name, 0)),
    typed("x", cat(record)),
    typed("5", cat()),
    typed("x", cat(record)),
    tarOf(new Map([["@", content]])),
  );
}

/** What is behind a PNG's checksums: its rows before compression, and the compressed bytes. */
function innerPngs(): Seed[] {
  const raw = rows(4, 12);
  const head = pngs[0].subarray(0, 33);
  return [
    inClass(raw, "png", texts, (bytes) => png({ width: 4, height: 4, colour: 2, raw: bytes })),
    inClass(zlibSync(raw), "png", texts, (bytes) => cat(head, pngChunk("IDAT", bytes), pngChunk("IEND", []))),
  ];
}

/** Grids of tiles with gaps: grey, and colour in another container. */
export function pictureGridSeeds(): Seed[] {
  const side = 2 + 3 * (8 + 2);
  const isGap = (x: number) => x % 10 < 2;
  const value = (i: number, width: number) =>
    isGap(i % width) || isGap(Math.floor(i / width)) ? 0 : 60 + ((i * 37) % 190);
  const pixels = Uint8Array.from({ length: side * side }, (_, i) => value(i, side));
  const raw = cat(...Array.from({ length: side }, (_, y) => cat(0, pixels.subarray(y * side, (y + 1) * side))));
  const bytes = png({ width: side, height: side, raw });
  const colour = cat(`P6\n${side} ${side}\n255\n`, ...Array.from(pixels, (v) => [v, v >> 1, v]));
  return [
    wrapped(bytes, repairPng, pngChunks),
    wrapped(raw, (mutated) => png({ width: side, height: side, raw: mutated })),
    plain(colour, words),
  ];
}
