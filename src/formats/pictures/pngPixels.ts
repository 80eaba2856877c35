import { DataError } from "../../core/errors.ts";
import type { DecodedImage } from "../Format.ts";

const who = "png";

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha. */
  readonly colour: number;
  readonly interlaced: boolean;
}

/** The pixels of one pass: every `dx`-th of every `dy`-th row, from (x, y) on. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a row without its filter. */
  readonly rowBytes: number;
}

/** Adam7: x, step in x, y, step in y of each pass (PNG specification, §8.2). */
const adam7 = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The passes of a picture that hold pixels: one, or up to seven. */
function passes({ width, height, depth, colour, interlaced }: PngHeader): Pass[] {
  const bits = depth * samplesOf[colour];
  const count = (size: number, start: number, step: number) => Math.max(0, Math.ceil((size - start) / step));
  return (interlaced ? adam7 : [[0, 1, 0, 1] as const])
    .map(([x, dx, y, dy]) => ({ x, y, dx, dy, columns: count(width, x, dx), rows: count(height, y, dy) }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0)
    .map((pass) => ({ ...pass, rowBytes: Math.ceil((pass.columns * bits) / 8) }));
}

/** Bytes of the filtered rows of the declared picture. */
export function filteredSize(header: PngHeader): number {
  return passes(header).reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);
}

/**
 * Filtered rows → 8-bit pixels, as libpng gives them with its expansions: grey of fewer bits is stretched to 0 … 255, a palette is looked
 * up, of 16 bits the high byte is kept, alpha is dropped.
 *
 * @param raw exactly `filteredSize` bytes; they are unfiltered in place.
 * @throws DataError on an unknown filter or a colour outside the palette.
 */
export function pngPixels(raw: Uint8Array, header: PngHeader, palette?: Uint8Array): DecodedImage {
  const { width, height, depth, colour } = header;
  const samples = samplesOf[colour];
  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const pixelBytes = Math.max(1, (depth * samples) >> 3);
  let at = 0;
  for (const pass of passes(header)) {
    let above: Uint8Array | undefined;
    for (let row = 0; row < pass.rows; row++, at += 1 + pass.rowBytes) {
      const line = raw.subarray(at + 1, at + 1 + pass.rowBytes);
      unfilter(line, above, raw[at], pixelBytes);
      above = line;
      let to = ((pass.y + row * pass.dy) * width + pass.x) * channels;
      for (let column = 0; column < pass.columns; column++, to += pass.dx * channels) {
        if (colour === 3) lookUp(data, to, sample(line, column, depth), palette as Uint8Array);
        else
          for (let c = 0; c < channels; c++) data[to + c] = stretched(sample(line, column * samples + c, depth), depth);
      }
    }
  }
  return { width, height, channels, data };
}

/** Undo one row's filter (PNG specification, §9): differences from the byte before, above, or both. */
function unfilter(line: Uint8Array, above: Uint8Array | undefined, filter: number, step: number): void {
  if (filter > 4) throw new DataError(`${who}: unknown row filter: expected 0 to 4, got ${filter}`);
  if (filter === 0) return;
  for (let i = 0; i < line.length; i++) {
    const left = i < step ? 0 : line[i - step];
    const up = above ? above[i] : 0;
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += up;
    else if (filter === 3) line[i] += (left + up) >> 1;
    else line[i] += paeth(left, up, above && i >= step ? above[i - step] : 0);
  }
}

/** Of left, up and up-left the one nearest to left + up − up-left; ties in this order. */
function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** The `i`-th sample of a row; the leftmost lies in the highest bits of its byte. Of 16 bits the high eight. */
function sample(line: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return line[i];
  if (depth === 16) return line[2 * i];
  const bit = i * depth;
  return (line[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

function stretched(value: number, depth: number): number {
  return depth < 8 ? (value * 255) / ((1 << depth) - 1) : value;
}

function lookUp(data: Uint8Array, to: number, index: number, palette: Uint8Array): void {
  if (3 * index >= palette.length)
    throw new DataError(`${who}: invalid palette index: expected below ${palette.length / 3}, got ${index}`);
  for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
}
