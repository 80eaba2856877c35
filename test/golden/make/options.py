"""options.json: every option of ConvNet at width 8: logits, loss, gradients, one second derivative; BatchNorm's state."""
import torch
import torch.nn.functional as F

from golden import Short, both, build, labels, spec, write
from matching import cosine
from nets import Mode, build_params, convnet, count

BATCH = 4
OPTIONS = {
    "depth1": {"depth": 1},
    "depth2": {"depth": 2},
    "depth3": {},
    "depth4": {"depth": 4},
    "norm-none": {"norm": "none"},
    "norm-batch": {"norm": "batch"},
    "norm-layer": {"norm": "layer"},
    "norm-group": {"norm": "group"},
    "act-sigmoid": {"act": "sigmoid"},
    "act-leaky": {"act": "leaky"},
    "act-swish": {"act": "swish"},
    "pool-none": {"pool": "none"},
    "pool-max": {"pool": "max"},
}


def evaluation(net, params, specs, x, y, x2):
    """BatchNorm: two SGD steps (lr 0.01, no momentum) on x in training mode, then x2 in evaluation mode."""
    mode = Mode(train=True)
    params = [p.detach().clone().requires_grad_(True) for p in params]
    for _ in range(2):
        grads = torch.autograd.grad(F.cross_entropy(net(params, x, mode), y), params)
        params = [(p - 0.01 * g).detach().requires_grad_(True) for p, g in zip(params, grads)]
    logits = net(params, x2, Mode(train=False, stats=mode.stats))
    stats = {name: {"mean": Short(mean), "variance": Short(var)} for name, (mean, var) in mode.stats.items()}
    return {"running": stats, "logits": logits.detach()}


def first_order(specs, net, x, y, params):
    """Logits, loss and the parameter gradients in short, in training mode with fresh statistics."""
    logits = net(params, x, Mode())
    loss = F.cross_entropy(logits, y)
    grads = torch.autograd.grad(loss, params)
    whole = torch.cat([g.flatten() for g in grads])
    return {
        "logits": logits.detach(),
        "loss": loss.detach(),
        "gradientNorm": (whole * whole).sum().sqrt(),
        "gradients": {s["name"]: Short(g) for s, g in zip(specs, grads)},
    }


def case(name, options):
    full = {"width": 8, "depth": 3, "act": "relu", "norm": "instance", "pool": "avg", **options}
    specs, net = convnet(name, **full)
    batches = {k: spec(f"{name}/{k}", [BATCH, 3, 32, 32], 1.7) for k in ["images", "real"]}
    y, y_real = labels(BATCH, 10), labels(BATCH, 10, 3)

    def f(dtype):
        params = build_params(specs, dtype)
        x, real = (build(s, dtype) for s in batches.values())
        out = first_order(specs, net, x, y, params)
        target = torch.autograd.grad(F.cross_entropy(net(params, real), y_real), params)
        x.requires_grad_(True)
        own = torch.autograd.grad(F.cross_entropy(net(params, x), y), params, create_graph=True)
        value = cosine(own, target)
        out["matching"] = {"value": value.detach(), "imageGradient": torch.autograd.grad(value, x)[0]}
        if full["norm"] == "batch":
            out["evaluation"] = evaluation(net, params, specs, x.detach(), y, real)
        return out

    return {
        "name": name,
        "options": full,
        "parameterCount": count(specs),
        "params": specs,
        "batches": {
            "images": {"x": batches["images"], "labels": y.tolist()},
            "real": {"x": batches["real"], "labels": y_real.tolist()},
        },
        "results": both(f),
    }


if __name__ == "__main__":
    write("options.json", {"cases": [case(name, options) for name, options in OPTIONS.items()]})
