import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import type { DistilledSet } from "../../src/data/DistilledSet.ts";
import { fileSource } from "../../src/disk/fileSource.ts";
import { setToNpz } from "../../src/formats/npz.ts";
import { openSet } from "../../src/formats/open.ts";
import { Refusal } from "../../src/formats/Refusal.ts";
import { tensorBytes } from "../../src/formats/tensor.ts";
import { writeDc, writeMtt } from "../../src/formats/torch/writeTorch.ts";
import { findPython, runPython, scratchFolder } from "../python.ts";
import { skip } from "../skip.ts";
import { smallSet } from "./arbitrarySet.ts";

const python = findPython("torch", "numpy");
if (!python) console.warn("skipped: no Python with PyTorch (RETORT_PYTHON)");

const soft = smallSet({
  labels: { kind: "soft", values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), form: "logits" },
  metadata: { lr: 0.25 },
});
const digestOf = (data: Parameters<typeof tensorBytes>[0]) => sha256Hex(tensorBytes(data));
const hardLabels = digestOf(BigInt64Array.of(0n, 0n, 1n, 1n));

/** Python that prints dtype, shape, strides and digest of arrays named on the command line. */
const prelude = `
import torch, numpy as np, hashlib, json, sys
def d(t):
    a = t.numpy() if isinstance(t, torch.Tensor) else t
    return [str(t.dtype), list(t.shape), hashlib.sha256(a.tobytes()).hexdigest()]
`;

describe.skipIf(skip(!python, "no Python with PyTorch"))("PyTorch and NumPy load what we write", () => {
  const save = (files: ReadonlyMap<string, Uint8Array>) => {
    const folder = scratchFolder();
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    return folder;
  };
  const run = (folder: string, program: string) =>
    JSON.parse(runPython(python as string, `${prelude}\nprint(json.dumps(${program}))`, [], folder));

  it("the DC layout", () => {
    const folder = save(writeDc(smallSet()).files);
    expect(run(folder, "[d(t) for t in torch.load('small.pt')['data'][0]]")).toEqual([
      ["torch.float32", [4, 3, 4, 4], digestOf(smallSet().images)],
      ["torch.int64", [4], hardLabels],
    ]);
    expect(run(folder, "torch.load('small.pt')['accs_all_exps']")).toEqual({});
    expect(run(folder, "torch.load('small.pt')['data'][0][0].is_contiguous()")).toBe(true);
  });

  it("the MTT layout with soft labels and a learning rate", () => {
    const folder = save(writeMtt(soft).files);
    expect(run(folder, "[d(torch.load(f + '_best.pt')) for f in ('images', 'labels', 'lr')]")).toEqual([
      ["torch.float32", [4, 3, 4, 4], digestOf(soft.images)],
      ["torch.float32", [4, 2], digestOf((soft.labels as { values: Float32Array<ArrayBuffer> }).values)],
      ["torch.float32", [], digestOf(Float32Array.of(0.25))],
    ]);
  });

  it(".npz, stored and deflated", () => {
    const folder = save(
      new Map([
        ["stored.npz", setToNpz(smallSet())],
        ["deflated.npz", setToNpz(smallSet(), true)],
      ]),
    );
    const wanted = [
      ["float32", [4, 3, 4, 4], digestOf(smallSet().images)],
      ["int64", [4], hardLabels],
    ];
    for (const name of ["stored", "deflated"])
      expect(run(folder, `[d(np.load('${name}.npz')[k]) for k in ('images', 'labels')]`)).toEqual(wanted);
  });
});

/** Each file PyTorch writes, and what is in it: `x` as float32 [2, 3, 4, 4] of 0 … 95 unless said. */
const saved: Record<string, string> = {
  "zip.pt": "torch.save(x, f)",
  "legacy.pt": "torch.save(x, f, _use_new_zipfile_serialization=False)",
  "protocol4.pt": "torch.save(x, f, pickle_protocol=4)",
  "transposed.pt": "torch.save(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), f)",
  "slice.pt": "torch.save(torch.cat([x, x])[2:], f)",
  "legacy-slice.pt": "torch.save(torch.cat([x, x])[2:], f, _use_new_zipfile_serialization=False)",
  "expanded.pt": "torch.save(torch.zeros(1).expand(2, 3, 4, 4), f)",
  "parameter.pt": "torch.save(torch.nn.Parameter(x), f)",
  "dictionary.pt": "torch.save({'images': x, 'labels': torch.tensor([0, 1])}, f)",
  "double.pt": "torch.save(x.double(), f)",
  "half.pt": "torch.save(x.half(), f)",
  "bfloat16.pt": "torch.save(x.bfloat16(), f)",
  "datadam.pt": "torch.save({'data': [x, torch.tensor([0, 1])]}, f)",
  "experiments.pt":
    "torch.save({'data': [[x, torch.tensor([0, 1])], [x + 1, torch.tensor([1, 0])]], 'accs_all_exps': {'ConvNet': [np.float64(41.5), 30.0], 'MLP': []}}, f)",
};

describe.skipIf(skip(!python, "no Python with PyTorch"))("what PyTorch writes is read back bit for bit", () => {
  const folder = python ? scratchFolder() : "";
  const x = Float32Array.from({ length: 96 }, (_, i) => i);
  if (python) {
    const lines = Object.entries(saved).map(([name, code]) => `f = '${name}'\n${code}`);
    runPython(python, `${prelude}\nx = torch.arange(96.).reshape(2, 3, 4, 4)\n${lines.join("\n")}`, [], folder);
  }
  for (const name of Object.keys(saved))
    it(name, async () => {
      const opened = await openSet(await fileSource(join(folder, name)), { ipc: 1 });
      const set = opened.set as DistilledSet;
      const wanted = name === "expanded.pt" ? new Float32Array(96) : x;
      expect(set).toMatchObject({ kind: "distilled", shape: [2, 3, 4, 4], classes: 2 });
      expect(set.images).toEqual(wanted);
      expect(set.labels).toEqual({ kind: "hard", classes: Int32Array.of(0, 1) });
      if (name === "experiments.pt") {
        expect(opened.accuracies).toEqual({ ConvNet: [0.415, 0.3] });
        const second = await openSet(await fileSource(join(folder, name)), { experiment: 1 });
        expect((second.set as DistilledSet).images[0]).toBe(1);
      }
    });

  it("integers and booleans of every size", async () => {
    const types = ["int64", "int32", "int16", "int8", "uint8", "bool"];
    const program = types.map((t) => `torch.save(torch.tensor([0, 1, 100]).to(torch.${t}), '${t}.pt')`).join("\n");
    runPython(python as string, `import torch\n${program}`, [], folder);
    for (const dtype of types) {
      const opened = await openSet(await fileSource(join(folder, `${dtype}.pt`)));
      expect(opened.objects).toEqual([{ path: ".", dtype, shape: [3], min: 0, max: dtype === "bool" ? 1 : 100 }]);
    }
  });

  it("IDC: a pair of pixels is cut and enlarged as F.interpolate does", async () => {
    const program = `
import torch, torch.nn.functional as F
g = torch.Generator().manual_seed(1)
x = torch.rand(2, 3, 6, 5, generator=g)
torch.save([x, torch.tensor([1, 0])], 'idc.pt')
p = F.pad(x, (0, 1, 0, 0), value=0.5)
tiles = torch.cat([p[:, :, i * 3:i * 3 + 3, j * 3:j * 3 + 3] for i in range(2) for j in range(2)])
torch.save(F.interpolate(tiles, size=(6, 5), mode='bilinear', align_corners=False), 'decoded.pt')
`;
    runPython(python as string, program, [], folder);
    const opened = await openSet(await fileSource(join(folder, "idc.pt")));
    const expected = await openSet(await fileSource(join(folder, "decoded.pt")), { ipc: 1 });
    const set = opened.set as DistilledSet;
    expect(set).toMatchObject({ shape: [8, 3, 6, 5], normalisation: { kind: "unit" }, metadata: { layout: "idc" } });
    expect(set.labels).toEqual({ kind: "hard", classes: Int32Array.of(1, 0, 1, 0, 1, 0, 1, 0) });
    expect(opened.findings.map(({ rule }) => rule)).toEqual(["idc-decoded"]);
    const reference = (expected.set as DistilledSet).images;
    for (let i = 0; i < reference.length; i++) expect(Math.abs(set.images[i] - reference[i])).toBeLessThan(2e-7);
    const stored = await openSet(await fileSource(join(folder, "idc.pt")), { factor: 1 });
    expect(stored.set).toMatchObject({ shape: [2, 3, 6, 5], normalisation: { kind: "unknown" } });
  });

  it("the released attack's two files, and a set split over parts", async () => {
    for (const [sub, code] of Object.entries({
      attack:
        "torch.save(x.requires_grad_(), 'attack/image_syn_upda.pt'); torch.save(torch.tensor([0, 1]), 'attack/label_syn_upda.pt')",
      parts:
        "[torch.save(p, f'parts/images_best_{i}.pt') for i, p in enumerate(x.detach())]; torch.save(torch.tensor([0, 1]), 'parts/labels_best.pt')",
    })) {
      mkdirSync(join(folder, sub));
      const reshape = sub === "parts" ? "x = x.reshape(2, 1, 3, 4, 4)" : "";
      runPython(
        python as string,
        `import torch\nx = torch.arange(96.).reshape(2, 3, 4, 4)\n${reshape}\n${code}`,
        [],
        folder,
      );
      const opened = await openSet(await fileSource(join(folder, sub)));
      expect(opened.set).toMatchObject({ shape: [2, 3, 4, 4], images: x, labels: { classes: Int32Array.of(0, 1) } });
    }
  });

  it("a whole model is refused with every class it names; a state dict is listed", async () => {
    const program = `
import torch
m = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(2, 2))
torch.save(m, 'model.pt')
torch.save(m.state_dict(), 'state.pt')`;
    runPython(python as string, program, [], folder);
    const refusal = await openSet(await fileSource(join(folder, "model.pt"))).catch((error) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal.dangerous).toBe(true);
    expect(refusal.globals).toEqual(
      expect.arrayContaining(["torch.nn.modules.container.Sequential", "torch.nn.modules.conv.Conv2d"]),
    );
    const opened = await openSet(await fileSource(join(folder, "state.pt")));
    expect(opened.set).toBeUndefined();
    expect(opened.objects.map(({ path }) => path)).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
  });

  it("python-version CIFAR batches, as Python 2 wrote them and as Python 3 would", async () => {
    mkdirSync(join(folder, "cifar"));
    // Python 3 writes byte strings of protocol 2 through _codecs.encode; Python 2 wrote BINSTRING, which is put there by hand.
    const program = `
import numpy as np, pickle, pickletools, struct
data = (np.arange(2 * 3072) % 251).astype(np.uint8).reshape(2, 3072)
for name, p in (('data_batch_1', 2), ('data_batch_2', 3), ('test_batch', 4)):
    pickle.dump({'batch_label': name, 'labels': [3, 1], 'data': data, 'filenames': ['a', 'b']}, open('cifar/' + name, 'wb'), protocol=p)
raw = data.tobytes()
state = b'(K\\x01K\\x02M\\x00\\x0c\\x86cnumpy\\ndtype\\n(U\\x02u1K\\x00K\\x01tR(K\\x03U\\x01|NNNJ\\xff\\xff\\xff\\xffJ\\xff\\xff\\xff\\xffK\\x00tb\\x89T' + struct.pack('<i', len(raw)) + raw + b'tb'
body = b'\\x80\\x02}(U\\x04datacnumpy.core.multiarray\\n_reconstruct\\n(cnumpy\\nndarray\\nK\\x00\\x85U\\x01btR' + state + b'U\\x06labels](K\\x03K\\x01eu.'
open('cifar/data_batch_3', 'wb').write(body)
back = pickle.loads(body, encoding='bytes')
assert (back[b'data'] == data).all() and back[b'labels'] == [3, 1]
pickle.dump({'label_names': ['a', 'b', 'c', 'd']}, open('cifar/batches.meta', 'wb'), protocol=2)`;
    runPython(python as string, program, [], folder);
    const pixels = Uint8Array.from({ length: 2 * 3072 }, (_, i) => i % 251);
    for (const name of ["data_batch_1", "data_batch_2", "data_batch_3", "test_batch"]) {
      const { set, format } = await openSet(await fileSource(join(folder, "cifar", name)));
      expect(format).toBe("pythonPickle");
      expect(set).toMatchObject({ kind: "labelled", shape: [2, 3, 32, 32], labels: Int32Array.of(3, 1) });
      expect((set as { pixels: Uint8Array }).pixels).toEqual(pixels);
    }
    const whole = await openSet(await fileSource(join(folder, "cifar")));
    expect(whole.set).toMatchObject({ shape: [6, 3, 32, 32], classes: 4, classNames: ["a", "b", "c", "d"] });
    const test = await openSet(await fileSource(join(folder, "cifar")), { split: "test" });
    expect(test.set).toMatchObject({ shape: [2, 3, 32, 32] });
  });

  it("NumPy files: Fortran order, every type, and kinds that are refused by name", async () => {
    const program = `
import numpy as np
a = np.arange(24).reshape(2, 3, 4)
for t in ('u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f2', 'f4', 'f8'):
    np.save(t + '.npy', np.asfortranarray(a.astype(t)))
np.save('b1.npy', a % 2 == 0)
np.save('big.npy', a.astype('>f4')); np.save('struct.npy', np.zeros(3, 'i4,f4'))
np.save('complex.npy', a.astype('c8')); np.save('text.npy', np.array(['ab'])); np.save('time.npy', np.zeros(2, 'M8[s]'))
np.save('zero.npy', np.zeros((0, 3))); np.save('scalar.npy', np.float32(2))
x = np.arange(96, dtype='f4').reshape(2, 4, 4, 3)
np.savez('kip.npz', images=x, labels=np.eye(2, dtype='f4') - 0.5)
np.savez_compressed('rfad.npz', images=x.transpose(0, 3, 1, 2), labels=np.eye(2, dtype='f4') - 0.1, k=np.float32(8), valid_loss=1.5)
np.savez_compressed('medmnist.npz', **{s + n: v for s in ('train_', 'test_') for n, v in (('images', x.astype('u1')), ('labels', np.array([[1], [0]], 'u1')))})`;
    runPython(python as string, program, [], folder);
    const open = async (name: string) => openSet(await fileSource(join(folder, name)));
    for (const type of ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"])
      expect((await open(`${type}.npy`)).objects[0]).toMatchObject({ shape: [2, 3, 4], min: 0, max: 23 });
    expect((await open("b1.npy")).objects[0]).toMatchObject({ dtype: "bool", min: 0, max: 1 });
    expect((await open("zero.npy")).objects[0]).toMatchObject({ shape: [0, 3] });
    expect((await open("scalar.npy")).objects[0]).toMatchObject({ shape: [], min: 2 });
    expect((await open("big.npy")).objects[0]).toMatchObject({ dtype: "float32", shape: [2, 3, 4], min: 0, max: 23 });
    await expect(open("struct.npy")).rejects.toThrow("got a structured one");
    for (const [name, type] of [
      ["complex", "<c8"],
      ["text", "<U2"],
      ["time", "<M8[s]"],
    ] as const)
      await expect(open(`${name}.npy`)).rejects.toThrow(JSON.stringify(type));
    const x = Float32Array.from({ length: 96 }, (_, i) => {
      const [n, c, p] = [Math.floor(i / 48), Math.floor(i / 16) % 3, i % 16];
      return n * 48 + p * 3 + c;
    });
    const kip = (await open("kip.npz")).set as DistilledSet;
    expect(kip).toMatchObject({ shape: [2, 3, 4, 4], labels: { kind: "soft", form: "centred" }, images: x });
    const rfad = (await open("rfad.npz")).set as DistilledSet;
    expect(rfad).toMatchObject({ labels: { form: "centred" }, images: x, metadata: { k: 8, valid_loss: 1.5 } });
    const med = await open("medmnist.npz");
    expect(med.set).toMatchObject({ kind: "labelled", shape: [2, 3, 4, 4], labels: Int32Array.of(1, 0), classes: 2 });
  });

  it("Fortran order gives the numbers NumPy gives", async () => {
    const bytes = readFileSync(join(folder, "f4.npy"));
    expect(bytes.toString("latin1")).toContain("'fortran_order': True");
    const { objects } = await openSet(await fileSource(join(folder, "f4.npy")), { ipc: 1 });
    expect(objects).toHaveLength(1);
    const { set } = await openSet(await fileSource(join(folder, "f4.npy")), { ipc: 1 });
    expect((set as DistilledSet).images).toEqual(Float32Array.from({ length: 24 }, (_, i) => i));
  });
});
