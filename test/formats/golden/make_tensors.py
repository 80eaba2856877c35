"""Write what PyTorch and NumPy read from the real files: run as  python3 make_tensors.py DATA_FOLDER > tensors.json

For each file: path of each tensor or array → [dtype, shape, sha256 of its little-endian row-major bytes]. Accuracies
are the numbers of accs_all_exps as they stand there.
"""
import hashlib
import json
import os
import pickle
import sys

import numpy as np
import torch

root = os.path.abspath(sys.argv[1])
os.chdir("/")
result = {}


def digest(a):
    return [str(a.dtype), list(a.shape), hashlib.sha256(a.tobytes(order="C")).hexdigest()]


def walk(x, path, out):
    if isinstance(x, torch.Tensor):
        out[path or "."] = digest(x.detach().cpu().numpy().reshape(tuple(x.shape)))
    elif isinstance(x, np.ndarray):
        out[path or "."] = digest(x)
    elif isinstance(x, dict):
        for k, v in x.items():
            walk(v, f"{path}.{k}" if path else str(k), out)
    elif isinstance(x, (list, tuple)):
        for i, v in enumerate(x):
            walk(v, f"{path}[{i}]", out)


for folder, _, names in sorted(os.walk(root)):
    for name in sorted(names):
        full = os.path.join(folder, name)
        key = os.path.relpath(full, root)
        out = {}
        if name.endswith((".pt", ".pth", ".bin")) and key.split(os.sep)[0] in ("distilled", "formats"):
            loaded = torch.load(full, map_location="cpu")
            walk(loaded, "", out)
            entry = {"tensors": out}
            if isinstance(loaded, dict) and "accs_all_exps" in loaded:
                entry["accuracies"] = {k: [float(x) for x in v] for k, v in loaded["accs_all_exps"].items() if len(v)}
            result[key] = entry
        elif name.endswith((".npy", ".npz")):
            try:
                loaded = np.load(full)
                walk({k: loaded[k] for k in loaded.files} if name.endswith(".npz") else loaded, "", out)
                result[key] = {"tensors": out}
            except ValueError:
                result[key] = {"refused": "objects"}
        elif name == "batches.meta":
            result[key] = {"names": pickle.load(open(full, "rb"), encoding="latin1")["label_names"]}
        elif name.endswith(".safetensors"):
            raw = open(full, "rb").read()
            n = int.from_bytes(raw[:8], "little")
            for k, v in json.loads(raw[8 : 8 + n]).items():
                if k != "__metadata__":
                    assert v["dtype"] == "F32"
                    a, b = v["data_offsets"]
                    out[k] = digest(np.frombuffer(raw[8 + n + a : 8 + n + b], "<f4").reshape(v["shape"]))
            result[key] = {"tensors": out}
print("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'), sort_keys=True)}" for k, v in result.items()) + "\n}")
