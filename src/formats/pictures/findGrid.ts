import type { DecodedImage } from "../Format.ts";

/** Square tiles in rows and columns, `gap` pixels between them and `margin` around all. */
export interface Grid {
  readonly tile: number;
  readonly gap: number;
  readonly margin: number;
  readonly rows: number;
  readonly columns: number;
}

/** Sides of the field's images, the likeliest first: where tiles are black at their rims, several sizes would fit. */
const usualSides = [32, 28, 64, 96, 128, 224, 256];
const smallest = 8;
const largestGap = 8;

/**
 * Find tile size, gap and margin of a picture grid: every line of a gap must have the colour of the first pixel all along.
 *
 * Among the layouts that fit, a usual side goes before others, then the gap of two pixels that torchvision draws, then
 * the smaller tile.
 *
 * @returns undefined if the picture has no gaps: then nothing says where a tile ends.
 */
export function findGrid(image: DecodedImage): Grid | undefined {
  const lines = [plainLines(image, "rows"), plainLines(image, "columns")];
  const longest = Math.max(image.width, image.height);
  const sides = [...usualSides];
  for (let side = smallest; side <= longest; side++) if (!usualSides.includes(side)) sides.push(side);
  for (const tile of sides) {
    for (const gap of [2, 1, 3, 4, 5, 6, 7, largestGap]) {
      for (const margin of [gap, 0]) {
        const rows = countTiles(image.height, tile, gap, margin, lines[0]);
        const columns = rows && countTiles(image.width, tile, gap, margin, lines[1]);
        if (rows && columns && rows * columns > 1) return { tile, gap, margin, rows, columns };
      }
    }
  }
  return undefined;
}

/** Which lines have the colour of the first pixel all along. */
function plainLines({ width, height, channels, data }: DecodedImage, along: "rows" | "columns"): Uint8Array {
  const plain = new Uint8Array(along === "rows" ? height : width).fill(1);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++, i++) if (data[i] !== data[c]) plain[along === "rows" ? y : x] = 0;
  return plain;
}

/** How many tiles lie along a side of the picture, or 0 if they do not fill it with plain gaps between them. */
function countTiles(length: number, tile: number, gap: number, margin: number, plain: Uint8Array): number {
  const count = (length - 2 * margin + gap) / (tile + gap);
  if (!Number.isInteger(count) || count < 1) return 0;
  let inside = 0;
  for (let at = 0; at < length; at++) {
    const within = at - margin;
    const inTile = within >= 0 && at < length - margin && within % (tile + gap) < tile;
    if (inTile) inside += 1 - plain[at];
    else if (!plain[at]) return 0;
  }
  return inside > 0 ? count : 0;
}
