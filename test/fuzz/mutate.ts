import type { Stream } from "../../src/core/random.ts";

/** Numbers at which readers go wrong. */
const interesting = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  16,
  24,
  32,
  64,
  100,
  127,
  128,
  255,
  256,
  512,
  1000,
  4096,
  32767,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];

/** Change bytes in one to eight ways, chosen at random: same stream, same changes. */
export function mutate(bytes: Uint8Array, other: Uint8Array, stream: Stream): Uint8Array {
  let out: Uint8Array = new Uint8Array(bytes);
  for (let times = 1 + stream.integer(8); times > 0; times--) out = once(out, other, stream);
  return out;
}

function once(bytes: Uint8Array, other: Uint8Array, stream: Stream): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(stream.integer(256));
  const at = stream.integer(bytes.length);
  switch (stream.integer(10)) {
    case 0:
      bytes[at] ^= 1 << stream.integer(8);
      return bytes;
    case 1:
      bytes[at] = stream.integer(256);
      return bytes;
    case 2:
      bytes[at] = interesting[stream.integer(interesting.length)] & 255;
      return bytes;
    case 3: {
      const value = interesting[stream.integer(interesting.length)];
      const width = [2, 4, 8][stream.integer(3)];
      const isBig = stream.integer(2) === 1;
      for (let i = 0; i < width && at + i < bytes.length; i++)
        bytes[at + i] = Math.floor(value / 256 ** (isBig ? width - 1 - i : i)) & 255;
      return bytes;
    }
    case 4:
      return bytes.slice(0, at);
    case 5: {
      const end = Math.min(bytes.length, at + 1 + stream.integer(16));
      return join(bytes.subarray(0, at), bytes.subarray(end));
    }
    case 6: {
      const more = Uint8Array.from({ length: 1 + stream.integer(8) }, () => stream.integer(256));
      return join(bytes.subarray(0, at), more, bytes.subarray(at));
    }
    case 7: {
      const piece = bytes.slice(at, at + 1 + stream.integer(64));
      const to = stream.integer(bytes.length + 1);
      return join(bytes.subarray(0, to), piece, bytes.subarray(to));
    }
    case 8: {
      const from = stream.integer(other.length + 1);
      return join(bytes.subarray(0, at), other.subarray(from, from + 1 + stream.integer(64)), bytes.subarray(at));
    }
    default: {
      const piece = bytes.slice(at, at + 1 + stream.integer(32));
      const to = stream.integer(bytes.length);
      bytes.set(piece.subarray(0, bytes.length - to), to);
      return bytes;
    }
  }
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
