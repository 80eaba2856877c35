import {
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
} from "pako";
import { DataError } from "../core/errors.ts";

/** Whether bytes start like a gzip member (RFC 1952: magic 1f 8b, method 8). */
export function isGzip(head: Uint8Array): boolean {
  return head.length > 2 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

/** Bytes that one call of the inflater may yield. */
const CHUNK = 1 << 16;

/**
 * Unpack a gzip file as gzip does: every member, one after the other, checksums and sizes compared; zero bytes after the last are
 * padding.
 *
 * @param most bytes that may come out. Memory is taken as it is needed, at most twice of it.
 * @throws DataError on a broken frame or stream, more than `most` bytes, a wrong checksum or size, or other bytes after the end.
 */
export function gunzip(bytes: Uint8Array<ArrayBuffer>, most: number, who: string): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(Math.min(most, 4 * bytes.length));
  let filled = 0;
  const stream = new ZStream();
  zlibInflateInit2(stream, 15 + 16);
  stream.input = bytes;
  stream.output = new Uint8Array(CHUNK);
  for (let start = 0; ; ) {
    bodyStart(start === 0 ? bytes : bytes.subarray(start), who);
    start = unpackMember(stream, start, who, (chunk) => {
      if (filled + chunk.length > most)
        throw new DataError(`${who}: invalid unpacked size: expected at most ${most} bytes, got more`, start);
      if (filled + chunk.length > out.length)
        out = grown(out, Math.min(most, Math.max(2 * out.length, filled + CHUNK)));
      out.set(chunk, filled);
      filled += chunk.length;
    });
    const padding = bytes.subarray(start).findIndex((byte) => byte !== 0);
    if (padding < 0) return filled === out.length ? out : out.slice(0, filled);
    if (padding > 0 || !isGzip(bytes.subarray(start)))
      throw new DataError(
        `${who}: invalid gzip file: expected another member or zeros, got other bytes`,
        start + padding,
      );
  }
}

/** Inflate one member. @returns where it ends. */
function unpackMember(stream: ZStream, start: number, who: string, take: (chunk: Uint8Array) => void): number {
  zlibInflateReset(stream);
  stream.next_in = start;
  stream.avail_in = stream.input.length - start;
  for (;;) {
    stream.next_out = 0;
    stream.avail_out = CHUNK;
    const status = zlibInflate(stream, Z_NO_FLUSH);
    if (stream.next_out > 0) take(stream.output.subarray(0, stream.next_out));
    if (status === Z_STREAM_END) return stream.next_in;
    if (status !== Z_OK && status !== Z_BUF_ERROR) throw broken(stream.msg, stream.next_in, who);
    if (stream.next_out === 0 && stream.avail_in === 0)
      throw new DataError(
        `${who}: missing gzip trailer: expected 8 bytes, got the end of the file`,
        stream.input.length,
      );
  }
}

function broken(why: string, at: number, who: string): DataError {
  if (/data check/.test(why))
    return new DataError(`${who}: invalid gzip checksum: expected that of the content, got another`, at);
  if (/length check/.test(why))
    return new DataError(`${who}: invalid unpacked size: expected that of the content, got another`, at);
  return new DataError(`${who}: invalid compressed data: expected a deflate stream, got one that breaks (${why})`, at);
}

function grown(from: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  out.set(from);
  return out;
}

/** The first `most` unpacked bytes of a gzip file of which only the beginning is at hand, of as many members as it takes. */
export function gunzipHead(head: Uint8Array<ArrayBuffer>, most: number, who: string): Uint8Array<ArrayBuffer> {
  bodyStart(head, who);
  const stream = new ZStream();
  zlibInflateInit2(stream, 15 + 16);
  stream.input = head;
  stream.avail_in = head.length;
  stream.output = new Uint8Array(most);
  stream.avail_out = most;
  for (;;) {
    const status = zlibInflate(stream, Z_NO_FLUSH);
    if (status !== Z_OK && status !== Z_BUF_ERROR && status !== Z_STREAM_END) {
      // What came out before the fault is a header all the same; whoever reads the whole will meet the fault.
      if (stream.next_out > 0) return stream.output.slice(0, stream.next_out);
      throw broken(stream.msg, stream.next_in, who);
    }
    const more = status === Z_STREAM_END && isGzip(head.subarray(stream.next_in));
    if (stream.avail_out === 0 || stream.avail_in === 0 || !more) return stream.output.slice(0, stream.next_out);
    const { next_out, avail_out } = stream;
    zlibInflateReset(stream);
    Object.assign(stream, { next_out, avail_out });
  }
}

function bodyStart(bytes: Uint8Array, who: string): number {
  if (!isGzip(bytes)) throw new DataError(`${who}: invalid gzip magic: expected 1f 8b 08, got other bytes`, 0);
  const flags = bytes[3];
  if (flags & 0xe0) throw new DataError(`${who}: invalid gzip flags: expected none reserved, got ${flags}`, 3);
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] | (bytes[at + 1] << 8));
  for (const named of [8, 16]) {
    if (!(flags & named)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw new DataError(`${who}: invalid gzip header: expected a text that ends, got none`, at);
    at = end + 1;
  }
  if (flags & 2) at += 2;
  if (!(at <= bytes.length))
    throw new DataError(`${who}: invalid gzip header: expected a body, got the end`, bytes.length);
  return at;
}
