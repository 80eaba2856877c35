"""whitening.json: ZCA of 8-bit images as the field's programs fit it (kornia's ZCAWhitening): 40 pictures of 3 x 3 x 3."""
import numpy as np
import torch

from golden import det, spec, summary, write

N, IMAGE, EPSILON = 40, [3, 3, 3], 0.1
noise, level = spec("whitening/noise", [N, 27], 0.5, 0.5), spec("whitening/level", [N, 1], 0.5, 0.5)
# Pictures of different brightness: correlated pixels, one large eigenvalue.
share = 0.7
values = share * det(level["det"], level["shape"], 0.5, 0.5).astype(np.float64) + (1 - share) * det(
    noise["det"], noise["shape"], 0.5, 0.5
).astype(np.float64)
pixels = np.floor(256 * values).astype(np.uint8)


def fit(dtype):
    x = torch.from_numpy(pixels.astype(np.float64) / 255).to(dtype)
    mean = x.mean(0, keepdim=True)
    centred = x - mean
    u, s, _ = torch.linalg.svd(centred.t().mm(centred) / (N - 1))
    s = s.reshape(-1, 1)
    matrix = u.mm(torch.rsqrt(s + EPSILON) * u.t())
    inverse = u.mm(torch.sqrt(s + EPSILON) * u.t())
    return {"mean": mean, "matrix": matrix, "inverse": inverse, "whitened": centred.mm(matrix)}


f64, f32 = fit(torch.float64), fit(torch.float32)
write(
    "whitening.json",
    {
        "noise": noise,
        "level": level,
        "share": share,
        "image": IMAGE,
        "epsilon": EPSILON,
        "bytes": {"first": [int(v) for v in pixels.ravel()[:16]], "sum": int(pixels.sum(dtype=np.int64))},
        **{name: summary(f64[name], f32[name]) for name in f64},
    },
)
