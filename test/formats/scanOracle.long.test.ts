import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { key, Stream } from "../../src/core/random.ts";
import { Budget } from "../../src/formats/limits.ts";
import { isAllowed } from "../../src/formats/pickle/allowed.ts";
import { isKnownModule } from "../../src/formats/pickle/judgeGlobal.ts";
import { scanPickle } from "../../src/formats/pickle/scan.ts";
import { looksLikePickle } from "../../src/formats/scan/looksLikePickle.ts";
import { pickleOps } from "../fuzz/grammar.ts";
import { mutate } from "../fuzz/mutate.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { cat, u32 } from "./hostile/bytes.ts";
import { pickleCases } from "./hostile/pickleCases.ts";

const python = findPython("pickle");
if (!python) console.warn("skipped: no Python (RETORT_PYTHON)");

/**
 * Both unpicklers of CPython on each pickle of a file, with `find_class` replaced by one that writes the name down and
 * gives a harmless stand-in: whatever they ask for is what they would have imported.
 */
const program = `
import io, json, pickle, resource, struct, sys
resource.setrlimit(resource.RLIMIT_AS, (2 ** 31, 2 ** 31))
class Anything:
    def __new__(cls, *a, **k): return object.__new__(cls)
    def __init__(self, *a, **k): pass
    def __call__(self, *a, **k): return Anything()
    def __setstate__(self, s): pass
    def __setitem__(self, k, v): pass
    def __hash__(self): return 1
    def append(self, x): pass
    def extend(self, x): pass
    def add(self, x): pass
def names(data, base):
    seen = []
    class Recorder(base):
        def find_class(self, module, name):
            seen.append([module, name])
            return Anything
        def persistent_load(self, pid): return Anything()
    f = io.BytesIO(data)
    try:
        for _ in range(4): Recorder(f).load()
    except BaseException: pass
    return seen
raw = open(sys.argv[1], 'rb').read()
at, out = 0, []
while at < len(raw):
    n, = struct.unpack_from('<I', raw, at)
    data = raw[at + 4:at + 4 + n]
    at += 4 + n
    out.append(names(data, pickle.Unpickler) + names(data, pickle._Unpickler))
print(json.dumps(out))
`;

function requested(pickles: readonly Uint8Array[]): [module: string, name: string][][] {
  const folder = scratchFolder();
  writeFileSync(join(folder, "pickles"), cat(...pickles.flatMap((bytes) => [u32(bytes.length), bytes])));
  return JSON.parse(runPython(python as string, program, [join(folder, "pickles")], folder));
}

/** The pickle inside a case's archive: its first entry, stored. */
const hostile = pickleCases.map(({ name, bytes }) => {
  const start = 30 + "archive/data.pkl".length;
  return { name, pickle: bytes.slice(start, start + new DataView(bytes.buffer as ArrayBuffer).getUint32(18, true)) };
});

/** Names that CPython asks for and the scan does not list. Python 3 renames modules of Python 2 before it asks. */
function missed(pickles: readonly Uint8Array[]): string[] {
  const asked = requested(pickles);
  let names = 0;
  const missing = pickles.flatMap((bytes, i) => {
    const { globals, findings } = scanPickle(new Uint8Array(bytes), new Budget());
    names += asked[i].length;
    if (asked[i].some(([module, name]) => !isAllowed(module, name)))
      expect(["pickle-global", "pickle-unknown-global"]).toContain(findings[0]?.rule);
    // A first import of a module that is on every machine happens, whatever comes of the rest: the file counts as a pickle.
    const [first] = asked[i];
    if (first && !isAllowed(...first) && /^[A-Za-z_]\w*$/.test(first[0]) && isKnownModule(first[0]))
      expect(looksLikePickle(new Uint8Array(bytes)), JSON.stringify(first)).toBe(true);
    return asked[i]
      .map(([module, name]) => `${module}.${name}`.slice(0, 199))
      .filter(
        (name) => !renamed.has(name) && !globals.some((global) => global.startsWith(name)) && !globals.some(isOpen),
      )
      .map((name) => `${i}: ${name}, listed: ${globals.join(" ")}`);
  });
  expect(names).toBeGreaterThan(50);
  return missing;
}

/** A name the scan could not follow or decode is listed as such, and makes the file dangerous all the same. */
const isOpen = (global: string) => /<computed>|\(not UTF-8\)/.test(global);
const renamed = new Set(["builtins.eval", "builtins.__import__", "copyreg._reconstructor", "subprocess.getoutput"]);

describe.skipIf(skip(!python, "no Python with PyTorch"))("the scan lists every name that CPython would import", () => {
  it("in the hostile pickles", () => {
    expect(missed(hostile.map(({ pickle }) => pickle))).toEqual([]);
  });

  it("in 20 000 mutations of them", () => {
    const stream = new Stream(key("scan"));
    const pick = () => hostile[stream.integer(hostile.length)].pickle;
    expect(missed(Array.from({ length: 20_000 }, () => mutate(pick(), pick(), stream, pickleOps)))).toEqual([]);
  });
});
