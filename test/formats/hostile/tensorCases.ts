import { cat, u64 } from "./bytes.ts";
import type { HostileCase } from "./HostileCase.ts";
import * as p from "./pickles.ts";
import { sixNumbers, torchEntries, torchFile, zip } from "./zips.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function unsafe(name: string, fields: Partial<p.TensorFields>, rule: string, says?: RegExp): HostileCase {
  return { name: `tensor: ${name}`, bytes: torchFile(p.pickle(p.tensor(fields))), verdict: "unsafe", rule, says };
}

const huge = p.int(2 ** 45);

/** The five pickles of a legacy file, each replaceable, then its storages. */
interface LegacyParts {
  readonly magic: Bytes;
  readonly protocol: Bytes;
  readonly machine: Bytes;
  readonly object: Bytes;
  readonly keys: Bytes;
  readonly storages: Bytes;
}

const magicNumber = cat(0x8a, 10, [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

export function legacyFile(parts: Partial<LegacyParts> = {}): Bytes {
  const machine = p.dict(["protocol_version", p.int(1001)], ["little_endian", cat(0x88)]);
  const all: LegacyParts = {
    magic: p.pickle(magicNumber),
    protocol: p.pickle(p.int(1001)),
    machine: p.pickle(machine),
    object: p.pickle(p.tensor({ view: [p.none] })),
    keys: p.pickle(p.list(p.text("0"))),
    storages: cat(u64(6), sixNumbers),
    ...parts,
  };
  return cat(all.magic, all.protocol, all.machine, all.object, all.keys, all.storages);
}

function legacy(name: string, parts: Partial<LegacyParts>, verdict: HostileCase["verdict"], says: RegExp): HostileCase {
  return { name: `legacy: ${name}`, bytes: legacyFile(parts), verdict, says };
}

export const tensorCases: readonly HostileCase[] = [
  unsafe(
    "storage longer than its entry",
    { count: p.int(7) },
    "torch-storage",
    /expected a stored entry of 28 bytes, got 24/,
  ),
  unsafe("storage shorter than its entry", { count: p.int(5) }, "torch-storage"),
  unsafe("storage of 2^45 numbers", { count: huge }, "torch-storage"),
  unsafe("storage of a negative count", { count: p.int(-6) }, "torch-storage"),
  unsafe("storage without an entry", { key: p.text("1") }, "torch-storage", /got none/),
  unsafe("storage key with a path", { key: p.text("../0") }, "torch-storage"),
  unsafe("storage key that is no text", { key: p.int(0) }, "torch-storage"),
  unsafe("complex storage of a wrong size", { type: p.global("torch", "ComplexFloatStorage") }, "torch-storage"),
  unsafe("quantised storage of a wrong size", { type: p.global("torch", "QInt8Storage") }, "torch-storage"),
  unsafe("storage type that is a dtype", { type: p.global("torch", "float32") }, "torch-storage"),
  unsafe("storage type that is a constructor", { type: p.global("torch", "Size") }, "torch-storage"),
  unsafe("location that is no text", { location: p.none }, "torch-storage"),
  unsafe("persistent id with another tag", { id: p.tuple(p.text("module"), p.none) }, "torch-storage"),
  unsafe("persistent id that is no tuple", { id: p.text("storage") }, "torch-storage"),
  unsafe("persistent id of six members", { view: [p.none] }, "torch-storage"),
  unsafe("offset beyond the storage", { offset: p.int(6) }, "torch-extent"),
  unsafe("extent beyond the storage", { offset: p.int(1) }, "torch-extent", /within 6 numbers .* got number 6/),
  unsafe("stride that leads out", { stride: p.tuple(p.int(4), p.int(1)) }, "torch-extent"),
  unsafe("stride of 2^45", { stride: p.tuple(huge, p.int(1)) }, "torch-extent"),
  unsafe("negative stride", { stride: p.tuple(p.int(-3), p.int(1)) }, "torch-tensor"),
  unsafe("negative offset", { offset: p.int(-1) }, "torch-tensor"),
  unsafe("negative size", { size: p.tuple(p.int(-2), p.int(3)) }, "torch-tensor"),
  unsafe("size that is no number", { size: p.tuple(p.text("2"), p.int(3)) }, "torch-tensor"),
  unsafe(
    "size that is a float",
    { size: p.tuple(cat("G@\0\0\0\0\0\0\0"), cat("G@", [1, 0x99, 0, 0, 0, 0, 0])) },
    "torch-tensor",
  ),
  unsafe("fewer strides than sizes", { stride: p.tuple(p.int(1)) }, "torch-tensor"),
  unsafe(
    "nine dimensions",
    { size: p.tuple(...Array(9).fill(p.int(1))), stride: p.tuple(...Array(9).fill(p.int(0))) },
    "torch-tensor",
    /at most 8 dimensions/,
  ),
  unsafe("hooks that are not empty", { hooks: p.dict(["a", p.none]) }, "torch-tensor"),
  unsafe("requires_grad that is no bool", { grad: p.int(1) }, "torch-tensor"),
  unsafe("seven arguments", { more: [p.dict()] }, "torch-tensor"),
  {
    name: "tensor: 2^45 numbers by a stride of 0",
    bytes: torchFile(p.pickle(p.tensor({ size: p.tuple(huge), stride: p.tuple(p.int(0)) }))),
    verdict: "unsafe",
    rule: "torch-extent",
    says: /expected at most .* bytes, got 140737488355328/,
  },
  {
    name: "tensor: shape whose product overflows, hidden behind a 0",
    bytes: torchFile(
      p.pickle(p.tensor({ size: p.tuple(huge, huge, p.int(0)), stride: p.tuple(p.int(0), p.int(0), p.int(0)) })),
    ),
    verdict: "error",
    says: /fewer than 2\^53/,
  },
  {
    name: "tensor: persistent id in a plain pickle",
    bytes: p.pickle(p.tensor()),
    verdict: "unsafe",
    rule: "pickle-persistent",
  },
  {
    name: "tensor: storage compressed in the archive",
    bytes: zip(
      torchEntries(p.pickle(p.tensor())).map((entry) =>
        entry.name.endsWith("data/0") ? { ...entry, packed: cat(1, 24, 0, 231, 255, sixNumbers) } : entry,
      ),
    ),
    verdict: "unsafe",
    rule: "torch-storage",
    says: /method 8/,
  },
  legacy("wrong protocol", { protocol: p.pickle(p.int(1000)) }, "error", /invalid protocol: expected 1001/),
  legacy("big-endian machine", { machine: p.pickle(p.dict(["little_endian", cat(0x89)])) }, "error", /byte order/),
  legacy("machine record that calls", { machine: p.pickle(p.system()) }, "dangerous", /os\.system/),
  legacy("protocol number that calls", { protocol: p.pickle(p.system()) }, "dangerous", /os\.system/),
  legacy("storage keys that call", { keys: p.pickle(p.system()) }, "dangerous", /os\.system/),
  legacy("object that calls", { object: p.pickle(p.system()) }, "dangerous", /os\.system/),
  legacy("storage key missing", { keys: p.pickle(p.list()) }, "error", /storage keys: expected 1, got 0/),
  legacy("storage key unknown", { keys: p.pickle(p.list(p.text("1"))) }, "error", /each used key once/),
  legacy("storage count that differs", { storages: cat(u64(5), sixNumbers) }, "error", /expected 6 numbers, got 5/),
  legacy("storage count of 2^63", { storages: cat(u64(2n ** 63n), sixNumbers) }, "error", /below 2\^53/),
  legacy("storage cut short", { storages: cat(u64(6), sixNumbers.subarray(0, 20)) }, "error", /got the end after 20/),
  legacy(
    "bytes after the last storage",
    { storages: cat(u64(6), sixNumbers, p.pickle(p.system())) },
    "error",
    /more bytes/,
  ),
  legacy(
    "view of another storage",
    { object: p.pickle(p.tensor({ view: [p.tuple(p.text("1"), p.int(0), p.int(6))] })) },
    "unsafe",
    /no view/,
  ),
  legacy(
    "one key with two types",
    {
      object: p.pickle(
        p.list(p.tensor({ view: [p.none] }), p.tensor({ view: [p.none], type: p.global("torch", "IntStorage") })),
      ),
    },
    "unsafe",
    /one type and size/,
  ),
  {
    name: "legacy: tar form",
    bytes: cat("sys_info", new Uint8Array(249), "ustar", new Uint8Array(762)),
    verdict: "error",
    says: /tar form/,
  },
];
