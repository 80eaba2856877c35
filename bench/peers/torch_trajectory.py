"""An iteration of matching trajectories in PyTorch eager: N steps of SGD on the set with their graph, and the gradient of where they
lead by the images and by the rate. Reads JSON requests from stdin, one a line: {"width", "batch", "steps", "threads"}; answers
each with {"ms", "cpuMs", "loss", "peakRssMiB"}.
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F

made = {}


def setup(width, batch):
    torch.manual_seed(0)
    params, cin = [], 3
    for _ in range(3):
        params += [torch.randn(width, cin, 3, 3) / (9 * cin) ** 0.5, torch.zeros(width), torch.ones(width), torch.zeros(width)]
        cin = width
    params += [torch.randn(10, 16 * width) / (16 * width) ** 0.5, torch.zeros(10)]
    return params, [p + 0.01 * torch.randn_like(p) for p in params], torch.randn(batch, 3, 32, 32), torch.arange(batch) % 10


def logits(p, x):
    for d in range(3):
        w, b, scale, shift = p[4 * d : 4 * d + 4]
        x = F.avg_pool2d(F.relu(F.group_norm(F.conv2d(x, w, b, padding=1), len(b), scale, shift, 1e-5)), 2)
    return F.linear(x.flatten(1), p[-2], p[-1])


def iteration(start, target, images, y, steps):
    x, rate = images.clone().requires_grad_(True), torch.tensor(0.01, requires_grad=True)
    p = [v.clone().requires_grad_(True) for v in start]
    for _ in range(steps):
        g = torch.autograd.grad(F.cross_entropy(logits(p, x), y), p, create_graph=True)
        p = [v - rate * d for v, d in zip(p, g)]
    left = sum(((a - b) ** 2).sum() for a, b in zip(p, target))
    loss = left / sum(((a - b) ** 2).sum() for a, b in zip(start, target))
    torch.autograd.grad(loss, [x, rate])
    return loss.item()


for line in sys.stdin:
    o = json.loads(line)
    torch.set_num_threads(o["threads"])
    key = (o["width"], o["batch"])
    if key not in made:
        made[key] = setup(*key)
    began, cpu = time.perf_counter(), time.process_time()
    loss = iteration(*made[key], o["steps"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = {"ms": 1e3 * (time.perf_counter() - began), "cpuMs": 1e3 * (time.process_time() - cpu), "loss": loss, "peakRssMiB": peak}
    print(json.dumps(said), flush=True)
