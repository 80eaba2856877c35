"""Digests of picture sets as PIL and NumPy read them: sha256 of all pixels, N C H W, in natural order of the paths.

    python3 test/formats/golden/make_pictures.py DATA > test/formats/golden/pictures.json
"""
import glob, gzip, hashlib, io, json, os, re, sys, tarfile, zipfile
import numpy as np
from PIL import Image

data = sys.argv[1]


def natural(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)]


def stack(pictures, mode):
    arrays = [np.asarray(Image.open(io.BytesIO(b) if isinstance(b, bytes) else b).convert(mode)) for b in pictures]
    x = np.stack(arrays)
    return x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)


def digest(x):
    return {"shape": list(x.shape), "sha256": hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()}


def files(pattern):
    return sorted(glob.glob(os.path.join(data, pattern), recursive=True), key=natural)


def tiles(path):
    x = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = (x.shape[0] - 2) // 34, (x.shape[1] - 2) // 34
    cut = [x[2 + 34 * i : 34 + 34 * i, 2 + 34 * j : 34 + 34 * j] for i in range(rows) for j in range(columns)]
    return np.stack(cut).transpose(0, 3, 1, 2)


out = {}
for name in ["mnist", "fashion-mnist"]:
    for split, prefix in [("train", "train"), ("test", "t10k")]:
        raw = gzip.open(f"{data}/{name}/{prefix}-images-idx3-ubyte.gz").read()
        labels = gzip.open(f"{data}/{name}/{prefix}-labels-idx1-ubyte.gz").read()[8:]
        x = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 1, 28, 28)
        out[f"{name} {split}"] = {**digest(x), "labels": hashlib.sha256(labels).hexdigest()}
for split in ["train", "test"]:
    out[f"cifar10-jpeg {split}"] = digest(stack(files(f"formats/images/cifar10-jpeg/{split}/*/*.jpg"), "RGB"))
for name, mode in [("cifar10", "RGB"), ("cifar100", "RGB"), ("mnist", "L"), ("fashionMNIST", "L")]:
    out[f"foolbox {name}"] = digest(stack(files(f"formats/images/foolbox/{name}_*.png"), mode))
with zipfile.ZipFile(f"{data}/formats/images/kaggle_cifar10_train_tiny.zip") as archive:
    names = sorted((n for n in archive.namelist() if n.endswith(".png")), key=natural)
    out["kaggle"] = digest(stack([archive.read(n) for n in names], "RGB"))
with tarfile.open(f"{data}/tiny-imagenet-200/tiny-imagenet-200-10classes.tar.gz") as archive:
    names = sorted((n for n in archive.getnames() if n.endswith(".JPEG")), key=natural)
    for split, part in [("train", "/train/"), ("test", "/val/")]:
        out[f"tiny {split}"] = digest(stack([archive.extractfile(n).read() for n in names if part in n], "RGB"))
for path in files("distilled/*/vis_*.png"):
    out[f"grid {os.path.basename(path)}"] = digest(tiles(path))
json.dump(out, sys.stdout, indent=1)
print()
