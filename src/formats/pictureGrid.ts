import { DataError } from "../core/errors.ts";
import type { DistilledSet } from "../data/DistilledSet.ts";
import { distilledFromPixels } from "../data/eightBit.ts";
import type { DecodedImage, Finding, Format, Opened } from "./Format.ts";
import { Budget } from "./limits.ts";
import { NotRecognised } from "./NotRecognised.ts";
import { decodePicture, headBytes, pictureKind } from "./pictures/decodePicture.ts";
import { findGrid, type Grid } from "./pictures/findGrid.ts";
import { byteRange } from "./rawSet.ts";

const who = "pictureGrid";

/** One picture of tiles with gaps, as torchvision's `save_image` draws a distilled set: a row of tiles per class. */
export const pictureGrid: Format = {
  title: "Picture grid (DC-BENCH and DC visualisations)",
  source: "https://github.com/justincui03/dc_benchmark",
  endings: [".png"],
  writesPixels: true,

  async detect(source) {
    if (source.files.length !== 1) return 0;
    const [file] = source.files;
    const kind = pictureKind(await file.read(0, Math.min(file.size, headBytes)));
    return typeof kind === "string" ? 0.7 : 0;
  },

  async read(source, options = {}): Promise<Opened> {
    if (source.files.length !== 1)
      throw new DataError(`${who}: invalid source: expected one picture, got ${source.files.length} files`);
    const [file] = source.files;
    const budget = new Budget(options.maxBytes);
    budget.charge(file.size, who, file.path);
    const approve = (width: number, height: number) =>
      budget.charge(12 * width * height, who, `a picture of ${width} × ${height}`);
    const { image, extras } = await decodePicture(await file.read(), options.jpeg, approve);
    const grid = findGrid(image);
    if (!grid)
      throw new NotRecognised(
        `${who}: unknown layout: expected equal tiles with straight gaps of one colour between them, got one picture of ${image.width} × ${image.height}`,
      );
    const set = cut(image, grid, source.name, budget);
    const findings: Finding[] = extras.map(({ rule, detail }) => ({
      severity: "note",
      rule,
      message: `The picture carries ${detail}.`,
    }));
    findings.push({
      severity: "note",
      rule: "labels-from-rows",
      message: `${grid.rows} rows of ${grid.columns} tiles of ${grid.tile} × ${grid.tile} pixels: each row was taken as a class.`,
    });
    if (file.path && pictureKind(await file.read(0, Math.min(file.size, headBytes))) === "jpeg")
      findings.push({
        severity: "warning",
        rule: "lossy-grid",
        message: "The grid is a JPEG: its tiles are not exact.",
      });
    const objects = [{ path: "tiles", dtype: "uint8", shape: set.shape, ...byteRange(image.data) }];
    return { format: "pictureGrid", set, objects, findings, normalisationBy: "pictures" };
  },

  // Loaded where it is asked for: its packages take as long to load as all readers together.
  async write(set) {
    const { writePictureGrid } = await import("./pictures/writePictureGrid.ts");
    return writePictureGrid(set);
  },
};

/** Cut the tiles row by row. A grid whose three channels agree everywhere becomes a grey set. */
function cut(image: DecodedImage, grid: Grid, name: string, budget: Budget): DistilledSet {
  const { tile, gap, margin, rows, columns } = grid;
  const { width, data, channels: stored } = image;
  const channels = stored === 3 && !isGrey(data) ? 3 : 1;
  const n = rows * columns;
  budget.charge(5 * n * channels * tile * tile, who, `${n} tiles`);
  const pixels = new Uint8Array(n * channels * tile * tile);
  let to = 0;
  for (let i = 0; i < n; i++) {
    const top = margin + Math.floor(i / columns) * (tile + gap);
    const left = margin + (i % columns) * (tile + gap);
    for (let c = 0; c < channels; c++)
      for (let y = top; y < top + tile; y++)
        for (let x = left; x < left + tile; x++) pixels[to++] = data[(y * width + x) * stored + c];
  }
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor(i / columns));
  return distilledFromPixels({
    kind: "labelled",
    name,
    pixels,
    shape: [n, channels, tile, tile],
    labels,
    classes: rows,
  });
}

function isGrey(data: Uint8Array): boolean {
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  return true;
}
