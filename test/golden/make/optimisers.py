"""optimisers.json: 20 losses of each optimiser and schedule, full batch, on an MLP; Adam on images."""
import math

import torch
import torch.nn.functional as F

from golden import Short, both, build, labels, spec, write
from nets import build_params, convnet, mlp

STEPS = 20
BATCH = 32
KINDS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}

CONSTANT = {"kind": "constant"}
STEP = {"kind": "step", "at": 11, "factor": 0.1}
COSINE = {"kind": "cosine", "steps": STEPS, "final": 0}
WARM_UP = {"kind": "warmup-cosine", "warmup": 5, "steps": STEPS, "final": 0}

RUNS = [
    ("sgd", "sgd", {"lr": 0.05}, CONSTANT, False),
    ("sgd-decay", "sgd", {"lr": 0.05, "weight_decay": 0.05}, CONSTANT, False),
    ("momentum", "sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}, CONSTANT, False),
    ("nesterov", "sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True}, CONSTANT, False),
    ("adam", "adam", {"lr": 1e-3, "weight_decay": 5e-4}, CONSTANT, False),
    ("adamw", "adamw", {"lr": 1e-3, "weight_decay": 5e-4}, CONSTANT, False),
    ("adamw-strong", "adamw", {"lr": 1e-3, "weight_decay": 1.0}, CONSTANT, False),
    ("momentum-step", "sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}, STEP, False),
    ("momentum-step-fresh", "sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}, STEP, True),
    ("momentum-cosine", "sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}, COSINE, False),
    ("adam-cosine", "adam", {"lr": 1e-3}, COSINE, False),
    ("adamw-warmup-cosine", "adamw", {"lr": 1e-3, "weight_decay": 5e-4}, WARM_UP, False),
]


def rates(lr, schedule):
    """The learning rate of each step k = 0 .. 19; every schedule multiplies the base rate."""
    def factor(k):
        if schedule["kind"] == "constant":
            return 1.0
        if schedule["kind"] == "step":
            return schedule["factor"] if k >= schedule["at"] else 1.0
        warm = schedule.get("warmup", 0)
        if k < warm:
            return (k + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (k - warm) / (schedule["steps"] - warm)))

    return [lr * factor(k) for k in range(STEPS)]


# No activation of any step may lie nearer to a ReLU's kink: float32 would put it on either side, and Adam would make much of it.
NEAREST = 1e-6


def nearest(params, x):
    """The least |argument| of a ReLU of the MLP."""
    first = F.linear(x.flatten(1), params[0], params[1])
    second = F.linear(F.relu(first), params[2], params[3])
    return min(float(first.abs().min()), float(second.abs().min()))


def choose_images(specs, run):
    """The first of optimisers/images-a, -b, ... that keeps its distance in every step."""
    for letter in "abcdefghijklmnopqrstuvwxyz":
        x = spec(f"optimisers/images-{letter}", [BATCH, 1, 28, 28], 1.7)
        distances = []
        run(x, torch.float64, lambda params: distances.append(nearest(params, build(x, torch.float64))))
        if min(distances) > NEAREST:
            return x
    raise ValueError("no images without an activation at a kink")


def train(net, params, x, y, kind, options, lrs, fresh_at, watch=lambda params: None):
    optimizer = KINDS[kind](params, **options)
    losses = []
    for k, lr in enumerate(lrs):
        if k == fresh_at:
            optimizer = KINDS[kind](params, **options)
        optimizer.param_groups[0]["lr"] = lr
        watch(params)
        loss = F.cross_entropy(net(params, x), y)
        losses.append(loss.detach())
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.grad = g
        optimizer.step()
    return losses


def main():
    specs, net = mlp("optimisers/mlp", channels=1, size=28)
    y = labels(BATCH, 10)
    runs = []
    for name, kind, options, schedule, fresh in RUNS:
        lrs = rates(options["lr"], schedule)

        def f(x, dtype, watch=lambda params: None):
            params = build_params(specs, dtype)
            losses = train(net, params, build(x, dtype), y, kind, options, lrs, schedule["at"] if fresh else None, watch)
            return {"losses": losses, "params": {s["name"]: Short(p) for s, p in zip(specs, params)}}

        x = choose_images(specs, f)
        print(name, x["det"], flush=True)
        run = {"name": name, "x": x, "optimiser": kind, "options": options, "schedule": schedule, "freshState": fresh}
        runs.append({**run, "rates": [float(f"{r:.15g}") for r in lrs], "results": both(lambda dtype: f(x, dtype))})

    image_specs, image_net = convnet("optimisers/convnet", width=8)
    image_spec, classes = spec("optimisers/archetypes", [4, 3, 32, 32], 1.7), labels(4, 10)

    def ascend(dtype):
        """Archetypes: Adam lr 0.1 on the sum over images of -logit of the image's class."""
        params = build_params(image_specs, dtype, grad=False)
        images = build(image_spec, dtype).requires_grad_(True)
        optimizer = torch.optim.Adam([images], lr=0.1)
        losses = []
        for _ in range(STEPS):
            loss = -image_net(params, images).gather(1, classes[:, None]).sum()
            losses.append(loss.detach())
            images.grad = torch.autograd.grad(loss, images)[0]
            optimizer.step()
        return {"losses": losses, "images": images.detach()}

    write(
        "optimisers.json",
        {
            "mlp": {"params": specs, "labels": y.tolist()},
            "runs": runs,
            "images": {
                "network": {"width": 8, "depth": 3},
                "params": image_specs,
                "x": image_spec,
                "labels": classes.tolist(),
                "lr": 0.1,
                "results": both(ascend),
            },
        },
    )


if __name__ == "__main__":
    main()
