import { cat, u16, u32, utf8 } from "./bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

// An assembler of pickles: each function gives the bytes that push one value.

export const proto = (n = 2): Bytes => cat(0x80, n);
export const stop = cat(".");
export const none = cat("N");
export const mark = cat("(");

export const global = (module: string, name: string): Bytes => cat("c", utf8(module), "\n", utf8(name), "\n");
export const inst = (module: string, name: string): Bytes => cat("i", utf8(module), "\n", utf8(name), "\n");

export function text(value: string): Bytes {
  const bytes = utf8(value);
  return cat("X", u32(bytes.length), bytes);
}

export function shortText(value: string): Bytes {
  const bytes = utf8(value);
  return cat(0x8c, bytes.length, bytes);
}

export function int(value: number): Bytes {
  if (value >= 0 && value < 256) return cat("K", value);
  if (value >= 0 && value < 65536) return cat("M", u16(value));
  if (value >= -(2 ** 31) && value < 2 ** 31) return cat("J", u32(value));
  const bytes: number[] = [];
  for (let rest = BigInt(value); bytes.length < 8; rest >>= 8n) bytes.push(Number(rest & 255n));
  return cat(0x8a, 8, bytes);
}

export const put = (slot: number): Bytes => cat("q", slot);
export const get = (slot: number): Bytes => cat("h", slot);
export const tuple = (...items: readonly Bytes[]): Bytes => cat(mark, ...items, "t");
export const list = (...items: readonly Bytes[]): Bytes => cat("]", mark, ...items, "e");
export const dict = (...pairs: readonly (readonly [string, Bytes])[]): Bytes =>
  cat("}", mark, ...pairs.map(([key, value]) => cat(text(key), value)), "u");
export const reduce = (callee: Bytes, ...args: readonly Bytes[]): Bytes => cat(callee, tuple(...args), "R");
export const build = (target: Bytes, state: Bytes): Bytes => cat(target, state, "b");
export const shortBytes = (value: string): Bytes => cat("U", value.length, value);

/** A pickle that leaves one value. */
export const pickle = (value: Bytes, protocol = 2): Bytes => cat(proto(protocol), value, stop);

/** What attackers want to run. */
export const system = (module = "os", name = "system"): Bytes => reduce(global(module, name), text("true"));

export const emptyOrderedDict = reduce(global("collections", "OrderedDict"));

export interface TensorFields {
  readonly type: Bytes;
  readonly key: Bytes;
  readonly location: Bytes;
  readonly count: Bytes;
  readonly offset: Bytes;
  readonly size: Bytes;
  readonly stride: Bytes;
  readonly grad: Bytes;
  readonly hooks: Bytes;
  readonly more: readonly Bytes[];
  /** Replaces the whole persistent id. */
  readonly id: Bytes;
  readonly view: readonly Bytes[];
}

/** A tensor of [2, 3] float32 numbers in storage "0"; any part can be replaced. */
export function tensor(fields: Partial<TensorFields> = {}): Bytes {
  const f = {
    type: global("torch", "FloatStorage"),
    key: text("0"),
    location: text("cpu"),
    count: int(6),
    offset: int(0),
    size: tuple(int(2), int(3)),
    stride: tuple(int(3), int(1)),
    grad: cat(0x89),
    hooks: emptyOrderedDict,
    more: [],
    view: [],
    ...fields,
  };
  const id = fields.id ?? tuple(text("storage"), f.type, f.key, f.location, f.count, ...f.view);
  return reduce(
    global("torch._utils", "_rebuild_tensor_v2"),
    cat(id, "Q"),
    f.offset,
    f.size,
    f.stride,
    f.grad,
    f.hooks,
    ...f.more,
  );
}
