"""Deterministic inputs, small summaries of large tensors, and the writer of golden files.

The formulas are described in ../README.md; ../det.ts and ../summary.ts are their TypeScript twins.
"""
import json
import math
import os

import numpy as np
import torch

PROBES = 4  # fixed directions that a large tensor is projected on
FIRST = 8  # leading values that are stored of a large tensor
WHOLE = 64  # tensors up to this size are stored whole
ZERO = 1e-12  # tensors of a smaller float64 norm are zero but for rounding


def fnv1a(name):
    """32-bit FNV-1a of the ASCII name."""
    h = 0x811C9DC5
    for byte in name.encode("ascii"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def det(name, shape, scale=1.0, shift=0.0):
    """x_i = float32(shift + scale * (mix(fnv1a(name) + i * 0x9E3779B9) / 2^31 - 1)): uniform in shift +- scale."""
    n = int(np.prod(shape, dtype=np.int64))
    x = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(fnv1a(name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    values = shift + scale * (x.astype(np.float64) / 2147483648.0 - 1.0)
    return values.astype(np.float32).reshape(shape)


def spec(name, shape, scale=1.0, shift=0.0):
    """The JSON form of a deterministic tensor, from which any language rebuilds it."""
    return {"det": name, "shape": list(shape), "scale": scale, "shift": shift}


def build(s, dtype):
    """The torch tensor of a spec (a det spec, or literal values)."""
    if "values" in s:
        if s.get("integer"):
            return torch.tensor(s["values"]).reshape(s["shape"])
        return torch.tensor(s["values"], dtype=torch.float32).to(dtype).reshape(s["shape"])
    return torch.from_numpy(det(s["det"], s["shape"], s["scale"], s["shift"])).to(dtype)


def labels(n, classes, start=0):
    return torch.tensor([(start + i) % classes for i in range(n)])


def probe(k, n):
    return det(f"probe/{k}", [n]).astype(np.float64)


def number(x):
    """12 significant digits: 1e5 times finer than float32."""
    x = float(x)
    if not math.isfinite(x):
        raise ValueError("golden number is not finite")
    return float(f"{x:.12g}")


def summary(t64, t32, probes=PROBES, first=FIRST):
    """Float64 values of one tensor in short, and how far float32 PyTorch is from them (relative L2)."""
    a = t64.detach().double().contiguous().view(-1).numpy()
    b = t32.detach().double().contiguous().view(-1).numpy()
    norm = float(np.linalg.norm(a))
    out = {"shape": list(t64.shape), "norm": number(norm), "sum": number(a.sum())}
    if norm < ZERO:  # zero by symmetry, for instance of a bias that a norm removes: there is no relative error
        return {"shape": list(t64.shape), "zero": True, "norm": 0.0, "sum": 0.0, "error32": float(f"{np.linalg.norm(b):.2g}")}
    out["error32"] = float(f"{np.linalg.norm(a - b) / norm:.2g}")
    if a.size <= WHOLE and first == FIRST:
        out["values"] = [number(v) for v in a]
    else:
        out["dots"] = [number(a @ probe(k, a.size)) for k in range(probes)]
        if first:
            out["first"] = [number(v) for v in a[:first]]
    return out


class Short:
    """Marks a tensor of which only the norm, the sum and two projections are kept."""

    def __init__(self, tensor):
        self.tensor = tensor


def record(r64, r32):
    """Turn two equal trees of results, float64 and float32, into golden records."""
    if isinstance(r64, dict):
        return {k: record(v, r32[k]) for k, v in r64.items()}
    if isinstance(r64, Short):
        return summary(r64.tensor, r32.tensor, probes=2, first=0)
    if isinstance(r64, list):
        if all(isinstance(v, float) or (torch.is_tensor(v) and v.dim() == 0) for v in r64):
            return {"f64": [number(v) for v in r64], "f32": [number(v) for v in r32]}
        return [record(a, b) for a, b in zip(r64, r32)]
    if torch.is_tensor(r64) and r64.dim() > 0:
        return summary(r64, r32)
    return {"f64": number(r64), "f32": number(r32)}


def both(f):
    """Golden record of `f(dtype)`: run once in float64 (the reference) and once in float32."""
    return record(f(torch.float64), f(torch.float32))


def text(value, indent=0):
    """JSON with one line for each leaf object: small and readable in a diff."""
    flat = json.dumps(value)
    deep = isinstance(value, (dict, list)) and any(isinstance(v, (dict, list)) for v in (value.values() if isinstance(value, dict) else value))
    if not isinstance(value, (dict, list)) or not deep or len(flat) < 100:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k)}: {text(v, indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + text(v, indent + 1) for v in value) + "\n" + " " * indent + "]"


def write(file, content):
    """Write a golden file beside this folder."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", file)
    head = {"madeBy": f"make/{file.replace('.json', '.py')}", "torch": torch.__version__, "numpy": np.__version__}
    with open(path, "w") as f:
        f.write(text({**head, **content}) + "\n")


torch.set_num_threads(2)
