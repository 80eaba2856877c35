"""distill.json: whole runs of the distillation methods, from the key to the images.

Every draw is made again from the toolkit's keys (keys.py): initial images, networks, real batches, augmentations and orders.
The networks are ConvNets of two blocks, the raw images 18 pictures of 16 pixels in three classes, made of a formula.
"""
import math

import torch
import torch.nn.functional as F

import dsa
from golden import both, det, write
from keys import Stream, child, key, permutation

K, C, SIDE, N = 3, 3, 16, 18
MEAN, STD = 0.5, 0.25
DSA = "color_crop_cutout_flip_scale_rotate"
BASE = {"ipc": 2, "iterations": 2, "batchReal": 5, "momentum": 0.5, "factor": 1, "width": 4, "depth": 2, "norm": "instance"}
GRADIENTS = {**BASE, "outer": 3, "inner": 2, "lrImg": 0.1, "lrNet": 0.01, "batchTrain": 4}
MEANS = {**BASE, "init": "real", "dsa": DSA, "lrImg": 1}
CROPS = {
    "ipc": 2, "candidates": 5, "crops": 3, "leastArea": 0.08, "factor": 1, "teacherEpochs": 3, "teacherBatch": 9, "teacherLr": 0.05, "teacherSeed": 2,
    "width": 4, "depth": 2, "norm": "instance",
}
INTENSIVE = {
    **BASE, "outer": 3, "distance": "mse", "lrImg": 0.25, "batchSynthetic": 128, "augmentation": "color+crop+cutout",
    "netImages": 10, "batchNet": 4, "lrNet": 0.01, "netAugmentation": "color+crop", "mixingChance": 0.5,
}
RUNS = {
    "dc": ("datasetCondensation", {**GRADIENTS, "init": "noise"}),
    "dc-factor": ("datasetCondensation", {**GRADIENTS, "init": "noise", "factor": 2, "ipc": 1}),
    "dsa": ("siameseCondensation", {**GRADIENTS, "init": "real", "dsa": DSA}),
    "dsa-factor": ("siameseCondensation", {**GRADIENTS, "init": "real", "dsa": DSA, "factor": 2, "ipc": 1, "outer": 2}),
    "idc": ("informationIntensive", INTENSIVE),
    "idc-factor": ("informationIntensive", {**INTENSIVE, "factor": 2, "ipc": 1, "distance": "l1", "lrImg": 0.05, "netAugmentation": "flip_scale_rotate"}),
    "idc-drawn": ("informationIntensive", {**INTENSIVE, "batchSynthetic": 1, "momentum": 0, "augmentation": "none", "mixingChance": 1}),
    "dm": ("distributionMatching", MEANS),
    "dm-factor": ("distributionMatching", {**MEANS, "factor": 2, "ipc": 1}),
    "dataDam": ("attentionMatching", {**MEANS, "taskBalance": 0.01}),
    "rded": ("realisticDiverse", CROPS),
    "rded-factor": ("realisticDiverse", {**CROPS, "factor": 2, "ipc": 1, "crops": 1, "leastArea": 0.5, "teacherBatch": 5}),
    "dataDam-factor": ("attentionMatching", {**MEANS, "taskBalance": 0.5, "factor": 2, "ipc": 1, "depth": 3}),
}


def raw(dtype):
    """Normalised images of the raw set, and the rows of each class."""
    pixels = torch.from_numpy(det("distill/pixels", [N, C, SIDE, SIDE], 127.5, 128.0)).floor()
    return ((pixels / 255 - MEAN) / STD).to(dtype), [list(range(k, N, K)) for k in range(K)]


def sample(rows, n, source):
    """n of the rows in random order, all where there are no more."""
    stream, pool = Stream(source), list(rows)
    for i in range(min(n, len(pool))):
        j = i + stream.integer(len(pool) - i)
        pool[i], pool[j] = pool[j], pool[i]
    return pool[:n]


def shapes(o):
    """Parameters in the toolkit's order, (shape, bound), or (shape, None, constant)."""
    out, cin, w = [], C, o["width"]
    for _ in range(o["depth"]):
        bound = 1 / math.sqrt(cin * 9)
        out += [([w], bound), ([3, 3, cin, w], bound), ([w], None, 0.0), ([w], None, 1.0)]
        cin = w
    flat = w * (SIDE >> o["depth"]) ** 2
    return out + [([K], 1 / math.sqrt(flat)), ([flat, K], 1 / math.sqrt(flat))]


def network(o, source, dtype):
    params = []
    for i, (shape, bound, *constant) in enumerate(shapes(o)):
        if constant:
            params.append(torch.full(shape, constant[0], dtype=dtype))
            continue
        stream = Stream(child(source, i))
        values = [stream.uniform(-bound, bound) for _ in range(math.prod(shape))]
        params.append(torch.tensor(values, dtype=torch.float32).to(dtype).reshape(shape))
    return [p.requires_grad_(True) for p in params]


def forward(p, x):
    """Logits, features, and what each ReLU gives."""
    maps = []
    for d in range((len(p) - 2) // 4):
        bias, weight, shift, scale = p[4 * d : 4 * d + 4]
        x = F.relu(F.group_norm(F.conv2d(x, weight.permute(3, 2, 0, 1), bias, padding=1), len(bias), scale, shift, 1e-5))
        maps.append(x)
        x = F.avg_pool2d(x, 2)
    features = x.permute(0, 2, 3, 1).flatten(1)
    return features @ p[-1] + p[-2], features, maps


def drawn(source, strategy, n):
    """An operator and its numbers, n of each."""
    stream, operators = Stream(source), strategy.split("_")
    name = operators[stream.integer(len(operators))]

    def numbers(one):
        return [one() for _ in range(n)]

    def u():
        return numbers(stream.uniform)

    most = math.floor(0.125 * SIDE + 0.5)
    if name == "color":
        return name, {"brightnessU": u(), "saturationU": u(), "contrastU": u()}
    if name == "crop":
        dy = numbers(lambda: stream.integer(2 * most + 1) - most)
        return name, {"dy": dy, "dx": numbers(lambda: stream.integer(2 * most + 1) - most)}
    if name == "cutout":
        cy = numbers(lambda: stream.integer(SIDE + 1))
        return name, {"cy": cy, "cx": numbers(lambda: stream.integer(SIDE + 1))}
    if name == "scale":
        uy = u()
        return name, {"uy": uy, "ux": u()}
    return name, {"u": u()}


def siamese(o, source):
    """The same change for any number of images."""
    if o.get("dsa", "none") == "none":
        return lambda x: x
    name, numbers = drawn(source, o["dsa"], 1)
    return lambda x: dsa.OPERATORS[name](x, **{k: v * len(x) for k, v in numbers.items()})


def decode(x, f):
    """Each image's f x f parts, enlarged, one image after the other."""
    if f == 1:
        return x
    s = SIDE // f
    parts = [x[i : i + 1, :, s * a : s * a + s, s * b : s * b + s] for i in range(len(x)) for a in range(f) for b in range(f)]
    return F.interpolate(torch.cat(parts), size=(SIDE, SIDE), mode="bilinear", align_corners=False)


def initial(o, source, dtype):
    f, own = o["factor"], child(source, "initial")
    if o["init"] == "noise":
        stream = Stream(own)
        values = [stream.normal() for _ in range(K * o["ipc"] * C * SIDE**2)]
        return torch.tensor(values, dtype=torch.float32).to(dtype).reshape(-1, C, SIDE, SIDE)
    images, rows = raw(dtype)
    chosen = [i for k in range(K) for i in sample(rows[k], o["ipc"] * f * f, child(source, "initial", k))]
    small = F.avg_pool2d(images[chosen], f).reshape(K * o["ipc"], f, f, C, SIDE // f, SIDE // f)
    return small.permute(0, 3, 1, 4, 2, 5).reshape(-1, C, SIDE, SIDE)


def gradients(params, x, y, graph=False):
    return torch.autograd.grad(F.cross_entropy(forward(params, x)[0], y), params, create_graph=graph)


def layerwise(a, b):
    """Over parameters of two axes and more: the sum over output units of 1 - cosine, 1e-6 added to the product of the norms."""
    total = 0
    for u, v in zip(a, b):
        if u.dim() > 1:
            u, v = u.reshape(-1, u.shape[-1]), v.reshape(-1, v.shape[-1])
            total = total + (1 - (u * v).sum(0) / (u.norm(dim=0) * v.norm(dim=0) + 1e-6)).sum()
    return total


def of_class(x, k):
    n = len(x) // K
    return x[k * n : (k + 1) * n]


def labels(n):
    return torch.arange(K).repeat_interleave(n // K)


def train_network(o, params, images, source):
    """`inner` epochs of plain SGD on the set, each batch changed by one operator, every image by its own numbers."""
    x_all = decode(images, o["factor"])
    y_all, m = labels(len(x_all)), len(x_all)
    for epoch in range(o["inner"]):
        order = permutation(child(source, "order", epoch), m) if m > o["batchTrain"] else list(range(m))
        for i, start in enumerate(range(0, m, o["batchTrain"])):
            rows = order[start : start + o["batchTrain"]]
            x, y = x_all[rows], y_all[rows]
            if "dsa" in o:
                name, numbers = drawn(child(child(source, "augmentation", epoch, i), 0), o["dsa"], len(x))
                x = dsa.OPERATORS[name](x, **numbers)
            params = [(p - o["lrNet"] * g).detach().requires_grad_(True) for p, g in zip(params, gradients(params, x, y))]
    return params


def gradient_matching(o, source, dtype):
    images, (real_all, rows) = initial(o, source, dtype), raw(dtype)
    images.requires_grad_(True)
    optimizer, losses = torch.optim.SGD([images], lr=o["lrImg"], momentum=o["momentum"]), []
    for it in range(o["iterations"]):
        own = child(source, "iteration", it)
        params = network(o, child(own, "network"), dtype)
        for turn in range(o["outer"]):
            now, loss = child(own, "update", turn), 0
            for k in range(K):
                change = siamese(o, child(now, "augmentation", k))
                real = change(real_all[sample(rows[k], o["batchReal"], child(now, "real", k))])
                seen = change(decode(of_class(images, k), o["factor"]))
                g = gradients(params, real, torch.full([len(real)], k))
                loss = loss + layerwise(gradients(params, seen, torch.full([len(seen)], k), graph=True), g)
            optimizer.zero_grad()
            images.grad = torch.autograd.grad(loss, images)[0]
            optimizer.step()
            losses.append(loss.detach() / K)
            if turn < o["outer"] - 1:
                params = train_network(o, params, images.detach(), child(own, "training", turn))
    return images.detach(), losses


def kernels(o, a, b):
    """Over the kernels of convolutions: the sum of squares or absolutes of the differences."""
    size = {"mse": torch.square, "l1": torch.abs}[o["distance"]]
    return sum(size(u - v).sum() for u, v in zip(a, b) if u.dim() == 4)


def cutmix(x, y, source):
    """Every image gets a box of another one, and as much of its label."""
    stream = Stream(source)
    share, partner = stream.beta(1), permutation(source, len(x))
    half = int(SIDE * math.sqrt(1 - share)) // 2
    cy, cx = stream.integer(SIDE), stream.integer(SIDE)
    top, bottom, left, right = max(0, cy - half), min(SIDE, cy + half), max(0, cx - half), min(SIDE, cx + half)
    x, own = x.clone(), x
    x[:, :, top:bottom, left:right] = own[partner][:, :, top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / SIDE**2
    return x, share * y + (1 - share) * y[partner]


def learn_real(o, params, optimizer, images, source):
    """Steps on real images, augmented stage by stage, a share of the batches mixed."""
    order, n = permutation(child(source, "order"), N), o["batchNet"]
    for i in range(math.ceil(o["netImages"] / n)):
        rows = [order[(i * n + j) % N] for j in range(n)]
        x, y = images[rows], F.one_hot(torch.tensor([row % K for row in rows]), K).to(images.dtype)
        for s, stage in enumerate(o["netAugmentation"].split("+")):
            name, numbers = drawn(child(child(source, "augmentation", i), s), stage, n)
            x = dsa.OPERATORS[name](x, **numbers)
        if Stream(child(source, "mixed", i)).uniform() < o["mixingChance"]:
            x, y = cutmix(x, y, child(source, "mixing", i))
        optimizer.zero_grad()
        F.cross_entropy(forward(params, x)[0], y).backward()
        optimizer.step()


def intensive(o, source, dtype):
    """Images are pixels; one optimiser has all of them and steps after every class, so that momentum carries the others on."""
    real_all, rows = raw(dtype)
    pixels = (initial({**o, "init": "real"}, source, dtype) * STD + MEAN).requires_grad_(True)
    optimizer, losses = torch.optim.SGD([pixels], lr=o["lrImg"] * o["ipc"] / 10, momentum=o["momentum"]), []
    each, parts = o["ipc"], o["ipc"] * o["factor"] ** 2
    stages = [] if o["augmentation"] == "none" else o["augmentation"].split("+")
    for it in range(o["iterations"]):
        own = child(source, "iteration", it)
        params = network(o, child(own, "network"), dtype)
        net = torch.optim.SGD(params, lr=o["lrNet"], momentum=0.9, weight_decay=5e-4)
        pixels.data.clamp_(0, 1)
        for turn in range(o["outer"]):
            now, total = child(own, "update", turn), 0
            for k in range(K):
                real = real_all[sample(rows[k], o["batchReal"], child(now, "real", k))]
                seen = decode((pixels[k * each : (k + 1) * each] - MEAN) / STD, o["factor"])
                if parts > o["batchSynthetic"]:
                    seen = seen[permutation(child(now, "parts", k), parts)[: o["batchSynthetic"]]]
                for s, stage in enumerate(stages):
                    name, numbers = drawn(child(child(now, "augmentation", k), s), stage, 1)
                    real, seen = (dsa.OPERATORS[name](x, **{key: v * len(x) for key, v in numbers.items()}) for x in (real, seen))
                g = gradients(params, real, torch.full([len(real)], k))
                loss = kernels(o, gradients(params, seen, torch.full([len(seen)], k), graph=True), g)
                optimizer.zero_grad()
                pixels.grad = torch.autograd.grad(loss, pixels)[0]
                optimizer.step()
                total = total + loss.detach() / K
            losses.append(total)
            if turn < o["outer"] - 1:
                learn_real(o, params, net, real_all, child(own, "training", turn))
    return ((pixels.detach().clamp(0, 1) - MEAN) / STD), losses


def statistic(o, params, x):
    """What is averaged over a class: features, or the attention of every ReLU but the last, and the logits."""
    logits, features, maps = forward(params, x)
    if "taskBalance" not in o:
        return [(1, features)]
    attention = [(100, F.normalize(m.abs().sum(1).flatten(1), dim=1)) for m in maps[:-1]]
    return attention + [(100 * o["taskBalance"], logits)]


def mean_matching(o, source, dtype):
    images, (real_all, rows) = initial(o, source, dtype), raw(dtype)
    images.requires_grad_(True)
    optimizer, losses = torch.optim.SGD([images], lr=o["lrImg"], momentum=o["momentum"]), []
    for it in range(o["iterations"]):
        own = child(source, "iteration", it)
        params = [p.detach() for p in network(o, child(own, "network"), dtype)]
        loss = 0
        for k in range(K):
            change = siamese(o, child(own, "augmentation", k))
            real = statistic(o, params, change(real_all[sample(rows[k], o["batchReal"], child(own, "real", k))]))
            syn = statistic(o, params, change(decode(of_class(images, k), o["factor"])))
            loss = loss + sum(w * ((a.mean(0) - b.mean(0)) ** 2).sum() for (w, a), (_, b) in zip(real, syn))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return images.detach(), losses


def train_teacher(o, source, dtype):
    """SGD with momentum 0.9 and weight decay 5e-4 on raw images, mirrored and shifted, the rate along a cosine."""
    images, _ = raw(dtype)
    params, losses, n = network(o, child(source, "weights"), dtype), [], o["teacherBatch"]
    optimizer = torch.optim.SGD(params, lr=0, momentum=0.9, weight_decay=5e-4)
    for epoch in range(o["teacherEpochs"]):
        order, total = permutation(child(source, "order", epoch), N), 0
        optimizer.param_groups[0]["lr"] = o["teacherLr"] / 2 * (1 + math.cos(math.pi * epoch / o["teacherEpochs"]))
        for i in range(N // n):
            rows = order[i * n : (i + 1) * n]
            stream = Stream(child(child(source, "augmentation", epoch, i), 0))
            u = [stream.uniform() for _ in rows]
            dy, dx = ([stream.integer(9) - 4 for _ in rows] for _ in range(2))
            x = dsa.crop(dsa.flip(images[rows], u), dy, dx)
            loss = F.cross_entropy(forward(params, x)[0], torch.tensor([row % K for row in rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total = total + loss.detach() / (N // n)
        losses.append(total)
    return params, losses


def random_crop(image, least, stream):
    tile = min(SIDE, max(1, round(SIDE * math.sqrt(stream.uniform(least, 1)))))
    top, left = stream.integer(SIDE - tile + 1), stream.integer(SIDE - tile + 1)
    part = image[None, :, top : top + tile, left : left + tile]
    return F.interpolate(part, size=(SIDE, SIDE), mode="bilinear", align_corners=False)[0]


def crops(o, source, dtype):
    (images, rows), f, own = raw(dtype), o["factor"], child(source, "choice")
    params, losses = train_teacher(o, child(key(o["teacherSeed"]), "teacher"), dtype)
    out, mean = [], 0
    for k in range(K):
        stream, best = Stream(child(own, "crops", k)), []
        for row in sample(rows[k], max(o["candidates"], o["ipc"] * f * f), child(own, "candidates", k)):
            cut = torch.stack([random_crop(images[row], o["leastArea"], stream) for _ in range(o["crops"])])
            loss = F.cross_entropy(forward(params, cut)[0].detach(), torch.full([len(cut)], k), reduction="none")
            best.append((loss.min(), cut[loss.argmin()]))
        best = sorted(best, key=lambda one: float(one[0]))[: o["ipc"] * f * f]
        mean = mean + sum(loss for loss, _ in best) / len(best) / K
        small = [F.avg_pool2d(cut[None], f)[0] for _, cut in best]
        for i in range(o["ipc"]):
            lines = [torch.cat([small[(a * f + b) * o["ipc"] + i] for b in range(f)], 2) for a in range(f)]
            out.append(torch.cat(lines, 1))
    return torch.stack(out), [*losses, mean]


def run(method, o, source, dtype):
    if "crops" in o:
        images, losses = crops(o, source, dtype)
        return {"images": images, "losses": losses}
    loop = intensive if "netImages" in o else gradient_matching if "outer" in o else mean_matching
    images, losses = loop(o, source, dtype)
    seen, before = decode(images, o["factor"]), decode(initial({"init": "real", **o}, source, dtype), o["factor"])
    return {"images": seen, "change": seen - before, "losses": losses}


def case(name, method, options):
    """The first key with which single precision meets no kink, so that it stays within a tenth of the test's limit."""
    for i in range(1, 100):
        seed = f"{name}/{i}"
        results = both(lambda dtype: run(method, options, key(seed), dtype))
        if results.get("change", results["images"])["error32"] < 1e-5:
            return {"name": name, "method": method, "options": options, "seed": seed, "results": results}
    raise ValueError(f"{name}: single precision is far off for every key")


def main():
    head = {"classes": K, "channels": C, "side": SIDE, "images": N, "mean": MEAN, "std": STD}
    write("distill.json", {**head, "cases": [case(name, *run) for name, run in RUNS.items()]})


if __name__ == "__main__":
    main()
