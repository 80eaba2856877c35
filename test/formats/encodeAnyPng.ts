import { png, pngChunk } from "./pictureFixtures.ts";

/** A picture of any form that the PNG standard has, as samples. */
export interface AnyPng {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly interlace: 0 | 1;
  /** Row filter of each row in turn. */
  readonly filters: readonly number[];
  /** height · width · samples numbers of `depth` bits (palette: indices). */
  readonly samples: readonly number[];
}

export const samplesOf = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
/** Every colour type with every depth that it may have. */
export const forms = ([0, 2, 3, 4, 6] as const).flatMap((colour) =>
  (colour === 0 ? ([1, 2, 4, 8, 16] as const) : colour === 3 ? ([1, 2, 4, 8] as const) : ([8, 16] as const)).flatMap(
    (depth) => ([0, 1] as const).map((interlace) => ({ colour, depth, interlace })),
  ),
);
/** 256 colours that differ in every channel. */
export const palette = Uint8Array.from(
  { length: 768 },
  (_, i) => (i % 3 === 0 ? i / 3 : i % 3 === 1 ? 255 - (i - 1) / 3 : ((i - 2) / 3) * 7) & 255,
);

const adam7: readonly (readonly [number, number, number, number])[] = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
];

/** Write it: rows of each pass packed to bits, filtered, compressed. */
export function encodeAnyPng(picture: AnyPng): Uint8Array<ArrayBuffer> {
  const { width, height, depth, colour, interlace, filters, samples } = picture;
  const count = samplesOf[colour];
  const raw: number[] = [];
  let rowNumber = 0;
  for (const [x0, dx, y0, dy] of interlace ? adam7 : [[0, 1, 0, 1] as const]) {
    let above: number[] | undefined;
    for (let y = y0; y < height; y += dy) {
      let bits = "";
      for (let x = x0; x < width; x += dx)
        for (let c = 0; c < count; c++) bits += samples[(y * width + x) * count + c].toString(2).padStart(depth, "0");
      if (bits === "") continue;
      const line = (bits.match(/.{1,8}/g) as string[]).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
      const filter = filters[rowNumber++ % filters.length];
      raw.push(filter, ...filtered(line, above ?? line.map(() => 0), filter, Math.max(1, (count * depth) / 8)));
      above = line;
    }
  }
  const before = colour === 3 ? [pngChunk("PLTE", palette.subarray(0, 3 * 2 ** Math.min(8, depth)))] : [];
  return png({ width, height, depth, colour, interlace, raw: Uint8Array.from(raw), before });
}

function filtered(line: readonly number[], above: readonly number[], filter: number, step: number): number[] {
  return line.map((value, i) => {
    const [a, b, c] = [line[i - step] ?? 0, above[i], above[i - step] ?? 0];
    const p = a + b - c;
    const nearest = [a, b, c].reduce((best, next) => (Math.abs(p - next) < Math.abs(p - best) ? next : best));
    return (value - [0, a, b, (a + b) >> 1, nearest][filter]) & 255;
  });
}

/** What a reader to 8 bits must see, alpha left out. */
export function expectedPixels({ depth, colour, samples }: AnyPng): number[] {
  const count = samplesOf[colour];
  const colours = samples.filter((_, i) => !((colour === 4 || colour === 6) && i % count === count - 1));
  if (colour === 3) return colours.flatMap((index) => [...palette.subarray(3 * index, 3 * index + 3)]);
  return colours.map((value) => (depth === 16 ? value >> 8 : Math.round((value * 255) / (2 ** depth - 1))));
}
