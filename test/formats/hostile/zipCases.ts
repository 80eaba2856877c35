import { deflateSync } from "fflate";
import { cat, u16, u32, u64 } from "./bytes.ts";
import type { HostileCase } from "./HostileCase.ts";
import * as p from "./pickles.ts";
import { type EntryOptions, torchEntries, type ZipOptions, zip } from "./zips.ts";

const good = p.pickle(p.tensor());
const entries = torchEntries(good);
const [pickleEntry, storageEntry, versionEntry] = entries;

function error(name: string, bytes: Uint8Array, says: RegExp, verdict: HostileCase["verdict"] = "error"): HostileCase {
  return { name: `zip: ${name}`, bytes, verdict, says };
}

/** The archive with its storage entry changed. */
function storage(change: Partial<EntryOptions>, options?: ZipOptions): Uint8Array {
  return zip([pickleEntry, { ...storageEntry, ...change }, versionEntry], options);
}

/** The archive with one more entry. */
function plus(...more: readonly EntryOptions[]): Uint8Array {
  return zip([...entries, ...more]);
}

const extra = (name: string): EntryOptions => ({ name, content: cat("x") });
const zeros = new Uint8Array(1 << 20);
const bomb = deflateSync(zeros, { level: 9 });
const renamed = storageEntry.name.replace("/0", "/1");

export const zipCases: readonly HostileCase[] = [
  error(
    "local name differs",
    storage({ local: { name: renamed } }),
    /local header of "archive\/data\/0": expected name/,
  ),
  error("local method differs", storage({ local: { method: 8 } }), /expected method/),
  error("local flags differ", storage({ local: { flags: 0x800 } }), /expected flags/),
  error("local size differs", storage({ local: { size: 23 } }), /expected sizes and checksum/),
  error("local packed size differs", storage({ local: { packedSize: 23 } }), /expected sizes and checksum/),
  error("local checksum differs", storage({ local: { crc: 1 } }), /expected sizes and checksum/),
  error(
    "checksum of other content",
    zip([{ ...pickleEntry, both: { crc: 1 } }, storageEntry]),
    /expected checksum 1, got/,
  ),
  error(
    "descriptor missing",
    storage({ both: { flags: 8 }, local: { crc: 0, size: 0, packedSize: 0 } }),
    /data descriptor/,
  ),
  error(
    "descriptor that differs",
    storage({
      both: { flags: 8 },
      local: { crc: 0, size: 0, packedSize: 0 },
      after: cat("PK\x07\x08", u32(1), u32(24), u32(24)),
    }),
    /data descriptor/,
  ),
  error("entry twice", plus(storageEntry), /expected each once, got "archive\/data\/0" twice/),
  error("entry twice in another Unicode form", plus(extra("archive/\xc3\xa9"), extra("archive/e\xcc\x81")), /twice/),
  error("encrypted", storage({ both: { flags: 1 } }), /expected no encryption/),
  error("strongly encrypted", storage({ both: { flags: 0x41 } }), /expected no encryption/),
  error("masked headers", storage({ both: { flags: 0x2000 } }), /expected no encryption/),
  error("patch data", storage({ both: { flags: 0x20 } }), /no patch data/),
  error("method 12", storage({ both: { method: 12 } }), /expected 0 \(stored\) or 8 \(deflated\), got 12/),
  error("method 99", storage({ both: { method: 99 } }), /got 99/),
  error("stored with two sizes", storage({ both: { size: 100 } }), /expected 24 stored bytes, got 100/),
  error("absolute name", plus(extra("/etc/passwd")), /absolute path/),
  error("drive letter", plus(extra("C:/x")), /absolute path/),
  error("name with ..", plus(extra("archive/../../x")), /"\.\."/),
  error("name of ..", plus(extra("..")), /"\.\."/),
  error("way out with backslashes", plus(extra("archive\\..\\x")), /"\.\."/),
  error("name with a NUL", plus(extra("archive/x\0.png")), /control character/),
  error("empty name", plus(extra("")), /empty name/),
  error("name with an empty part", plus(extra("archive//x")), /empty or "\." part/),
  error("symbolic link", storage({ central: { attributes: 0xa1ff0000 } }), /symbolic link/),
  error("device", storage({ central: { attributes: 0x21ff0000 } }), /expected a file or a folder/),
  error("folder with content", plus({ name: "archive/x/", content: cat("x") }), /expected no content/),
  error("bomb by ratio", plus({ name: "archive/data/9", content: zeros, packed: bomb }), /ratio .* at most 100 times/),
  error(
    "bomb that hides its size",
    plus({ name: "archive/byteorder", content: cat("little"), packed: bomb, both: { size: 6 } }),
    /expected 6 inflated bytes, got more/,
  ),
  error(
    "deflated less than declared",
    plus({ name: "archive/byteorder", content: cat("little"), packed: deflateSync(cat("li")) }),
    /expected 6 inflated bytes, got 2/,
  ),
  error(
    "broken deflate stream",
    plus({ name: "archive/byteorder", content: cat("little"), packed: cat(7, 255, 255, 255) }),
    /deflate stream/,
  ),
  error("overlapping entries", plus({ ...versionEntry, name: "archive/data/7", central: { offset: 0 } }), /overlap/),
  error(
    "one entry quoting the next",
    zip([
      { name: "archive/a", content: cat(), both: { size: 60, packedSize: 60 } },
      { name: "archive/b", content: new Uint8Array(64) },
    ]),
    /overlap|checksum|begins/,
  ),
  error("bytes before the first entry", zip(entries, { before: cat("GIF89a") }), /unknown content|belong to no entry/),
  error(
    "bytes before, offsets corrected",
    cat("PK\x03\x04", zip(entries, { before: cat("PK\x03\x04") }).subarray(4)),
    /bytes before it belong to no entry/,
  ),
  error("bytes between entries", storage({ after: cat("hidden") }), /belong to no entry/),
  error("bytes before the directory", zip(entries, { between: cat("hidden") }), /belong to no entry/),
  error("bytes after the archive", zip(entries, { after: cat("hidden") }), /6 more bytes after it/),
  error("another archive after the archive", cat(zip(entries), zip(entries)), /belong to no|expected to end/),
  error("records in a comment", zip(entries, { comment: "hidden PK\x03\x04" }), /invalid comment/),
  error(
    "an end record in a comment",
    zip(entries, { comment: "PK\x05\x06 and more than eighteen bytes" }),
    /end record/,
  ),
  error("cut in the middle", zip(entries).subarray(0, 300), /no end record|got none/),
  error("cut after the first header", zip(entries).subarray(0, 31), /end record/),
  error("fewer entries than said", zip(entries, { count: 4 }), /central directory|entry count|directory record/),
  error("more entries than said", zip(entries, { count: 2 }), /got more bytes/),
  error("two entry counts", zip(entries, { diskCount: 1 }), /one number, got 1 and 3/),
  error("split archive", zip(entries, { disk: 1 }), /in one piece/),
  error("entry on another disk", storage({ central: { disk: 1 } }), /in one piece/),
  error("directory elsewhere", zip(entries, { directoryOffset: 0 }), /expected to end at/),
  error("directory longer than it is", zip(entries, { directorySize: 10_000 }), /expected to end at/),
  error("local header beyond the file", storage({ central: { offset: 0x7fffffff } }), /belong to no entry|expected at/),
  error(
    "64-bit size of 2^60",
    storage({
      central: {
        size: 0xffffffff,
        packedSize: 0xffffffff,
        extra: cat(u16(1), u16(16), u64(2n ** 52n), u64(2n ** 52n)),
      },
    }),
    /before the directory/,
  ),
  error(
    "64-bit end record of no place",
    cat(zip(entries).subarray(0, -22), "PK\x06\x07", u32(0), u64(5), u32(1), zip(entries).subarray(-22)),
    /64-bit end record/,
  ),
  error("two top folders", plus(extra("other/version")), /one top folder/),
  error("no top folder", zip(torchEntries(good, "")), /one top folder/),
  error("no data.pkl", zip([storageEntry, versionEntry]), /missing entry|data\.pkl/),
  error("big-endian numbers", plus({ name: "archive/byteorder", content: cat("big") }), /expected "little", got "big"/),
  {
    ...error("TorchScript", plus(extra("archive/code/__torch__.py")), /holds "code/, "dangerous"),
    rule: "torch-script",
  },
  {
    ...error("a program beside the tensors", plus(extra("archive/setup.py")), /holds "setup\.py"/, "unsafe"),
    rule: "torch-entry",
  },
  {
    ...error("a second pickle beside data.pkl", plus(extra("archive/data/evil.pkl")), /evil\.pkl/, "unsafe"),
    rule: "torch-entry",
  },
];
