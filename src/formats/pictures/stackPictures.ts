import { DataError } from "../../core/errors.ts";
import { centreSquare } from "../../data/centreSquare.ts";
import type { ImageShape } from "../../data/LabelledSet.ts";
import type { DecodedImage, Finding, JpegDecoder, SourceFile } from "../Format.ts";
import type { Budget } from "../limits.ts";
import { NotRecognised } from "../NotRecognised.ts";
import { decodePicture } from "./decodePicture.ts";

/**
 * Decode pictures of one size, or of any size brought to `side`, into one NCHW array. Grey pictures in a colour set are repeated over the channels.
 *
 * The first picture's declared size decides what the whole takes, and is charged before anything is decoded.
 *
 * @throws DataError that names the file if one breaks a rule or has another size.
 */
export async function stackPictures(
  files: readonly SourceFile[],
  budget: Budget,
  who: string,
  { jpeg, side: wanted }: { readonly jpeg?: JpegDecoder; readonly side?: number } = {},
): Promise<{ pixels: Uint8Array<ArrayBuffer>; shape: ImageShape; findings: Finding[] }> {
  const tally = new Map<string, { finding: Finding; count: number }>();
  const n = files.length;
  let side = wanted === undefined ? undefined : { width: wanted, height: wanted };
  let room = 0;
  let pixels = new Uint8Array(0);
  const allocate = ({ width, height }: { readonly width: number; readonly height: number }) => {
    budget.charge(n * 3 * width * height, who, `${n} pictures of ${width} × ${height}`);
    pixels = new Uint8Array(n * 3 * width * height);
  };
  if (side) allocate(side);
  const grey = new Set<number>();
  for (const [i, file] of files.entries()) {
    budget.charge(file.size, who, file.path);
    const approve = (width: number, height: number) => {
      if (side && wanted === undefined && (side.width !== width || side.height !== height))
        throw new NotRecognised(
          `invalid picture size: expected ${side.width} × ${side.height} as ${files[0].path} has, got ${width} × ${height}; raw data are brought to one size by NAME@SIZE`,
        );
      // Room for the decoder: filtered rows, their copy, the pixels.
      if (width * height > room) budget.charge(12 * (width * height - room), who, "one picture while it is decoded");
      room = Math.max(room, width * height);
      if (side) return;
      side = { width, height };
      allocate(side);
    };
    const { image, extras } = await inFile(file.path, who, async () => decodePicture(await file.read(), jpeg, approve));
    if (image.channels === 1) grey.add(i);
    putPlanes(wanted === undefined ? planesOf(image) : squares(image, wanted), pixels, i);
    for (const { rule, detail } of extras) {
      const entry = tally.get(rule);
      if (entry) entry.count++;
      else
        tally.set(rule, { count: 1, finding: { severity: severityOf(rule), rule, message: detail, file: file.path } });
    }
  }
  const { width, height } = side ?? { width: 0, height: 0 };
  const findings = [...tally.values()].map(({ finding, count }) => ({
    ...finding,
    message: `${count} of ${n} pictures ${count === 1 ? "carries" : "carry"} ${finding.message}${count === 1 ? "" : " (the first of them)"}`,
  }));
  if (grey.size < n) {
    if (grey.size > 0)
      findings.push({
        severity: "note",
        rule: "grey-pictures",
        message: `${grey.size} of ${n} pictures are grey and were repeated over three channels.`,
      });
    return { pixels, shape: [n, 3, height, width], findings };
  }
  return { pixels: firstChannel(pixels, n, height * width), shape: [n, 1, height, width], findings };
}

/** The planes of one picture, one of a grey one. */
function planesOf({ data, channels, width, height }: DecodedImage): Uint8Array[] {
  const area = width * height;
  if (channels === 1) return [data.subarray(0, area)];
  return [0, 1, 2].map((c) => Uint8Array.from({ length: area }, (_, p) => data[p * channels + c]));
}

const squares = (image: DecodedImage, side: number): Uint8Array[] =>
  planesOf(image).map((plane) => centreSquare(plane, image.height, image.width, side));

/** Planes of image `i`, always three. */
function putPlanes(planes: readonly Uint8Array[], pixels: Uint8Array, i: number): void {
  for (let c = 0; c < 3; c++) {
    const plane = planes[c] ?? planes[0];
    pixels.set(plane, (3 * i + c) * plane.length);
  }
}

function firstChannel(pixels: Uint8Array, n: number, area: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(n * area);
  for (let i = 0; i < n; i++) out.set(pixels.subarray(3 * i * area, (3 * i + 1) * area), i * area);
  return out;
}

async function inFile<T>(path: string, who: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const Kind = error instanceof NotRecognised ? NotRecognised : DataError;
    throw new Kind(`${who}: ${path}: ${error.message}`);
  }
}

function severityOf(rule: string): Finding["severity"] {
  return ["picture-trailing", "picture-alpha", "picture-16-bit"].includes(rule) ? "warning" : "note";
}
