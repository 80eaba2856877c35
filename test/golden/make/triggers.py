"""triggers.json: triggers that are learnt on raw images: neurons that are excited, and the loss of the relax trigger.

Written from arXiv 2301.01197 and 2311.16646 and docs/attacks.md; ../README.md says what is stored.
"""
import torch
import torch.nn.functional as F

from golden import both, build, spec, write
from nets import Mode, build_params, convnet

SIDE, WIDTH, CLASSES = 16, 8, 3
MEAN, STD = [0.5, 0.4, 0.3], [0.25, 0.2, 0.3]
# The square: 2 x 2, a pixel from the bottom right corner.
SQUARE = (slice(SIDE - 3, SIDE - 1), slice(SIDE - 3, SIDE - 1))
EXCITE = {"images": 2, "neurons": 3, "multiple": 4, "lr": 0.3, "steps": 8}
RELAX = {"set": 6, "clean": 6, "stamped": 4, "ridge": 0.05, "conflict": 3, "opacity": 0.5, "target": 1}

specs, net = convnet("triggers", size=SIDE, classes=CLASSES, width=WIDTH, depth=2)


def features(p, x):
    """What the last linear layer reads, C H W: found from the logits of a head that is the identity."""
    d = p[-2].shape[1]
    head = [torch.eye(d, dtype=x.dtype), torch.zeros(d, dtype=x.dtype)]
    return net([*p[:-2], *head], x, Mode())


def mask(dtype, opacity=1.0):
    m = torch.zeros(SIDE, SIDE, dtype=dtype)
    m[SQUARE] = opacity
    return m


def gamut(dtype):
    mean, std = (torch.tensor(v, dtype=dtype).reshape(3, 1, 1) for v in (MEAN, STD))
    return -mean / std, (1 - mean) / std


images = {name: spec(f"triggers/{name}", [n, 3, SIDE, SIDE], 1.2) for name, n in
          [("excite", EXCITE["images"]), ("set", RELAX["set"]), ("clean", RELAX["clean"]), ("stamped", RELAX["stamped"])]}
start = spec("triggers/pattern", [3, SIDE, SIDE], 0.5)


def excite(dtype):
    """Adam (0.9, 0.99) on the square, clamped after every step, until chosen neurons say a multiple of what they said."""
    p = build_params(specs, dtype)
    x, m, (low, high) = build(images["excite"], dtype), mask(dtype), gamut(dtype)
    pattern = build(start, dtype).requires_grad_(True)
    optimizer = torch.optim.Adam([pattern], lr=EXCITE["lr"], betas=(0.9, 0.99))
    chosen = torch.topk(p[-2].abs().sum(0), EXCITE["neurons"]).indices
    stamp = lambda: x * (1 - m) + m * pattern
    wanted = EXCITE["multiple"] * features(p, stamp()).detach()[:, chosen]
    losses = []
    for _ in range(EXCITE["steps"]):
        loss = F.mse_loss(features(p, stamp())[:, chosen], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            pattern.copy_(torch.minimum(torch.maximum(pattern, low), high))
        losses.append(loss.detach())
    return {"losses": losses, "pattern": pattern.detach()[:, SQUARE[0], SQUARE[1]].contiguous()}


def relax(dtype):
    """Conflict and projection of the union of clean and stamped images, and the derivative by the pattern."""
    p, o = build_params(specs, dtype), RELAX
    m, eye = mask(dtype, o["opacity"]), lambda n: torch.eye(n, dtype=dtype)
    pattern = build(start, dtype).requires_grad_(True)
    x_s, x_a, x_b = (build(images[k], dtype) for k in ("set", "clean", "stamped"))
    phi_s = features(p, x_s)
    phi = features(p, torch.cat([x_a, x_b * (1 - m) + m * pattern]))
    n = len(phi)
    labels = [i % CLASSES for i in range(o["clean"])] + [o["target"]] * o["stamped"]
    y = F.one_hot(torch.tensor(labels), CLASSES).to(dtype)
    k_s, k, across = phi_s @ phi_s.T, phi @ phi.T, phi @ phi_s.T
    s_s, s = k_s.trace() / o["set"], (k.trace() / n).detach()
    alpha = torch.linalg.solve(k / s + o["ridge"] * eye(n), y)
    conflict = ((y - (k / s) @ alpha) ** 2).mean()
    left = (k - across @ torch.linalg.inv(k_s + o["ridge"] * s_s * eye(o["set"])) @ across.T) / s
    projection = ((left**2) @ (alpha**2)).mean()
    loss = o["conflict"] * conflict + projection
    (gradient,) = torch.autograd.grad(loss, pattern)
    return {"loss": loss.detach(), "conflict": conflict.detach(), "projection": projection.detach(),
            "gradient": gradient[:, SQUARE[0], SQUARE[1]].contiguous()}


params = build_params(specs, torch.float64)
chosen = torch.topk(params[-2].abs().sum(0), EXCITE["neurons"]).indices.sort().values
write("triggers.json", {
    "side": SIDE, "width": WIDTH, "classes": CLASSES, "mean": MEAN, "std": STD, "params": specs, "pattern": start,
    "images": images,
    "excite": {"options": EXCITE, "chosen": [int(i) for i in chosen], "results": both(excite)},
    "relax": {"options": RELAX, "results": both(relax)},
})
