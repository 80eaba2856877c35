import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import type { LabelledSet } from "../../src/data/LabelledSet.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import type { ReadOptions } from "../../src/formats/Format.ts";
import { openSet } from "../../src/formats/open.ts";
import { tensorBytes } from "../../src/formats/tensor.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";

// Sets that have no real copy among the test files, written by the programs that the originals were written by.

/** A Python with these modules, or undefined and a word about it. */
function python(...modules: string[]): string {
  const found = findPython(...modules);
  if (!found) console.warn(`skipped: no Python with ${modules.join(", ")} (RETORT_PYTHON)`);
  return found ?? "";
}

/** Run a program in a fresh folder; it prints, as JSON, the digests of what it wrote. */
function make(command: string, program: string): { folder: string; digests: Record<string, string> } {
  const folder = scratchFolder();
  const prelude = `
import numpy as np, hashlib, json
def digest(a): return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
g = np.random.default_rng(7)
`;
  return { folder, digests: JSON.parse(runPython(command, prelude + program, [], folder)) };
}

async function labelled(path: string, options?: ReadOptions): Promise<LabelledSet> {
  const { set } = await openSet(await fileSource(path), options);
  if (set?.kind !== "labelled") throw new Error(`no raw set in ${path}`);
  return set;
}

const scipy = python("scipy.io", "numpy");

describe.skipIf(skip(!scipy, "no Python with SciPy"))("SVHN as SciPy writes it", () => {
  const { folder, digests } = scipy
    ? make(
        scipy,
        `
from scipy.io import savemat
import os
x = {s: g.integers(0, 256, (32, 32, 3, n), dtype=np.uint8) for s, n in (('train', 12), ('test', 5))}
y = {s: (np.arange(x[s].shape[3]) % 10 + 1).astype(np.uint8)[:, None] for s in x}
for packed in (True, False):
    os.makedirs(f'svhn{packed}')
    for s in x:
        savemat(f'svhn{packed}/{s}_32x32.mat', {'X': x[s], 'y': y[s]}, do_compression=packed)
for t in ('int8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'):
    savemat(f'{t}.mat', {'X': x['test'], 'y': y['test'].astype(t)}, do_compression=True)
cells = np.array(['a', 'bb'], dtype=object)
savemat('more.mat', {'X': x['test'], 'y': y['test'], 'names': cells, 'info': {'a': 1, 'b': 'text'}, 'z': 1 + 2j, 's': 'text'})
savemat('big.mat', {'X': x['test'].astype('>u2'), 'y': y['test']})
print(json.dumps({s: digest(x[s].transpose(3, 2, 0, 1)) for s in x}))`,
      )
    : { folder: "", digests: {} };

  it.each(["True", "False"])("both halves, compressed: %s", async (packed) => {
    for (const [split, n] of [
      ["train", 12],
      ["test", 5],
    ] as const) {
      const set = await labelled(join(folder, `svhn${packed}`), { split });
      expect(set).toMatchObject({ shape: [n, 3, 32, 32], classes: 10 });
      expect(sha256Hex(set.pixels)).toBe(digests[split]);
      // The digit 0 is stored as 10.
      expect([...set.labels]).toEqual(Array.from({ length: n }, (_, i) => (i + 1) % 10));
      const alone = await labelled(join(folder, `svhn${packed}`, `${split}_32x32.mat`));
      expect(alone.pixels).toEqual(set.pixels);
    }
  });

  it.each(["int8", "int16", "uint16", "int32", "uint32", "float32", "float64"])("labels of type %s", async (type) => {
    const set = await labelled(join(folder, `${type}.mat`));
    expect([...set.labels]).toEqual([1, 2, 3, 4, 5]);
    expect(sha256Hex(set.pixels)).toBe(digests.test);
  });

  it("cells, structures, texts and complex numbers beside them are no obstacle", async () => {
    const set = await labelled(join(folder, "more.mat"));
    expect(sha256Hex(set.pixels)).toBe(digests.test);
  });

  it("images that are no bytes are described, and make no set", async () => {
    const opened = await openSet(await fileSource(join(folder, "big.mat")));
    expect(opened.set).toBeUndefined();
    expect(opened.objects.map(({ path, dtype }) => [path, dtype])).toContainEqual(["X", "uint16"]);
  });
});

const msgpack = python("msgpack", "numpy");

describe.skipIf(skip(!msgpack, "no Python with MessagePack"))(
  "FRePo's checkpoint as MessagePack with Flax's extensions",
  () => {
    // flax/serialization.py: arrays are extension 1, NumPy scalars extension 3, around a packed (shape, type, bytes).
    const { folder, digests } = msgpack
      ? make(
          msgpack,
          `
import msgpack
def pack(value):
    if isinstance(value, (np.ndarray, np.generic)):
        code = 1 if isinstance(value, np.ndarray) else 3
        value = np.asarray(value)
        return msgpack.ExtType(code, msgpack.packb((value.shape, value.dtype.name, value.tobytes('C')), use_bin_type=True))
    raise TypeError(type(value))
def save(name, tree):
    with open(name, 'wb') as f: f.write(msgpack.packb(tree, default=pack, strict_types=True))
x = g.standard_normal((20, 32, 32, 3)).astype(np.float32)
y = (np.eye(10, dtype=np.float32)[np.arange(20) // 2] - 0.1 + 0.01 * g.standard_normal((20, 10))).astype(np.float32)
save('bare', {'x_proto': x, 'y_proto': y})
save('state', {'step': 500, 'lr': np.float32(0.5), 'params': {'ema': {'x_proto': x, 'y_proto': y}}, 'opt': {'0': {'count': np.int32(3), 'mu': None}}, 'ok': True, 'rate': 1e-3, 'note': 'x' * 300, 'big': 2 ** 40, 'low': -70000})
kinds = {t: g.integers(0, 2, 70000).astype(t) for t in ('bool', 'int8', 'uint8', 'int16', 'float16', 'int32', 'float32', 'int64', 'float64')}
save('kinds', kinds)
print(json.dumps({'x': digest(x.transpose(0, 3, 1, 2)), 'y': digest(y)}))`,
        )
      : { folder: "", digests: {} };

    it.each(["bare", "state"])("%s", async (name) => {
      const { format, set } = await openSet(await fileSource(join(folder, name)));
      expect(format).toBe("flax");
      expect(set).toMatchObject({ kind: "distilled", shape: [20, 3, 32, 32], classes: 10 });
      const { images, labels } = set as DistilledSet;
      expect(sha256Hex(tensorBytes(images))).toBe(digests.x);
      if (labels.kind !== "soft") throw new Error("expected learnt labels");
      expect(sha256Hex(tensorBytes(labels.values as Float32Array<ArrayBuffer>))).toBe(digests.y);
    });

    it("arrays of every type are listed", async () => {
      const { objects, set } = await openSet(await fileSource(join(folder, "kinds")));
      expect(set).toBeUndefined();
      expect(objects.map(({ path, dtype, shape, max }) => [path === dtype, shape, max])).toEqual(
        Array.from({ length: 9 }, () => [true, [70000], 1]),
      );
    });
  },
);

const numpy = python("numpy");

describe.skipIf(skip(!numpy, "no Python with NumPy"))("CIFAR-100, python version", () => {
  // Protocols 2 to 4 are Python 3's own; "original" writes byte strings as Python 2 did, like the published files.
  const { folder, digests } = numpy
    ? make(
        numpy,
        `
import os, pickle, struct
class Python2(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)
    def save_bytes(self, value):
        short = len(value) < 256
        self.write((b'U' + bytes([len(value)]) if short else b'T' + struct.pack('<i', len(value))) + value)
        self.memoize(value)
    def save_text(self, value): self.save_bytes(value.encode('latin1'))
    dispatch[bytes] = save_bytes
    dispatch[str] = save_text
halves = {}
for half, n in (('train', 30), ('test', 10)):
    halves[half] = {
        'filenames': [f'{half}_{i}.png' for i in range(n)], 'batch_label': 'training batch 1 of 1',
        'fine_labels': [(7 * i) % 100 for i in range(n)], 'coarse_labels': [i % 20 for i in range(n)],
        'data': g.integers(0, 256, (n, 3072), dtype=np.uint8)}
meta = {'fine_label_names': [f'fine{i}' for i in range(100)], 'coarse_label_names': [f'coarse{i}' for i in range(20)]}
for name in ('original', '0', '1', '2', '3', '4', '5'):
    os.makedirs(name)
    for file, value in (*halves.items(), ('meta', meta)):
        with open(f'{name}/{file}', 'wb') as f:
            if name == 'original': Python2(f, protocol=2).dump(value)
            else: pickle.dump(value, f, protocol=int(name))
back = pickle.load(open('original/train', 'rb'), encoding='bytes')
assert (back[b'data'] == halves['train']['data']).all() and back[b'fine_labels'] == halves['train']['fine_labels']
print(json.dumps({half: digest(halves[half]['data']) for half in halves}))`,
      )
    : { folder: "", digests: {} };

  it.each(["original", "0", "1", "2", "3", "4", "5"])("protocol: %s", async (name) => {
    for (const [split, n] of [
      ["train", 30],
      ["test", 10],
    ] as const) {
      const set = await labelled(join(folder, name), { split });
      expect(set).toMatchObject({ shape: [n, 3, 32, 32], classes: 100 });
      expect(set.classNames?.[42]).toBe("fine42");
      expect(sha256Hex(set.pixels)).toBe(digests[split]);
      expect([...set.labels]).toEqual(Array.from({ length: n }, (_, i) => (7 * i) % 100));
      const alone = await labelled(join(folder, name, split));
      expect(alone.pixels).toEqual(set.pixels);
    }
  });
});
