"""strategies.json: losses of every epoch and the answers afterwards, for every option of the receivers' training.

A ConvNet of width 4 or 8 learns 12 images from the toolkit's own initial weights, order and draws (keys.py), so that its whole
training loop can be compared: 20 epochs of one full batch each, but where a smaller batch is named.
"""
import math

import torch
import torch.nn.functional as F

import dsa
from golden import both, build, spec, write
from keys import Stream, child, key, permutation

M, K, SIDE = 12, 10, 32
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.201]
DSA = "color_crop_cutout_flip_scale_rotate"
IMAGES = spec("strategies/images", [M, 3, SIDE, SIDE], 2.2)
TEST = spec("strategies/test", [4, 3, SIDE, SIDE], 1.7)
LOGITS = spec("strategies/logits", [M, K], 3)
CLASSES = [i % K for i in range(M)]

DEFAULTS = {
    "epochs": 20, "batch": 256, "optimiser": "momentum", "lr": 0.01, "weightDecay": 5e-4, "schedule": "step", "warmup": 0,
    "augmentation": "none", "siamese": False, "mixing": "none", "labels": "set", "input": "as-is", "ema": 0, "loss": "cross-entropy",
}

RUNS = {
    "baseline": {},
    "batches": {"batch": 5, "epochs": 7},
    "sgd": {"optimiser": "sgd"},
    "nesterov": {"optimiser": "nesterov", "momentum": 0.8},
    "adam": {"optimiser": "adam", "lr": 1e-3},
    "adamw": {"optimiser": "adamw", "lr": 1e-3, "weightDecay": 0.05},
    "constant": {"schedule": "constant"},
    "cosine": {"schedule": "cosine"},
    "warmup-step": {"warmup": 4},
    "warmup-cosine": {"warmup": 4, "schedule": "cosine"},
    "warmup-constant": {"warmup": 4, "schedule": "constant"},
    "two-steps": {"schedule": "two-steps", "warmup": 3},
    "half-cosine": {"schedule": "half-cosine"},
    "dsa": {"augmentation": "dsa"},
    "dsa-siamese": {"augmentation": "dsa", "siamese": True},
    "color": {"augmentation": "color"},
    "crop": {"augmentation": "crop"},
    "cutout": {"augmentation": "cutout"},
    "flip": {"augmentation": "flip"},
    "scale": {"augmentation": "scale"},
    "rotate": {"augmentation": "rotate"},
    "flip-crop": {"augmentation": "flip-crop"},
    "flip-crop+cutout": {"augmentation": "flip-crop+cutout"},
    "resized-crop": {"augmentation": "resized-crop"},
    "resized-crop-half": {"augmentation": "shuffle+resized-crop+flip", "parts": 3, "leastArea": 0.5},
    "noise": {"augmentation": "noise", "noise": 0.3},
    "mixup": {"mixing": "mixup"},
    "mixup-batches": {"mixing": "mixup", "mixingAlpha": 0.4, "batch": 5, "epochs": 7},
    "cutmix": {"mixing": "cutmix"},
    "cutmix-chance": {"mixing": "cutmix", "mixingChance": 0.5},
    "squared": {"loss": "squared", "optimiser": "adam", "lr": 1e-3, "weightDecay": 0},
    "squared-soft": {"loss": "squared", "lr": 0.1, "soft": True},
    "squared-hard": {"loss": "squared", "lr": 0.1, "labels": "hard", "soft": True},
    "squared-centred": {"loss": "squared", "lr": 0.1, "centred": True, "mixing": "mixup"},
    "hard": {"labels": "hard", "soft": True},
    "soft": {"soft": True},
    "temperature": {"soft": True, "temperature": 3},
    "smoothed": {"labels": "smoothed"},
    "smoothed-soft": {"labels": "smoothed", "smoothing": 0.3, "soft": True},
    "teacher": {"labels": "teacher", "teacher": "convNet", "teacherWidth": 8},
    "teacher-mlp": {
        "labels": "teacher", "teacher": "mlp", "teacherWidth": 16, "teacherShare": 0.5, "temperature": 2,
        "augmentation": "flip", "mixing": "mixup",
    },
    "clamp": {"input": "clamp"},
    "8-bit": {"input": "8-bit"},
    "zca": {"input": "zca"},
    "ema": {"ema": 0.8},
    "ema-batch-norm": {"ema": 0.95, "network": "convNetBN"},
    "together": {
        "network": "convNetBN", "batch": 5, "epochs": 7, "optimiser": "adamw", "lr": 1e-3, "schedule": "cosine", "warmup": 2,
        "augmentation": "dsa+noise", "mixing": "cutmix", "labels": "smoothed", "input": "clamp", "ema": 0.9,
    },
}

# The networks in the toolkit's own layout: kernels height x width x in x out, linear weights in x out, features H W C.


def convnet(width, norm):
    """ConvNet-3: leaves in the toolkit's order (by name: bias before weight), and the forward pass."""
    leaves, cin = [], 3
    for _ in range(3):
        bound = 1 / math.sqrt(cin * 9)
        leaves += [([width], bound), ([3, 3, cin, width], bound), ([width], 0.0), ([width], 1.0)]
        cin = width
    leaves += [([K], 1 / math.sqrt(16 * width)), ([16 * width, K], 1 / math.sqrt(16 * width))]

    def forward(p, x, stats, training):
        for d in range(3):
            bias, weight, shift, scale = p[4 * d : 4 * d + 4]
            x = F.conv2d(x, weight.permute(3, 2, 0, 1), bias, padding=1)
            if norm == "batch":
                x = F.batch_norm(x, stats[2 * d], stats[2 * d + 1], scale, shift, training, 0.1, 1e-5)
            else:
                x = F.group_norm(x, width, scale, shift, 1e-5)
            x = F.avg_pool2d(F.relu(x), 2)
        return x.permute(0, 2, 3, 1).flatten(1) @ p[13] + p[12]

    # A bound is a number above 0; scales and shifts of norms are the constants 1 and 0.
    constant = {i for d in range(3) for i in (4 * d + 2, 4 * d + 3)}
    return leaves, constant, forward, [width] * 3 if norm == "batch" else []


def mlp(width):
    leaves, din = [], 3 * SIDE * SIDE
    for out in [width, width, K]:
        leaves += [([out], 1 / math.sqrt(din)), ([din, out], 1 / math.sqrt(din))]
        din = out

    def forward(p, x, stats, training):
        h = F.relu(x.flatten(1) @ p[1] + p[0])
        return F.relu(h @ p[3] + p[2]) @ p[5] + p[4]

    return leaves, set(), forward, []


NETWORKS = {"convNet": lambda w: convnet(w, "instance"), "convNetBN": lambda w: convnet(w, "batch"), "mlp": mlp}


def start(network, source, dtype):
    leaves, constant, _, widths = network
    params = []
    for i, (shape, bound) in enumerate(leaves):
        if i in constant:
            params.append(torch.full(shape, bound, dtype=dtype))
            continue
        stream = Stream(child(child(source, "weights"), i))
        values = [stream.uniform(-bound, bound) for _ in range(math.prod(shape))]
        params.append(torch.tensor(values, dtype=torch.float32).to(dtype).reshape(shape))
    stats = [t for w in widths for t in (torch.zeros(w, dtype=dtype), torch.ones(w, dtype=dtype))]
    return params, stats


def draw(source, operators, n, siamese):
    """One operator for the batch with the numbers of every image."""
    stream = Stream(source)
    name = operators[stream.integer(len(operators))]

    def numbers(one):
        return [one()] * n if siamese else [one() for _ in range(n)]

    def u():
        return numbers(stream.uniform)

    def shift():
        return numbers(lambda: stream.integer(9) - 4)

    if name == "color":
        return name, {"brightnessU": u(), "saturationU": u(), "contrastU": u()}
    if name == "crop":
        return name, {"dy": shift(), "dx": shift()}
    if name == "cutout":
        return name, {"cy": numbers(lambda: stream.integer(SIDE + 1)), "cx": numbers(lambda: stream.integer(SIDE + 1))}
    if name == "scale":
        return name, {"uy": u(), "ux": u()}
    return name, {"u": u()}


def part(o, stream):
    """Rows and columns of a random part, as torchvision's RandomResizedCrop draws it."""
    for _ in range(10):
        area = SIDE * SIDE * stream.uniform(o["leastArea"], 1)
        ratio = math.exp(stream.uniform(math.log(3 / 4), math.log(4 / 3)))
        h, w = math.floor(math.sqrt(area / ratio) + 0.5), math.floor(math.sqrt(area * ratio) + 0.5)
        if 1 <= h <= SIDE and 1 <= w <= SIDE:
            top = stream.integer(SIDE - h + 1)
            left = stream.integer(SIDE - w + 1)
            return slice(top, top + h), slice(left, left + w)
    return slice(None), slice(None)


def resized_crop(x, o, stream):
    size, how = (SIDE, SIDE), {"mode": "bilinear", "align_corners": False}
    cut = [(i, *part(o, stream)) for i in range(len(x))]
    return torch.cat([F.interpolate(x[i : i + 1, :, rows, columns], size, **how) for i, rows, columns in cut])


def shuffle(x, o, source):
    """Strips of columns, then strips of rows, in another order."""
    n, out = o["parts"], []
    length = SIDE // n
    ends = [(k + 1) * length for k in range(n - 1)] + [SIDE]
    for i, image in enumerate(x):
        for axis, name in ((2, "columns"), (1, "rows")):
            strips = [image.narrow(axis, k * length, end - k * length) for k, end in enumerate(ends)]
            image = torch.cat([strips[k] for k in permutation(child(child(source, i), name), n)], axis)
        out.append(image)
    return torch.stack(out)


def augment(x, o, source):
    stages = [] if o["augmentation"] == "none" else o["augmentation"].split("+")
    for i, stage in enumerate(stages):
        own, n = child(source, i), len(x)
        if stage == "noise":
            stream = Stream(own)
            x = x + o["noise"] * torch.tensor([stream.normal() for _ in range(x.numel())], dtype=x.dtype).reshape(x.shape)
        elif stage == "resized-crop":
            x = resized_crop(x, o, Stream(own))
        elif stage == "shuffle":
            x = shuffle(x, o, own)
        elif stage == "flip-crop":
            stream = Stream(own)
            u = [stream.uniform() for _ in range(n)]
            dy, dx = ([stream.integer(9) - 4 for _ in range(n)] for _ in range(2))
            x = dsa.crop(dsa.flip(x, u), dy, dx)
        else:
            name, numbers = draw(own, (DSA if stage == "dsa" else stage).split("_"), n, o["siamese"])
            x = dsa.OPERATORS[name](x, **numbers)
    return x


def mix(x, y, o, source):
    if o["mixing"] == "none":
        return x, y
    if o["mixingChance"] < 1 and Stream(child(source, "mixed")).uniform() >= o["mixingChance"]:
        return x, y
    source, n = child(source, "mixing"), len(x)
    stream = Stream(source)
    share = stream.beta(o["mixingAlpha"])
    partner = permutation(source, n)
    if o["mixing"] == "mixup":
        return share * x + (1 - share) * x[partner], share * y + (1 - share) * y[partner]
    half = int(SIDE * math.sqrt(1 - share)) // 2
    cy, cx = stream.integer(SIDE), stream.integer(SIDE)
    top, bottom, left, right = max(0, cy - half), min(SIDE, cy + half), max(0, cx - half), min(SIDE, cx + half)
    x = x.clone()
    x[:, :, top:bottom, left:right] = x[partner][:, :, top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / SIDE**2
    return x, share * y + (1 - share) * y[partner]


def targets(o, dtype):
    hard = F.one_hot(torch.tensor(CLASSES), K).to(dtype)
    logits = build(LOGITS, dtype)
    y = torch.softmax(logits / (o.get("temperature", 1) if o["labels"] == "set" else 1), 1) if o.get("soft") else hard
    if o["labels"] == "hard":
        y = F.one_hot(y.argmax(1), K).to(dtype)
    if o["labels"] == "smoothed":
        y = (1 - o["smoothing"]) * y + o["smoothing"] / K
    if o["loss"] == "squared":
        return logits if o.get("centred") else y - 1 / K
    return y


def whitening():
    """
    (x - mean)(C + 0.1 I)^(-1/2) by the singular vectors of the 12 centred images; every other direction has variance 0.
    In float64 always: single precision's singular vectors are a hundred times its rounding off.
    """
    mean, std = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in (MEAN, STD))
    flat = (build(IMAGES, torch.float64) * std + mean).flatten(1)
    centre = flat.mean(0)
    _, values, vectors = torch.linalg.svd(flat - centre, full_matrices=False)
    factors = (values**2 / (M - 1) + 0.1).rsqrt() - 0.1**-0.5
    return lambda x: (x - centre) * 0.1**-0.5 + ((x - centre) @ vectors.T * factors) @ vectors


def input_transform(o, dtype):
    mean, std = (torch.tensor(v, dtype=dtype).view(1, 3, 1, 1) for v in (MEAN, STD))
    if o["input"] == "clamp":
        return lambda x: ((x * std + mean).clamp(0, 1) - mean) / std
    if o["input"] == "8-bit":
        return lambda x: (torch.floor((x * std + mean).clamp(0, 1) * 255 + 0.5) / 255 - mean) / std
    if o["input"] == "zca":
        white = whitening()
        mean, std = mean.double(), std.double()
        return lambda x: white((x.double() * std + mean).flatten(1)).reshape(x.shape).to(dtype)
    return lambda x: x


def rate(o, epoch):
    if epoch < o["warmup"]:
        return o["lr"] * (epoch + 1) / o["warmup"], False
    at, length = epoch - o["warmup"], o["epochs"] - o["warmup"]
    if o["schedule"] == "half-cosine":
        return o["lr"] / 2 * (1 + math.cos(math.pi / 2 * at / length)), False
    if o["schedule"] == "two-steps":  # MultiStepLR
        return o["lr"] * 0.2 ** sum(at >= m for m in (2 * length // 3, 5 * length // 6)), False
    if o["schedule"] == "cosine":
        return o["lr"] / 2 * (1 + math.cos(math.pi * at / length)), False
    drop = length // 2 + 2
    return (o["lr"] * 0.1, at == drop) if o["schedule"] == "step" and at >= drop else (o["lr"], False)


def optimiser(params, o):
    sgd = {"weight_decay": o["weightDecay"], "lr": o["lr"]}
    return {
        "sgd": lambda: torch.optim.SGD(params, **sgd),
        "momentum": lambda: torch.optim.SGD(params, momentum=o["momentum"], **sgd),
        "nesterov": lambda: torch.optim.SGD(params, momentum=o["momentum"], nesterov=True, **sgd),
        "adam": lambda: torch.optim.Adam(params, **sgd),
        "adamw": lambda: torch.optim.AdamW(params, **sgd),
    }[o["optimiser"]]()


def distillation(z, y, t, o):
    """(1 - share) CE(z, y) + share T^2 KL(softmax(t / T) || softmax(z / T))."""
    T, share = o["temperature"], o["teacherShare"]
    soft = F.kl_div(torch.log_softmax(z / T, 1), torch.softmax(t / T, 1), reduction="batchmean") * T * T
    return (1 - share) * F.cross_entropy(z, y) + share * soft


def train(network, o, source, dtype):
    """Losses of every epoch, parameters and running statistics as they are measured."""
    forward = network[2]
    x_all, y_all = input_transform(o, dtype)(build(IMAGES, dtype)), targets(o, dtype)
    teach = None
    if o["labels"] == "teacher":
        teacher = NETWORKS[o["teacher"]](o["teacherWidth"])
        _, weights, statistics = train(teacher, {**o, "labels": "set"}, child(source, "teacher"), dtype)
        teach = lambda x: teacher[2](weights, x, statistics, False).detach()
    params, stats = start(network, source, dtype)
    params = [p.requires_grad_(True) for p in params]
    mean = [t.detach().clone() for t in params + stats]
    opt, losses, steps = optimiser(params, o), [], 0
    for epoch in range(o["epochs"]):
        lr, fresh = rate(o, epoch)
        if fresh:
            opt = optimiser(params, o)
        opt.param_groups[0]["lr"] = lr
        order = permutation(child(source, "order", epoch), M) if M > o["batch"] else list(range(M))
        batches = [order[i : i + o["batch"]] for i in range(0, M, o["batch"])]
        total = 0
        for i, rows in enumerate(batches):
            own = child(source, "augmentation", epoch, i)
            x, y = mix(augment(x_all[rows], o, own), y_all[rows], o, own)
            z = forward(params, x, stats, True)
            own_loss = F.mse_loss(z, y) / 2 if o["loss"] == "squared" else F.cross_entropy(z, y)
            loss = distillation(z, y, teach(x), o) if teach else own_loss
            opt.zero_grad()
            loss.backward()
            opt.step()
            total = total + loss.detach() / len(batches)
            steps += 1
            d = min(o["ema"], (1 + steps) / (10 + steps))
            mean = [d * m + (1 - d) * t.detach() for m, t in zip(mean, params + stats)]
        losses.append(total)
    now = mean if o["ema"] else [t.detach() for t in params + stats]
    return losses, now[: len(params)], now[len(params) :]


def resolved(given):
    """The options that depend on others, as `resolveProtocol` fills them in."""
    o = {**DEFAULTS, "network": "convNet", **given}
    defaults = {"momentum": 0.9, "noise": 0.1, "mixingAlpha": 1, "mixingChance": 1, "smoothing": 0.1}
    defaults.update(leastArea=0.08, parts=2)
    if o["labels"] == "teacher":
        defaults.update(temperature=4, teacherShare=0.9)
    return {**defaults, **o}


def first_steady(name, f):
    """
    The first key of `name`, `name/1`, `name/2`, … with which float32 follows float64 to a tenth of what the test allows. With the others
    an activation lies so near to a kink that rounding turns it, and the two part ways whatever computes them.

    Answers of `together` are left out: a bias before a batch norm has no gradient but rounding, which AdamW makes steps of. The toolkit
    knows that sum to be nothing, as float64 nearly does.
    """
    for source in [name, *(f"{name}/{i}" for i in range(1, 20))]:
        results = both(lambda dtype: f(dtype, source))
        losses, answers = results["losses"], results["logits"]["error32"]
        apart = max(abs(a - b) for a, b in zip(losses["f64"], losses["f32"]))
        if apart < 1e-5 and (answers < 1e-5 or name == "together"):
            return source, results
    raise SystemExit(f"{name}: no steady key")


def main():
    torch.set_num_threads(1)  # tensors this small only wait for one another
    runs = []
    for name, given in RUNS.items():
        o = resolved(given)
        network = NETWORKS[o["network"]](4)

        def f(dtype, source):
            losses, params, stats = train(network, o, key(source), dtype)
            logits = network[2](params, input_transform(o, dtype)(build(TEST, dtype)), stats, False)
            return {"losses": losses, "logits": logits}

        source, results = first_steady(name, f)
        print(name, source, flush=True)
        protocol = {k: v for k, v in {**DEFAULTS, **given}.items() if k not in ("soft", "centred", "network")}
        run = {"name": name, "key": source, "network": o["network"], "softLabels": bool(o.get("soft")), "protocol": protocol}
        if o.get("centred"):
            run["centredLabels"] = True
        runs.append({**run, "results": results})
    write("strategies.json", {"images": IMAGES, "classes": CLASSES, "logits": LOGITS, "test": TEST, "width": 4, "runs": runs})


if __name__ == "__main__":
    main()
