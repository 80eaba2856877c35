"""architectures.json: LeNet, AlexNet, VGG11, ResNet18 and ResNet18AP: parameter count, logits, loss, gradients."""
from golden import both, build, labels, spec, write
from nets import alexnet, build_params, count, lenet, resnet18, vgg11
from options import evaluation, first_order

BATCH = 4

# Images of which an activation lies within float32 rounding of a ReLU's kink have an ill-conditioned gradient (one
# flipped unit: 1e-3). Where the plain name gave such images, another one is used.
OTHER_IMAGES = {"resnet18-batch-3x32": "b", "resnet18-batch-1x28": "b", "vgg11-instance-3x32": "b", "vgg11-instance-1x28": "b"}


def case(name, network, channels, size, **options):
    sized = {"size": size} if network is resnet18 else {}
    specs, net = network(name, channels=channels, **sized, **options)
    names = {"images": OTHER_IMAGES.get(name, "images"), "real": "real"}
    batches = {k: spec(f"{name}/{n}", [BATCH, channels, size, size], 1.7) for k, n in names.items()}
    y = labels(BATCH, 10)

    def f(dtype):
        params = build_params(specs, dtype)
        x, real = (build(s, dtype) for s in batches.values())
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
    for network in [lenet, alexnet]:
        cases += [case(f"{network.__name__}-{c}x{s}", network, c, s) for c, s in [(3, 32), (1, 28)]]
    for norm in ["instance", "batch"]:
        cases += [case(f"vgg11-{norm}-{c}x{s}", vgg11, c, s, norm=norm) for c, s in [(3, 32), (1, 28)]]
        for c, s in [(3, 32), (1, 28)]:
            cases.append(case(f"resnet18-{norm}-{c}x{s}", resnet18, c, s, norm=norm, pooled=False))
            cases.append(case(f"resnet18ap-{norm}-{c}x{s}", resnet18, c, s, norm=norm, pooled=True))
    write("architectures.json", {"cases": cases})


if __name__ == "__main__":
    main()
