"""Numbers for test/metrics, from NumPy alone. Run: python3 make.py > metrics.json"""
import json
import numpy as np


def image(n, c, h, w, a, b):
    i = np.arange(n * c * h * w, dtype=np.int64)
    return (((i * i * a + i * b + (i // w) * 7) % 251) / 250.0).astype(np.float32).reshape(n, c, h, w)


def ssim(x, y, size=11, sigma=1.5):
    """Two-dimensional window, every position written out: nothing shared with the separable form."""
    k = np.arange(size) - (size - 1) / 2
    g = np.exp(-(k[:, None] ** 2 + k[None, :] ** 2) / (2 * sigma**2))
    g /= g.sum()
    h, w = x.shape
    values = []
    for r in range(h - size + 1):
        for q in range(w - size + 1):
            a = x[r : r + size, q : q + size].astype(np.float64)
            b = y[r : r + size, q : q + size].astype(np.float64)
            ma, mb = (g * a).sum(), (g * b).sum()
            va, vb, cov = (g * (a - ma) ** 2).sum(), (g * (b - mb) ** 2).sum(), (g * (a - ma) * (b - mb)).sum()
            values.append(
                (2 * ma * mb + 1e-4) * (2 * cov + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
            )
    return float(np.mean(values))


out = {"ssim": []}
for shape, size in [((2, 3, 16, 20), 11), ((1, 1, 28, 28), 11), ((1, 1, 8, 9), 7)]:
    x = image(*shape, 3, 17)
    y = (0.7 * x + 0.3 * image(*shape, 5, 29)).astype(np.float32)
    out["ssim"].append({
        "shape": shape,
        "y": 0.7,
        "ssim": [float(np.mean([ssim(x[n, c], y[n, c], size) for c in range(shape[1])])) for n in range(shape[0])],
        "psnr": float(-10 * np.log10(np.mean((x.astype(np.float64) - y) ** 2))),
    })
print(json.dumps(out, indent=1))
