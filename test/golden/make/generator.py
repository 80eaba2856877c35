"""generator.json: a trigger that is a generator, and the loss that SneakDoor trains it by.

Written from docs/attacks.md and the docstrings of the sources; ../README.md says what is stored.
"""
import torch
import torch.nn.functional as F

from golden import both, build, spec, write
from nets import Mode, build_params, convnet

SIDE, WIDTH, CLASSES = 16, 8, 3
MEAN, STD = [0.5, 0.4, 0.3], [0.25, 0.2, 0.3]
GOAL = {"batch": 4, "width": 5, "target": 1, "bound": 0.3, "features": 0.7, "near": 0.4, "lr": 0.01, "steps": 4}

specs, net = convnet("generator", size=SIDE, classes=CLASSES, width=WIDTH, depth=2)
sizes = [3, GOAL["width"], GOAL["width"], 3]
layers = [s for i in range(3) for s in (
    spec(f"generator/layer{i}/weight", [sizes[i + 1], sizes[i], 3, 3], 0.6),
    spec(f"generator/layer{i}/bias", [sizes[i + 1]], 0.2))]
# In normalised units, within the gamut; the last channel comes near to black, so that the clamp is met.
images = spec("generator/images", [GOAL["batch"], 3, SIDE, SIDE], 1.0)


def features(p, x):
    """What the last linear layer reads, C H W: found from the logits of a head that is the identity."""
    d = p[-2].shape[1]
    head = [torch.eye(d, dtype=x.dtype), torch.zeros(d, dtype=x.dtype)]
    return net([*p[:-2], *head], x, Mode())


def descend(dtype):
    """Adam on the generator's layers; loss, moved images and derivative of the first step, losses of all."""
    p = build_params(specs, dtype)
    mean, std = (torch.tensor(v, dtype=dtype).reshape(1, 3, 1, 1) for v in (MEAN, STD))
    pixels = build(images, dtype) * std + mean
    tree = [build(s, dtype).requires_grad_(True) for s in layers]
    wanted = features(p, build(spec("generator/target", [2, 3, SIDE, SIDE], 1.0), dtype)).mean(0).detach()
    optimizer = torch.optim.Adam(tree, lr=GOAL["lr"])
    labels = torch.full((GOAL["batch"],), GOAL["target"])
    losses, first = [], None
    for _ in range(GOAL["steps"]):
        h = 2 * pixels - 1
        for i in range(3):
            h = F.conv2d(h, tree[2 * i], tree[2 * i + 1], padding=1)
            h = F.relu(h) if i < 2 else torch.tanh(h)
        moved = (pixels + GOAL["bound"] * h).clamp(0, 1)
        seen = (moved - mean) / std
        loss = (F.cross_entropy(net(p, seen, Mode()), labels)
                + GOAL["features"] * ((features(p, seen) - wanted) ** 2).sum(1).mean() / (wanted**2).sum()
                + GOAL["near"] * (h**2).mean())
        optimizer.zero_grad()
        loss.backward()
        if first is None:
            first = {"moved": seen.detach(), "gradient": [t.grad.clone() for t in tree]}
        optimizer.step()
        losses.append(loss.detach())
    return {"losses": losses, **first, "wanted": wanted}


write("generator.json", {
    "side": SIDE, "width": WIDTH, "classes": CLASSES, "mean": MEAN, "std": STD, "params": specs, "layers": layers,
    "images": images, "target": spec("generator/target", [2, 3, SIDE, SIDE], 1.0), "options": GOAL, "results": both(descend),
})
