"""architectures.json: every network at full width (parameter count, logits, loss) and narrow (gradients, BatchNorm's state).

Gradients are compared where few activations can lie within rounding of a rectifier's kink: a flipped one moves them by 1e-3.
"""
import torch.nn.functional as F

from golden import both, build, labels, spec, write
from nets import alexnet, build_params, count, lenet, resnet18, vgg11, vit
from options import evaluation, first_order

BATCH = 4
INPUTS = [(3, 32), (1, 28), (3, 64)]
NARROW = {"alexnet": 16, "vgg11": 8, "resnet18": 8, "vit": 48}
FORMS = {
    "lenet": (lenet, {}),
    "alexnet": (alexnet, {}),
    "vgg11-instance": (vgg11, {"norm": "instance"}),
    "vgg11-batch": (vgg11, {"norm": "batch"}),
    "resnet18-instance": (resnet18, {"norm": "instance", "pooled": False}),
    "resnet18-batch": (resnet18, {"norm": "batch", "pooled": False}),
    "resnet18ap-instance": (resnet18, {"norm": "instance", "pooled": True}),
    "resnet18ap-batch": (resnet18, {"norm": "batch", "pooled": True}),
    "vit": (vit, {}),
}


def case(form, channels, size, width=None):
    network, options = FORMS[form]
    options = {**options, **({"width": width} if width else {})}
    forward_only = (width is None and network is not lenet) or size == 64
    name = f"{form}-{channels}x{size}" + (f"-w{width}" if width else "")
    specs, net = network(name, channels=channels, size=size, **options)
    batches = {k: spec(f"{name}/{k}", [BATCH, channels, size, size], 1.7) for k in ["images", "real"]}
    y = labels(BATCH, 10)

    def f(dtype):
        params = build_params(specs, dtype)
        x, real = (build(s, dtype) for s in batches.values())
        if forward_only:
            logits = net(params, x).detach()
            return {"logits": logits, "loss": F.cross_entropy(logits, y)}
        out = first_order(specs, net, x, y, params)
        if options.get("norm") == "batch":
            out["evaluation"] = evaluation(net, params, specs, x, y, real)
        return out

    print(name, count(specs), flush=True)
    return {
        "name": name,
        "network": network.__name__,
        "options": options,
        "channels": channels,
        "size": size,
        "classes": 10,
        "parameterCount": count(specs),
        "params": specs,
        "batches": {"images": {"x": batches["images"], "labels": y.tolist()}, "real": {"x": batches["real"]}},
        "results": both(f),
    }


def main():
    cases = []
    for form, (network, _) in FORMS.items():
        narrow = NARROW.get(network.__name__)
        cases += [case(form, channels, size) for channels, size in (INPUTS[:2] if narrow else INPUTS)]
        cases += [case(form, channels, size, narrow) for channels, size in INPUTS if narrow]
    write("architectures.json", {"cases": cases})


if __name__ == "__main__":
    main()
