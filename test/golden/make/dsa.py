"""dsa.json: the operators of differentiable siamese augmentation with explicit parameters, value and image gradient."""
import math

import torch
import torch.nn.functional as F

from golden import both, build, spec, write

BRIGHTNESS, SATURATION, CONTRAST, SCALE, ROTATE = 1.0, 2.0, 0.5, 1.2, 15.0


def column(values, x):
    """One number an image, [N, 1, 1, 1]."""
    return torch.tensor(values, dtype=x.dtype).view(-1, 1, 1, 1)


def brightness(x, u):
    return x + (column(u, x) - 0.5) * BRIGHTNESS


def saturation(x, u):
    mean = x.mean(1, keepdim=True)
    return (x - mean) * (column(u, x) * SATURATION) + mean


def contrast(x, u):
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (column(u, x) + CONTRAST) + mean


def color(x, brightnessU, saturationU, contrastU):
    return contrast(saturation(brightness(x, brightnessU), saturationU), contrastU)


def crop(x, dy, dx):
    """out[y, x] = in[y + dy, x + dx], zero outside."""
    n, _, h, w = x.shape
    rows = []
    for i in range(n):
        wide = F.pad(x[i], [w, w, h, h])
        rows.append(wide[:, h + dy[i] : 2 * h + dy[i], w + dx[i] : 2 * w + dx[i]])
    return torch.stack(rows)


def cutout(x, cy, cx):
    """Zero rows cy - a .. cy - a + s - 1 and columns likewise, s = floor(side / 2 + 0.5), a = floor(s / 2), where they
    lie inside; overshooting rows fall on the border row, which is inside the square then anyway."""
    n, _, h, w = x.shape
    mask = torch.ones(n, 1, h, w, dtype=x.dtype)
    sy, sx = int(h * 0.5 + 0.5), int(w * 0.5 + 0.5)
    for i in range(n):
        top, left = cy[i] - sy // 2, cx[i] - sx // 2
        mask[i, :, max(top, 0) : top + sy, max(left, 0) : left + sx] = 0
    return x * mask


def flip(x, u):
    return torch.where(column(u, x) < 0.5, x.flip(3), x)


def resample(x, thetas):
    grid = F.affine_grid(torch.tensor(thetas, dtype=x.dtype), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def scale(x, uy, ux):
    span = SCALE - 1 / SCALE
    return resample(x, [[[a * span + 1 / SCALE, 0, 0], [0, b * span + 1 / SCALE, 0]] for a, b in zip(ux, uy)])


def rotate(x, u):
    angles = [(v - 0.5) * 2 * ROTATE / 180 * math.pi for v in u]
    return resample(x, [[[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0]] for a in angles])


OPERATORS = {f.__name__: f for f in [brightness, saturation, contrast, color, crop, cutout, flip, scale, rotate]}
U = [[0.1, 0.85, 0.4, 0.65], [0.95, 0.3, 0.05, 0.5], [0.2, 0.7, 0.9, 0.45]]
PARAMETERS = {
    "brightness": {"u": U[0]},
    "saturation": {"u": U[0]},
    "contrast": {"u": U[0]},
    "color": {"brightnessU": U[0], "saturationU": U[1], "contrastU": U[2]},
    "crop": {"dy": [-4, 3, 0, 1], "dx": [2, -1, 4, -3]},
    "cutout": {"cy": [0, 9, 28, 20], "cx": [14, 28, 3, 22]},
    "flip": {"u": U[0]},
    "scale": {"uy": U[0], "ux": U[1]},
    "rotate": {"u": U[0]},
}


def main():
    cases = []
    for tag, shape in [("3x32", [4, 3, 32, 32]), ("1x28", [4, 1, 28, 28])]:
        x_spec, cotangent_spec = spec(f"dsa/{tag}/x", shape, 1.7), spec(f"dsa/{tag}/cotangent", shape)
        for name, given in PARAMETERS.items():
            for siamese in [False, True]:
                parameters = {k: [v[0]] * 4 if siamese else v for k, v in given.items()}

                def f(dtype):
                    x = build(x_spec, dtype).requires_grad_(True)
                    out = OPERATORS[name](x, **parameters)
                    gradient = torch.autograd.grad((out * build(cotangent_spec, dtype)).sum(), x)[0]
                    return {"output": out.detach(), "gradient": gradient}

                head = {"name": f"{name}-{tag}-{'siamese' if siamese else 'each'}", "operator": name, "siamese": siamese}
                cases.append({**head, "parameters": parameters, "x": x_spec, "cotangent": cotangent_spec, "results": both(f)})
    settings = {"brightness": 1.0, "saturation": 2.0, "contrast": 0.5, "cropPad": 0.125, "cutout": 0.5, "scale": 1.2, "rotate": 15.0, "flip": 0.5}
    write("dsa.json", {"settings": settings, "cases": cases})


if __name__ == "__main__":
    main()
