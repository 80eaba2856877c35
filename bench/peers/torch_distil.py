"""One iteration of a distillation method in PyTorch eager, as the published programs write it: a new ConvNet, real images of every class, the
distance, the step of the images. Reads JSON requests from stdin, one a line: {"method", "width", "ipc", "batchReal", "threads"}; answers each
with {"ms", "cpuMs", "loss", "peakRssMiB"}. The siamese operators are those of the golden values.
"""
import json
import pathlib
import random
import resource
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test/golden/make"))
import dsa  # noqa: E402

K, SIDE = 10, 32
u = random.random


def network(width):
    params, cin = [], 3
    for _ in range(3):
        bound = 1 / (9 * cin) ** 0.5
        params += [torch.empty(width, cin, 3, 3).uniform_(-bound, bound), torch.empty(width).uniform_(-bound, bound), torch.ones(width), torch.zeros(width)]
        cin = width
    bound = 1 / (16 * width) ** 0.5
    params += [torch.empty(K, 16 * width).uniform_(-bound, bound), torch.empty(K).uniform_(-bound, bound)]
    return [p.requires_grad_(True) for p in params]


def forward(p, x):
    maps = []
    for d in range(3):
        w, b, scale, shift = p[4 * d : 4 * d + 4]
        x = F.relu(F.group_norm(F.conv2d(x, w, b, padding=1), len(b), scale, shift, 1e-5))
        maps.append(x)
        x = F.avg_pool2d(x, 2)
    features = x.flatten(1)
    return F.linear(features, p[-2], p[-1]), features, maps


def siamese():
    name = random.choice(["color", "crop", "cutout", "flip", "scale", "rotate"])
    if name == "color":
        numbers = {"brightnessU": u(), "saturationU": u(), "contrastU": u()}
    elif name == "crop":
        numbers = {"dy": random.randint(-4, 4), "dx": random.randint(-4, 4)}
    elif name == "cutout":
        numbers = {"cy": random.randint(0, SIDE), "cx": random.randint(0, SIDE)}
    else:
        numbers = {"uy": u(), "ux": u()} if name == "scale" else {"u": u()}
    return lambda x: dsa.OPERATORS[name](x, **{k: [v] * len(x) for k, v in numbers.items()})


def gradients(p, x, y, graph=False):
    return torch.autograd.grad(F.cross_entropy(forward(p, x)[0], y), p, create_graph=graph)


def layerwise(a, b):
    total = 0
    for g, h in zip(a, b):
        if g.dim() > 1:
            g, h = g.flatten(1), h.flatten(1)
            total = total + (1 - (g * h).sum(1) / (g.norm(dim=1) * h.norm(dim=1) + 1e-6)).sum()
    return total


def attended(a):
    return F.normalize(a.abs().sum(1).flatten(1), dim=1)


class Matching:
    """dc, dsa: gradients; dm, datadam: means."""

    def __init__(self, o):
        self.o, self.real = o, torch.randn(K, 200, 3, SIDE, SIDE)
        self.images = torch.randn(K * o["ipc"], 3, SIDE, SIDE).requires_grad_(True)
        lr = 0.1 if o["method"] in ("dc", "dsa") else 1
        self.optimizer = torch.optim.SGD([self.images], lr=lr, momentum=0.5)

    def iteration(self):
        o = self.o
        p, loss = network(o["width"]), 0
        for k in range(K):
            change = siamese() if o["method"] != "dc" else (lambda x: x)
            real = change(self.real[k][torch.randperm(200)[: o["batchReal"]]])
            seen = change(self.images[k * o["ipc"] : (k + 1) * o["ipc"]])
            if o["method"] in ("dc", "dsa"):
                g = gradients(p, real, torch.full([len(real)], k))
                loss = loss + layerwise(gradients(p, seen, torch.full([len(seen)], k), graph=True), g)
                continue
            with torch.no_grad():
                ours = forward(p, real)
            theirs = forward(p, seen)
            if o["method"] == "dm":
                loss = loss + ((ours[1].mean(0) - theirs[1].mean(0)) ** 2).sum()
                continue
            pairs = list(zip(ours[2][:-1], theirs[2][:-1]))
            loss = loss + 100 * sum(((attended(a).mean(0) - attended(b).mean(0)) ** 2).sum() for a, b in pairs)
            loss = loss + 100 * 0.01 * ((ours[0].mean(0) - theirs[0].mean(0)) ** 2).sum()
        self.optimizer.zero_grad()
        loss.backward(inputs=[self.images])
        self.optimizer.step()
        return loss.item()


class Ridge:
    """frepo: a ridge head on the features of a network of the pool, LAMB on images and labels, one step of Adam of the network."""

    def __init__(self, o):
        self.o, self.real, self.of = o, torch.randn(2000, 3, SIDE, SIDE), torch.arange(2000) % K
        self.y = (torch.eye(K).repeat_interleave(o["ipc"], 0) - 1 / K).requires_grad_(True)
        self.images = torch.randn(K * o["ipc"], 3, SIDE, SIDE).requires_grad_(True)
        self.params = network(o["width"])
        self.adam = torch.optim.Adam(self.params, lr=3e-4)
        self.moments = [[torch.zeros_like(t), torch.zeros_like(t)] for t in (self.images, self.y)]

    def iteration(self):
        rows = torch.randperm(2000)[: self.o["batchReal"]]
        wanted = torch.eye(K)[self.of[rows]] - 1 / K
        with torch.no_grad():
            others = forward(self.params, self.real[rows])[1]
        own = forward(self.params, self.images)[1]
        k = own @ own.t()
        k = k + 1e-6 * torch.trace(k) / len(k) * torch.eye(len(k))
        out = others @ own.t() @ torch.linalg.solve(k, self.y)
        top = self.y.topk(2, dim=1).values
        loss = 0.5 * ((out - wanted) ** 2).mean() - torch.clamp(top[:, 0] - top[:, 1], max=1 / K).mean()
        grads = torch.autograd.grad(loss, [self.images, self.y])
        with torch.no_grad():
            for t, g, (m, v) in zip((self.images, self.y), grads, self.moments):
                m.mul_(0.9).add_(g, alpha=0.1)
                v.mul_(0.999).addcmul_(g, g, value=0.001)
                step = m / (v.sqrt() + 1e-6)
                t -= 3e-4 * t.norm() / step.norm() * step
        self.adam.zero_grad()
        (0.5 * ((forward(self.params, self.images.detach())[0] - self.y.detach()) ** 2).mean()).backward()
        self.adam.step()
        return loss.item()


job = None
for line in sys.stdin:
    o = json.loads(line)
    torch.set_num_threads(o["threads"])
    job = job or (Ridge(o) if o["method"] == "frepo" else Matching(o))
    began, cpu = time.perf_counter(), time.process_time()
    loss = job.iteration()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"ms": 1e3 * (time.perf_counter() - began), "cpuMs": 1e3 * (time.process_time() - cpu), "loss": loss, "peakRssMiB": peak}
    print(json.dumps(said), flush=True)
