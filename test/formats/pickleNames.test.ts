import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileSource } from "../../src/disk/fileSource.ts";
import { memorySource } from "../../src/formats/memorySource.ts";
import { openSet } from "../../src/formats/open.ts";
import { judgeGlobal } from "../../src/formats/pickle/judgeGlobal.ts";
import { torchSafeList } from "../../src/formats/pickle/torchSafeList.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import * as p from "./hostile/pickles.ts";
import { torchFile } from "./hostile/zips.ts";

const python = findPython("torch", "numpy");
if (!python) console.warn("skipped: no Python with torch (RETORT_PYTHON)");
const numpy = findPython("numpy");

const parts = (full: string) => [full.slice(0, full.lastIndexOf(".")), full.slice(full.lastIndexOf(".") + 1)] as const;
const all = torchSafeList.flatMap(({ constructors, mentioned, dtypes }) => [
  ...constructors.split(" "),
  ...mentioned.split(" "),
  ...dtypes.split(" ").map((name) => (name === "" ? "" : `torch.${name}`)),
]);

describe("what a name in a pickle means", () => {
  it("every name of torch's safe list is allowed, also under Python 2's name of the module", () => {
    expect(all.filter((name) => name !== "").length).toBeGreaterThan(130);
    for (const name of all.filter((full) => full !== ""))
      expect([name, judgeGlobal(...parts(name))]).toEqual([name, "allowed"]);
    for (const name of ["set", "bytearray", "complex"]) expect(judgeGlobal("__builtin__", name)).toBe("allowed");
  });

  it.each([
    ...["collections.defaultdict", "datetime.datetime", "pathlib.PosixPath", "argparse.Namespace", "decimal.Decimal"],
    ...[
      "__main__.Config",
      "mynets.ConvNet",
      "easydict.EasyDict",
      "omegaconf.dictconfig.DictConfig",
      "builtins.frozenset",
    ],
    ...[
      "numpy.random._pickle.__randomstate_ctor",
      "numpy.dtypes.Float64DType",
      "torch.utils.data.dataset.TensorDataset",
    ],
  ])("%s is unknown", (name) => expect(judgeGlobal(...parts(name))).toBe("unknown"));

  it.each([
    ...[
      "os.system",
      "builtins.eval",
      "builtins.getattr",
      "subprocess.Popen",
      "torch.load",
      "torch.hub.load",
      "ctypes.CDLL",
    ],
    ...["mynets.build", "numpy.load", "torch.jit._script.ScriptModule", "pexpect.spawn", "code.InteractiveInterpreter"],
    ...["collections.OrderedDict.__init__", "jinja2.Template", "torch._utils._rebuild_tensor_v9", "_codecs.decode"],
    ...["torch.nn.modules.linear.Linear", "posixpath.PosixPath", "collections.Counter ", "x\n.Y", ".Y", "тorch.Size"],
  ])("%s is dangerous", (name) => expect(judgeGlobal(...parts(name))).toBe("dangerous"));

  it.skipIf(skip(!python, "no Python with PyTorch"))("the installed torch's own list is allowed", () => {
    const names = JSON.parse(
      runPython(
        python as string,
        "import json; from torch import _weights_only_unpickler as w; print(json.dumps(list(w._get_allowed_globals())))",
      ),
    ) as string[];
    expect(names.length).toBeGreaterThan(80);
    expect(names.filter((name) => judgeGlobal(...parts(name)) !== "allowed")).toEqual([]);
  });
});

describe("a name of the list beside the set", () => {
  const beside = (value: Uint8Array<ArrayBuffer>) => torchFile(p.pickle(p.dict(["t", p.tensor()], ["x", value])));
  it.each<[string, Uint8Array<ArrayBuffer>, string | undefined]>([
    ["a device", p.reduce(p.global("torch", "device"), p.text("cpu")), "torch.device"],
    [
      "a bytearray",
      p.reduce(
        p.global("__builtin__", "bytearray"),
        p.reduce(p.global("_codecs", "encode"), p.text("ab"), p.text("latin1")),
      ),
      "text",
    ],
    ["a set", p.reduce(p.global("__builtin__", "set"), p.list(p.int(1))), undefined],
    ["a counter", p.reduce(p.global("collections", "Counter"), p.dict(["a", p.int(1)])), "collections.Counter"],
    ["a complex number", p.reduce(p.global("__builtin__", "complex"), p.int(1), p.int(2)), "__builtin__.complex"],
    [
      "a layout",
      p.reduce(p.global("torch.serialization", "_get_layout"), p.text("torch.strided")),
      "torch.serialization._get_layout",
    ],
    [
      "a parameter",
      p.reduce(p.global("torch._utils", "_rebuild_parameter"), p.tensor(), Uint8Array.of(0x88), p.emptyOrderedDict),
      "float32",
    ],
    [
      "a quantised tensor",
      p.reduce(p.global("torch._utils", "_rebuild_qtensor"), p.int(1)),
      "torch._utils._rebuild_qtensor",
    ],
  ])("%s", async (_, value, dtype) => {
    const { objects } = await openSet(memorySource(beside(value)));
    expect(objects.map((object) => [object.path, object.dtype])).toEqual([
      ["t", "float32"],
      ...(dtype ? [["x", dtype]] : []),
    ]);
  });
});

describe.skipIf(skip(!numpy, "no Python with NumPy"))("what Python and NumPy write", () => {
  it.each([0, 1, 2, 3, 4, 5])("labels and images of every kind, protocol %i", async (protocol) => {
    const folder = scratchFolder();
    runPython(
      numpy as string,
      `
import pickle, sys, numpy as np
pro = int(sys.argv[1])
data = (np.arange(4 * 3072) % 251).astype(np.uint8).reshape(4, 3072)
labels = [3, 1, 0, 2]
forms = {'list': labels, 'tuple': tuple(labels), 'int64': np.array(labels), 'uint8': np.array(labels, np.uint8), 'float': np.array(labels, float),
  'column': np.array(labels)[:, None], 'scalars': [np.int32(v) for v in labels], 'big': [int(v) for v in labels]}
for name, l in forms.items():
    pickle.dump({'data': data, 'labels': l, 'name': 'x', 'complex': np.ones(2, complex), 'texts': np.array(['ab', 'c']), 'neg': -5, 'long': 2 ** 70,
      'f': 1.5, 'none': None, 'bytes': b'\\xff', 'set': {1}, 'yes': True, 'when': np.zeros(2, 'M8[s]')}, open(name + '.pkl', 'wb'), protocol=pro)
pickle.dump({'data': data.reshape(4, 3, 32, 32).transpose(0, 2, 3, 1).copy(), 'fine_labels': labels}, open('nhwc.pkl', 'wb'), protocol=pro)`,
      [String(protocol)],
      folder,
    );
    for (const name of ["list", "tuple", "int64", "uint8", "float", "column", "scalars", "big", "nhwc"]) {
      const { set, objects } = await openSet(await fileSource(join(folder, `${name}.pkl`)));
      expect([name, set?.kind === "labelled" && [...set.labels]]).toEqual([name, [3, 1, 0, 2]]);
      expect(set?.kind === "labelled" && set.pixels.every((value, i) => value === i % 251)).toBe(true);
      if (name !== "nhwc")
        expect(objects.find(({ path }) => path === "complex")).toMatchObject({ dtype: "c16", shape: [2] });
    }
  });
});

describe.skipIf(skip(!python, "no Python with PyTorch"))(
  "tensors of types that are not read lie beside the set",
  () => {
    it("complex, quantised and half-read forms, in both forms of the file", async () => {
      const folder = scratchFolder();
      runPython(
        python as string,
        `
import torch
for name, new in (('zip', True), ('legacy', False)):
    torch.save({'images': torch.arange(4 * 3 * 4 * 4).reshape(4, 3, 4, 4).float(), 'labels': torch.tensor([0, 1, 2, 3]), 'c': torch.ones(5, dtype=torch.complex64),
      'z': torch.ones(2, 2, dtype=torch.complex128)}, name + '.pt', _use_new_zipfile_serialization=new)`,
        [],
        folder,
      );
      for (const name of ["zip.pt", "legacy.pt"]) {
        const { set, objects } = await openSet(await fileSource(join(folder, name)));
        expect(set?.shape).toEqual([4, 3, 4, 4]);
        expect(objects).toContainEqual({ path: "c", dtype: "complex64", shape: [5] });
        expect(objects).toContainEqual({ path: "z", dtype: "complex128", shape: [2, 2] });
      }
    });

    it("arrays in npz, and safetensors", async () => {
      const folder = scratchFolder();
      runPython(
        python as string,
        `
import numpy as np
np.savez('set.npz', images=np.ones((4, 3, 4, 4), np.float32), labels=np.arange(4), c=np.ones(3, complex), t=np.array(['ab']), b=np.ones(2, '>f4'), d=np.zeros(1, 'M8[s]'),
  r=np.zeros(2, [('a', 'f4')]), o=np.array(['x', None], dtype=object))`,
        [],
        folder,
      );
      const { set, objects, findings } = await openSet(await fileSource(join(folder, "set.npz")));
      expect(set?.shape).toEqual([4, 3, 4, 4]);
      expect(objects.map(({ path, dtype }) => `${path} ${dtype}`).sort()).toEqual([
        ...["b >f4", "c <c16", "d <M8[s]", "images float32", "labels int64", "o objects", "r structure", "t <U2"],
      ]);
      expect(findings.map(({ severity, rule }) => [severity, rule])).toContainEqual(["warning", "npy-objects"]);
      const header = new TextEncoder().encode(
        '{"images":{"dtype":"F32","shape":[1,1,2,2],"data_offsets":[0,16]},"a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[16,19]},"b":{"dtype":"F4","shape":[2],"data_offsets":[19,20]}}',
      );
      const bytes = new Uint8Array(8 + header.length + 20);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
      bytes.set(header, 8);
      writeFileSync(join(folder, "s.safetensors"), bytes);
      const opened = await openSet(await fileSource(join(folder, "s.safetensors")), { ipc: 1 });
      expect(opened.set?.shape).toEqual([1, 1, 2, 2]);
      expect(opened.objects.map(({ dtype, shape }) => [dtype, ...shape])).toEqual([
        ["float32", 1, 1, 2, 2],
        ["F8_E4M3", 3],
        ["F4", 2],
      ]);
    });
  },
);
