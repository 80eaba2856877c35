"""Whole runs of the methods that match training trajectories, in PyTorch: experts, students, and autograd through all steps.

Written from the methods' papers and docs/distillation.md; ../README.md says what is stored.
"""
import torch
import torch.nn.functional as F

import dsa
from distill import C, DSA, K, MEAN, N, SIDE, STD, drawn, forward, initial, labels, network, raw, sample
from golden import both, write
from keys import Stream, child, key, permutation

COMMON = {
    "ipc": 2, "iterations": 3, "studentSteps": 3, "expertEpochs": 1, "maxStart": 2, "momentum": 0.5, "lrNet": 0.05, "lrRate": 1e-3,
    "lrImg": 5, "gradient": "exact", "experts": 2, "expertLr": 0.1, "expertBatch": 5, "expertSeed": 3, "width": 4, "depth": 2,
    "norm": "instance", "dsa": DSA,
}
ALIGNED = {"minStart": 0, "startFrom": 1, "growth": 2, "lrLabel": 0.5, "labelMomentum": 0.9, "threshold": 1e3, "maxStart": 3}
RUNS = {
    "mtt": ("matchingTrajectories", {**COMMON, "init": "real", "batchTrain": 6}),
    "mtt-held": ("matchingTrajectories", {**COMMON, "init": "real", "batchTrain": 4, "gradient": "held"}),
    "datm-flat": ("alignedTrajectories", {**COMMON, **ALIGNED, "batchTrain": 6, "expertRho": 0.5, "expertAlpha": 0.3}),
    "datm": ("alignedTrajectories", {**COMMON, **ALIGNED, "batchTrain": 3}),
}


def augmented(x, source, strategy):
    if strategy == "none":
        return x
    name, numbers = drawn(source, strategy, len(x))
    return dsa.OPERATORS[name](x, **numbers)


def flat_direction(o, params, g, loss):
    """GSAM, adaptive: the gradient h from a step uphill in units of the weights, without alpha times the part of g across h."""
    uphill = o["expertRho"] / torch.cat([(p * d).flatten() for p, d in zip(params, g)]).norm()
    moved = [(p + uphill * p**2 * d).detach().requires_grad_(True) for p, d in zip(params, g)]
    h = torch.autograd.grad(loss(moved), moved)
    a, b = (torch.cat([d.flatten() for d in ds]) for ds in (g, h))
    share = a.dot(b) / b.dot(b)
    return [d - o["expertAlpha"] * (c - share * d) for c, d in zip(g, h)]


def expert(o, e, epochs, dtype):
    """Weights before the first epoch and after each, and the mean loss of each."""
    images, source = raw(dtype)[0], child(key(o["expertSeed"]), "expert", e)
    way, losses, n = [[p.detach() for p in network(o, child(source, "weights"), dtype)]], [], o["expertBatch"]
    for epoch in range(epochs):
        order, params, total = permutation(child(source, "order", epoch), N), way[-1], 0
        for i in range(N // n):
            rows = order[i * n : (i + 1) * n]
            x = augmented(images[rows], child(child(source, "augmentation", epoch, i), 0), o["dsa"])
            params = [p.detach().requires_grad_(True) for p in params]
            loss = F.cross_entropy(forward(params, x)[0], torch.tensor([row % K for row in rows]))
            g = torch.autograd.grad(loss, params)
            if "expertRho" in o:
                g = flat_direction(o, params, g, lambda moved: F.cross_entropy(forward(moved, x)[0], torch.tensor([row % K for row in rows])))
            params = [p - o["expertLr"] * d for p, d in zip(params, g)]
            total = total + loss.detach() / (N // n)
        way.append([p.detach() for p in params])
        losses.append(total)
    return way, losses


def learnt_start(o, source, experts, dtype):
    """Images that experts get right, and the mean logits of those that do."""
    (images, rows), chosen = raw(dtype), []
    says = [forward(way[-1], images)[0].detach() for way, _ in experts]
    for k in range(K):
        order = sample(rows[k], len(rows[k]), child(source, "initial", k))
        right = [[r for r in order if says[e][r].argmax() == k] for e in range(len(experts))]
        ranked = list(dict.fromkeys(r for own in right for r in own))
        chosen += (ranked + [r for r in order if r not in ranked])[: o["ipc"]]
    said = torch.stack([s[chosen] for s in says])
    mask = (said.argmax(2) == labels(len(chosen))[None]).to(dtype)[:, :, None]
    mask = torch.where(mask.sum(0, keepdim=True) == 0, torch.ones_like(mask), mask)
    return images[chosen], (said * mask).sum(0) / mask.sum(0)


def student(o, images, targets, rate, start, own):
    """Where it comes to, differentiably."""
    m, params, steps = len(images), start, 0
    size = o["batchTrain"]
    parts = -(-m // size)
    moved = [torch.zeros_like(p) for p in start]
    for step in range(o["studentSteps"]):
        order = permutation(child(own, "order", step // parts), m) if m > size else list(range(m))
        rows = order[step % parts * size : (step % parts + 1) * size] if m > size else order
        x = augmented(images[rows], child(own, "augmentation", step), o["dsa"])
        if o["gradient"] == "held":
            params = [p.detach().requires_grad_(True) for p in params]
        loss = -(targets[rows] * F.log_softmax(forward(params, x)[0], 1)).sum(1).mean()
        gradient = torch.autograd.grad(loss, params, create_graph=True)
        params = [p - rate * g for p, g in zip(params, gradient)]
        moved = [d - rate * g for d, g in zip(moved, gradient)]
    return [p + d for p, d in zip(start, moved)] if o["gradient"] == "held" else params


def run(o, source, dtype):
    epochs = o["maxStart"] - 1 + o["expertEpochs"]
    experts = [expert(o, e, epochs, dtype) for e in range(o["experts"])]
    losses = [loss for _, own in experts for loss in own]
    soft = "lrLabel" in o
    if soft:
        images, logits = learnt_start(o, source, experts, dtype)
    else:
        images, logits = initial({**o, "factor": 1}, source, dtype), None
    before, rate = images, torch.tensor(o["lrNet"], dtype=dtype)
    v, vz, vr = torch.zeros_like(images), 0, 0
    for it in range(o["iterations"]):
        own = child(source, "iteration", it)
        stream = Stream(child(own, "start"))
        way = experts[stream.integer(len(experts))][0]
        below, least = o["maxStart"], 0
        if soft:
            below = min(below, o["startFrom"] + (o["maxStart"] - o["startFrom"]) * it // o["growth"])
            least = o["minStart"]
        t = least + stream.integer(below - least)
        start, target = [p.requires_grad_(True) for p in way[t]], way[t + o["expertEpochs"]]
        learnt = [images.detach().requires_grad_(True), rate.detach().requires_grad_(True)]
        if soft:
            learnt.append(logits.detach().requires_grad_(True))
            targets = F.softmax(learnt[2], 1)
        else:
            targets = F.one_hot(labels(len(images)), K).to(dtype)
        reached = student(o, learnt[0], targets, learnt[1], start, own)
        first = [p.detach() for p in start]
        loss = sum(((a - b) ** 2).sum() for a, b in zip(reached, target)) / sum(((a - b) ** 2).sum() for a, b in zip(first, target))
        g = torch.autograd.grad(loss, learnt)
        v = o["momentum"] * v + g[0]
        vr = 0.5 * vr + g[1]
        images, rate = images.detach() - o["lrImg"] * v, rate.detach() - o["lrRate"] * vr
        if soft:
            vz = o["labelMomentum"] * vz + g[2]
            logits = logits.detach() - o["lrLabel"] * vz
        losses.append(loss.detach())
    out = {"images": images, "change": images - before, "losses": losses, "rate": rate}
    return {**out, "labels": logits} if soft else out


def case(name, method, options):
    """The first key with which single precision meets no kink, so that it stays within a tenth of the test's limit."""
    for i in range(1, 100):
        seed = f"{name}/{i}"
        results = both(lambda dtype: run(options, key(seed), dtype))
        if results["change"]["error32"] < 1e-5:
            return {"name": name, "method": method, "options": options, "seed": seed, "results": results}
    raise ValueError(f"{name}: single precision is far off for every key")


def main():
    head = {"classes": K, "channels": C, "side": SIDE, "images": N, "mean": MEAN, "std": STD}
    write("trajectories.json", {**head, "cases": [case(name, *run) for name, run in RUNS.items()]})


if __name__ == "__main__":
    main()
