import { DataError } from "../../core/errors.ts";
import { checkPictureSize, type Extra } from "./pictureLimits.ts";

const who = "jpeg";
/** Chosen: encoders write about ten scans; every scan costs a pass over all pixels, so hundreds are an attack. */
const maxScans = 64;

interface Segment {
  readonly marker: number;
  readonly start: number;
  /** Where the segment ends, the coded data of a scan included. */
  readonly end: number;
  /** Payload, behind the length. */
  readonly data: Uint8Array;
}

export interface JpegScan {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** The file without comments, EXIF, colour profiles and trailing bytes: what a decoder needs and nothing more. */
  readonly clean: Uint8Array<ArrayBuffer>;
  readonly extras: readonly Extra[];
}

/** Does this look like the beginning of a JPEG? */
export function isJpeg(head: Uint8Array): boolean {
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff;
}

/**
 * Check a JPEG's structure before a decoder sees it: baseline or progressive, 8-bit, grey or three colours, size inside
 * the limits, few scans.
 *
 * @throws DataError on everything else: arithmetic, lossless, 12-bit and four-colour files by name.
 */
export function scanJpeg(bytes: Uint8Array<ArrayBuffer>): JpegScan {
  const { segments, end } = listSegments(bytes);
  const frames = segments.filter(({ marker }) => isFrame(marker));
  if (frames.length !== 1) throw new DataError(`${who}: invalid frame: expected one, got ${frames.length}`);
  const { width, height, channels } = parseFrame(frames[0]);
  const scans = segments.filter(({ marker }) => marker === 0xda).length;
  if (scans < 1 || scans > maxScans)
    throw new DataError(`${who}: invalid number of scans: expected 1 to ${maxScans}, got ${scans}`);
  const extras = segments.flatMap(describe);
  if (end < bytes.length)
    extras.push({ rule: "picture-trailing", detail: `${bytes.length - end} bytes after the end of the picture` });
  return { width, height, channels, clean: rebuild(bytes, segments), extras };
}

/** Walk the markers; coded data is skipped to the next marker that is no restart and no stuffed byte (T.81, annex B). */
function listSegments(bytes: Uint8Array): { segments: Segment[]; end: number } {
  if (!isJpeg(bytes)) throw new DataError(`${who}: invalid signature: expected ff d8 ff, got other bytes`, 0);
  const segments: Segment[] = [];
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff)
      throw new DataError(`${who}: invalid marker: expected ff, got ${bytes[at] ?? "the end"}`, at);
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === 0xd9) return { segments, end: at + 2 };
    if (marker === undefined || marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8))
      throw new DataError(`${who}: unknown marker: expected a segment, got ${marker?.toString(16) ?? "the end"}`, at);
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (!(length >= 2 && at + 2 + length <= bytes.length))
      throw new DataError(
        `${who}: invalid segment length: expected 2 to ${bytes.length - at - 2}, got ${length}`,
        at + 2,
      );
    const start = at;
    at += 2 + length;
    const data = bytes.subarray(start + 4, at);
    if (marker === 0xda) at = skipCodedData(bytes, at);
    segments.push({ marker, start, end: at, data });
    if (segments.length > 65_536)
      throw new DataError(`${who}: invalid file: expected at most 65536 segments, got more`, at);
  }
}

function skipCodedData(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length)
      throw new DataError(`${who}: missing end marker: expected ff d9, got the end of the file`, bytes.length);
    const next = bytes[at + 1];
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at += next === 0xff ? 1 : 2;
  }
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function parseFrame({ marker, data, start }: Segment): { width: number; height: number; channels: 1 | 3 } {
  if (marker > 0xc2)
    throw new DataError(
      `${who}: unknown coding: expected baseline or progressive (c0, c1, c2), got ${marker.toString(16)}`,
      start,
    );
  if (data.length < 6)
    throw new DataError(`${who}: invalid frame: expected 6 bytes or more, got ${data.length}`, start);
  if (data[0] !== 8) throw new DataError(`${who}: invalid precision: expected 8 bits, got ${data[0]}`, start + 4);
  const [height, width] = [(data[1] << 8) | data[2], (data[3] << 8) | data[4]];
  checkPictureSize(width, height, who, start + 5);
  const channels = data[5];
  if (channels !== 1 && channels !== 3)
    throw new DataError(`${who}: invalid number of colours: expected 1 or 3, got ${channels}`, start + 9);
  if (data.length !== 6 + 3 * channels)
    throw new DataError(`${who}: invalid frame: expected ${6 + 3 * channels} bytes, got ${data.length}`, start);
  return { width, height, channels };
}

/** APP0 (JFIF) and APP14 (Adobe) say how colours are coded and stay; other APP segments and comments go. */
function isNeeded({ marker }: Segment): boolean {
  return marker === 0xe0 || marker === 0xee || !((marker >= 0xe0 && marker <= 0xef) || marker === 0xfe);
}

function rebuild(bytes: Uint8Array, segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  const kept = segments.filter(isNeeded);
  const clean = new Uint8Array(4 + kept.reduce((sum, { start, end }) => sum + end - start, 0));
  clean.set([0xff, 0xd8]);
  let at = 2;
  for (const { start, end } of kept) {
    clean.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  clean.set([0xff, 0xd9], at);
  return clean;
}

function describe(segment: Segment): Extra[] {
  const { marker, data } = segment;
  const size = `${data.length} bytes`;
  if (marker === 0xfe) return [{ rule: "picture-text", detail: `a comment, ${size}` }];
  if (isNeeded(segment)) return [];
  const name = new TextDecoder("latin1").decode(data.subarray(0, 32)).split("\0")[0];
  if (name === "ICC_PROFILE")
    return [{ rule: "picture-profile", detail: `a colour profile, ${size}, which is not applied` }];
  if (marker === 0xe1 && name === "Exif") return [{ rule: "picture-exif", detail: `EXIF, ${size}` }];
  return [{ rule: "picture-text", detail: `APP${marker - 0xe0} ${JSON.stringify(name.slice(0, 32))}, ${size}` }];
}
