import type { Stream } from "../../src/core/random.ts";
import type { Grammar } from "./grammar.ts";

/** Numbers at which readers go wrong. */
const interesting = [
  ...[0, 1, 2, 3, 4, 7, 8, 16, 24, 32, 64, 100, 127, 128, 255, 256, 512, 1000, 4096, 32767, 65535],
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63],
];

/** Files grow no further than this. */
const maxLength = 2 ** 17;

/**
 * Change bytes in one to eight ways, chosen at random, by single bytes or by whole pieces: same stream, same changes.
 *
 * @param other where foreign pieces come from.
 */
export function mutate(bytes: Uint8Array, other: Uint8Array, stream: Stream, grammar: Grammar): Uint8Array {
  let out: Uint8Array = new Uint8Array(bytes);
  for (let times = 1 + stream.integer(8); times > 0; times--) {
    if (out.length === 0) out = Uint8Array.of(stream.integer(256));
    out = stream.integer(2) ? changePiece(out, other, stream, grammar) : changeBytes(out, other, stream);
    if (out.length > maxLength) out = out.slice(0, maxLength);
  }
  return out;
}

type Change = (bytes: Uint8Array, at: number, stream: Stream, other: Uint8Array) => Uint8Array;

const flipBit: Change = (bytes, at, stream) => put(bytes, at, [bytes[at] ^ (1 << stream.integer(8))]);
const setByte: Change = (bytes, at, stream) => put(bytes, at, [stream.integer(256)]);
const setNumber: Change = (bytes, at, stream) => put(bytes, at, numberBytes(stream));
const cutOff: Change = (bytes, at) => bytes.slice(0, at);
const remove: Change = (bytes, at, stream) => splice(bytes, at, at + 1 + stream.integer(16));
const addNoise: Change = (bytes, at, stream) =>
  splice(
    bytes,
    at,
    at,
    Uint8Array.from({ length: 1 + stream.integer(8) }, () => stream.integer(256)),
  );

/** Take a little from a number of one to eight bytes, or add it. */
const nudge: Change = (bytes, at, stream) => {
  const delta = 1 + stream.integer(16);
  return put(bytes, at, [bytes[at] + (stream.integer(2) ? delta : -delta)]);
};

const copyWithin: Change = (bytes, at, stream) => {
  const piece = bytes.slice(at, at + 1 + stream.integer(64));
  const to = stream.integer(bytes.length);
  return stream.integer(2) ? splice(bytes, to, to, piece) : put(bytes, to, piece);
};

const copyFrom: Change = (bytes, at, stream, other) => {
  const from = stream.integer(other.length + 1);
  return splice(bytes, at, at, other.subarray(from, from + 1 + stream.integer(64)));
};

/** Say the same other thing wherever these bytes stand: names and sizes that a format states twice still agree. */
const replaceAll: Change = (bytes, at, stream) => {
  const old = bytes.slice(at, at + 1 + stream.integer(8));
  const next = stream.integer(2) ? numberBytes(stream).slice(0, old.length) : [old[0] ^ (1 << stream.integer(8))];
  let out = bytes;
  for (let i = 0; i + old.length <= bytes.length; i++)
    if (old.every((byte, j) => bytes[i + j] === byte)) out = put(out, i, next);
  return out;
};

const changes = [...[flipBit, setByte, setNumber, nudge, cutOff, remove, addNoise, copyWithin, copyFrom, replaceAll]];

function changeBytes(bytes: Uint8Array, other: Uint8Array, stream: Stream): Uint8Array {
  return changes[stream.integer(changes.length)](bytes, stream.integer(bytes.length), stream, other);
}

/** Leave a piece out, repeat it, exchange it with another, or put a foreign one in its place or before it. */
function changePiece(bytes: Uint8Array, other: Uint8Array, stream: Stream, grammar: Grammar): Uint8Array {
  const [start, end] = pick(bytes, stream, grammar);
  const [from, to] = pick(bytes, stream, grammar);
  const piece = bytes.slice(start, end);
  switch (stream.integer(6)) {
    case 0:
      return splice(bytes, start, end);
    case 1:
      return splice(bytes, from, from, piece);
    case 2:
      return splice(bytes, end, end, repeat(piece, 1 + stream.integer(stream.integer(8) ? 4 : 5000)));
    case 3:
      return start <= from ? exchange(bytes, start, end, from, to) : exchange(bytes, from, to, start, end);
    case 4:
      return splice(bytes, start, start, other.slice(...pick(other, stream, grammar)));
    default:
      return splice(bytes, start, end, other.slice(...pick(other, stream, grammar)));
  }
}

/** Where one piece, or a run of up to four, begins and ends. */
function pick(bytes: Uint8Array, stream: Stream, grammar: Grammar): [number, number] {
  const cuts = grammar(bytes);
  if (cuts.length === 0) return [0, 0];
  const i = stream.integer(cuts.length);
  return [cuts[i], cuts[i + 1 + (stream.integer(4) ? 0 : stream.integer(4))] ?? bytes.length];
}

function exchange(bytes: Uint8Array, start: number, end: number, from: number, to: number): Uint8Array {
  if (from < end) return bytes;
  return join(
    bytes.subarray(0, start),
    bytes.subarray(from, to),
    bytes.subarray(end, from),
    bytes.subarray(start, end),
    bytes.subarray(to),
  );
}

function numberBytes(stream: Stream): number[] {
  const value = BigInt(interesting[stream.integer(interesting.length)]) + BigInt(stream.integer(3) - 1);
  const width = [1, 2, 4, 8][stream.integer(4)];
  const bytes = Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return stream.integer(2) ? bytes : bytes.reverse();
}

function put(bytes: Uint8Array, at: number, values: ArrayLike<number>): Uint8Array {
  for (let i = 0; i < values.length && at + i < bytes.length; i++) bytes[at + i] = values[i];
  return bytes;
}

function splice(bytes: Uint8Array, start: number, end: number, piece: Uint8Array = new Uint8Array()): Uint8Array {
  return join(bytes.subarray(0, start), piece, bytes.subarray(end));
}

function repeat(piece: Uint8Array, times: number): Uint8Array<ArrayBuffer> {
  const count = Math.min(times, Math.ceil(maxLength / Math.max(piece.length, 1)));
  const out = new Uint8Array(piece.length * count);
  for (let i = 0; i < count; i++) out.set(piece, i * piece.length);
  return out;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
