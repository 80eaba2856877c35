import { cat, u16, u32, u64, utf8 } from "./bytes.ts";
import type { HostileCase } from "./HostileCase.ts";
import * as p from "./pickles.ts";
import { zip } from "./zips.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function npy(header: string, data: Bytes = new Uint8Array(24), version = 1): Bytes {
  const length = version === 1 ? u16(header.length) : u32(header.length);
  return cat(0x93, "NUMPY", version, 0, length, header, data);
}

const header = (descr: string, shape: string, order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

function array(name: string, bytes: Bytes, says: RegExp, verdict: HostileCase["verdict"] = "error"): HostileCase {
  return { name: `npy: ${name}`, bytes, verdict, says };
}

export const npyCases: readonly HostileCase[] = [
  array("code in place of the header", npy("__import__('os').system('true')"), /expected a literal/),
  array(
    "code as a value",
    npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (exit(), ), }`),
    /expected a literal/,
  ),
  array("text that joins texts", npy(header("'<f' '4'", "(6,)")), /invalid header/),
  array("text with an escape", npy(header("'\\x3cf4'", "(6,)")), /expected a literal/),
  array("comment", npy(`{'descr': '<f4', # x\n 'fortran_order': False, 'shape': (6,)}`), /expected a literal/),
  array("key twice", npy(`{'descr': '<f4', 'descr': '|O', 'fortran_order': False, 'shape': (6,)}`), /descr once/),
  array(
    "key too many",
    npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'x': 1}`),
    /descr, fortran_order or shape/,
  ),
  array("key missing", npy(`{'descr': '<f4', 'shape': (6,)}`), /all of/),
  array("text after the dictionary", npy(`${header("'<f4'", "(6,)").trim()} 1`), /the end/),
  array("dictionary not closed", npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (6,)`), /invalid header/),
  array("list as shape", npy(header("'<f4'", "[6]")), /invalid header/),
  array("number as shape", npy(header("'<f4'", "(6)")), /comma in a tuple of one/),
  array("negative size", npy(header("'<f4'", "(-6,)")), /expected a literal/),
  array("fraction as size", npy(header("'<f4'", "(6.0,)")), /expected a literal/),
  array("1 as order", npy(header("'<f4'", "(6,)", "1")), /True or False/),
  array("nine dimensions", npy(header("'<f4'", "(1,1,1,1,1,1,1,1,6)")), /at most 8 dimensions/),
  array("2^53 numbers", npy(header("'<f4'", "(94906266, 94906266)")), /fewer than 2\^53/),
  array("2^53 numbers behind a 0", npy(header("'<f4'", "(94906266, 94906266, 0)"), cat()), /fewer than 2\^53/),
  array("10^12 numbers", npy(header("'<f4'", "(1000000, 1000000)")), /expected 4000000000000 bytes/),
  array("fewer bytes than numbers", npy(header("'<f4'", "(7,)")), /expected 28 bytes/),
  array("more bytes than numbers", npy(header("'<f4'", "(5,)")), /expected 20 bytes/),
  array("fewer big-endian bytes than numbers", npy(header("'>f4'", "(7,)")), /expected 28 bytes/),
  array("native order", npy(header("'=f4'", "(6,)")), /expected one of/),
  array("structured", npy(header("[('a', '<f4'), (('O', 'b'), '<i4', (2,))]", "(2,)")), /structured/),
  array(
    "structures in structures",
    npy(header(`${"[('a', ".repeat(20)}'<f4'${")]".repeat(20)}`, "(2,)")),
    /at most 16/,
  ),
  ...["[('a', '<f4'), ('b', '|O')]", "[('a', [('b', 'O', (2,))])]", "('|O', (3,))", "'i4,O'", "'object'"].map(
    (descr) => ({
      ...array(
        `objects by the type ${descr}`,
        npy(header(descr, "(1,)"), p.pickle(p.system())),
        /Python objects.*os\.system/,
        "dangerous",
      ),
      ...{ rule: "npy-objects", globals: ["os.system"] },
    }),
  ),
  array("structured and never closed", npy(header("[('a', ", "(3,)")), /invalid header/),
  array("void", npy(header("'|V4'", "(6,)")), /expected one of/),
  array("version 4", npy(header("'<f4'", "(6,)"), cat(), 4), /unknown version/),
  array("header of 4 GB", cat(0x93, "NUMPY", 2, 0, u32(0xffffffff), "{"), /at most 10000 bytes/),
  array("header beyond the file", cat(0x93, "NUMPY", 1, 0, u16(5000), "{"), /got the end/),
  array("cut in the magic", cat(0x93, "NUMPY"), /got the end/),
  {
    ...array("objects", npy(header("'|O'", "(1,)"), p.pickle(p.list(p.none))), /Python objects/, "unsafe"),
    rule: "npy-objects",
  },
  {
    ...array(
      "objects that call",
      npy(header("'|O'", "(1,)"), p.pickle(p.system())),
      /Python objects.*os\.system/,
      "dangerous",
    ),
    rule: "npy-objects",
    globals: ["os.system"],
  },
  array(
    "npz with something else in it",
    zip([
      { name: "a.npy", content: npy(header("'<f4'", "(6,)")) },
      { name: "b.pkl", content: p.pickle(p.system()) },
    ]),
    /only \.npy/,
  ),
  {
    ...array(
      "npz with objects that call",
      zip([{ name: "a.npy", content: npy(header("'|O'", "(1,)"), p.pickle(p.system())) }]),
      /os\.system/,
      "dangerous",
    ),
    globals: ["os.system"],
  },
  array(
    "npz with an array twice",
    zip([
      { name: "a.npy", content: npy(header("'<f4'", "(6,)")) },
      { name: "a.npy", content: npy(header("'<i4'", "(6,)")) },
    ]),
    /twice/,
  ),
];

function tensors(json: string, data: Bytes = new Uint8Array(24), length?: number | bigint): Bytes {
  const text = utf8(json);
  return cat(u64(length ?? text.length), text, data);
}

function safe(name: string, bytes: Bytes, says: RegExp): HostileCase {
  return { name: `safetensors: ${name}`, bytes, verdict: "error", says };
}

const entry = (from: number, to: number, shape = `[${(to - from) / 4}]`, dtype = "F32") =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;

/** A file that claims the canonical form, with one text entry changed. */
function canonical(changes: Record<string, string>): Bytes {
  const meta = {
    format: "retort-distilled-set",
    version: "1",
    name: "x",
    classes: "2",
    label_form: "hard",
    normalisation: '{"kind":"unit"}',
    metadata: "{}",
    ...changes,
  };
  const json = `{"__metadata__":${JSON.stringify(meta)},"images":${entry(0, 32, "[2,1,2,2]")},"labels":${entry(32, 48, "[2]", "I64")}}`;
  return tensors(json, new Uint8Array(48));
}

export const safetensorsCases: readonly HostileCase[] = [
  safe("header beyond the file", tensors(`{"a":${entry(0, 24)}}`, cat(), 4000), /header length/),
  safe("header of 2^63 bytes", tensors(`{"a":${entry(0, 24)}}`, cat(), 2n ** 63n), /unknown content|header length/),
  safe("header over 1 MB", tensors(`{"a":${entry(0, 24)}${" ".repeat(1_000_000)}}`), /at most 1000000 bytes/),
  safe(
    "header that begins with a space",
    cat(u64(60), " ", `{"a":${entry(0, 24)}}`, new Uint8Array(60)),
    /unknown content|expected "\{"/,
  ),
  safe("header that is not UTF-8", cat(u64(4), "{\xff\xfe}", new Uint8Array(4)), /UTF-8/),
  safe("header that is a list", cat(u64(2), "{]"), /invalid JSON/),
  safe("text after the header's object", tensors(`{"a":${entry(0, 24)}} {}`), /the end/),
  safe("tensor twice", tensors(`{"a":${entry(0, 24)},"a":${entry(0, 24)}}`), /each key once, not "a" twice/),
  safe("tensor twice by an escape", tensors(`{"a":${entry(0, 24)},"\\u0061":${entry(0, 24)}}`), /each key once/),
  safe(
    "dtype twice",
    tensors(`{"a":{"dtype":"F32","dtype":"F64","shape":[6],"data_offsets":[0,24]}}`),
    /each key once/,
  ),
  safe("overlap", tensors(`{"a":${entry(0, 16)},"b":${entry(8, 24)}}`), /tensors overlap/),
  safe("the same bytes twice", tensors(`{"a":${entry(0, 24)},"b":${entry(0, 24)}}`), /tensors overlap/),
  safe("hole", tensors(`{"a":${entry(0, 8)},"b":${entry(16, 24)}}`), /hole/),
  safe("hole at the start", tensors(`{"a":${entry(8, 24)}}`), /hole/),
  safe("bytes after the last tensor", tensors(`{"a":${entry(0, 16)}}`), /expected the last tensor to end/),
  safe("tensor beyond the file", tensors(`{"a":${entry(0, 32)}}`), /expected the last tensor to end/),
  safe("offsets in reverse", tensors(`{"a":${entry(24, 0, "[6]")}}`), /data_offsets/),
  safe("negative offset", tensors(`{"a":${entry(-8, 16, "[6]")}}`), /two whole numbers/),
  safe("fractional offset", tensors(`{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24.5]}}`), /two whole numbers/),
  safe("three offsets", tensors(`{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,8,24]}}`), /two whole numbers/),
  safe("shape of another size", tensors(`{"a":${entry(0, 24, "[7]")}}`), /28 bytes/),
  safe("shape of 2^53", tensors(`{"a":${entry(0, 24, "[94906266,94906266]")}}`), /fewer than 2\^53/),
  safe("shape of 2^53 behind a 0", tensors(`{"a":${entry(0, 0, "[94906266,94906266,0]")}}`, cat()), /fewer than 2\^53/),
  safe("negative shape", tensors(`{"a":${entry(0, 24, "[-2,-3]")}}`), /whole numbers/),
  safe("nine dimensions", tensors(`{"a":${entry(0, 24, "[1,1,1,1,1,1,1,1,6]")}}`), /at most 8 dimensions/),
  safe("unknown dtype", tensors(`{"a":${entry(0, 24, "[24]", "f8")}}`), /expected one of F64/),
  safe(
    "dtype named like a prototype's member",
    tensors(`{"a":${entry(0, 24, "[6]", "constructor")}}`),
    /expected one of F64/,
  ),
  safe(
    "entry with a fourth member",
    tensors(`{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24],"x":1}}`),
    /nothing else/,
  ),
  safe("entry that is no object", tensors(`{"a":[1]}`), /dtype, shape and data_offsets/),
  safe("metadata that is no text", tensors(`{"__metadata__":{"a":1},"a":${entry(0, 24)}}`), /object of texts/),
  safe("JSON nested 100 000 deep", tensors(`{"a":${"[".repeat(100_000)}`), /at most 32 levels/),
  safe("canonical: another version", canonical({ version: "2" }), /version: expected 1, got 2/),
  safe("canonical: label form", canonical({ label_form: "x" }), /label_form/),
  safe("canonical: classes", canonical({ classes: "1e9" }), /classes/),
  safe("canonical: class names", canonical({ class_names: '["a"]' }), /list of 2 names/),
  safe(
    "canonical: normalisation",
    canonical({ normalisation: '{"kind":"meanStd","mean":[1],"std":[]}' }),
    /normalisation/,
  ),
  safe("canonical: metadata", canonical({ metadata: "[]" }), /JSON object/),
  safe("canonical: metadata with a key twice", canonical({ metadata: '{"a":1,"a":2}' }), /each key once/),
];
