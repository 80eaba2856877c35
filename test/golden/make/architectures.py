"""architectures.json: LeNet, AlexNet, VGG11, ResNet18 and ResNet18AP: parameter count, logits, loss, gradients."""
from golden import both, build, labels, spec, write
from nets import alexnet, build_params, count, lenet, resnet18, vgg11
from options import evaluation, first_order

BATCH = 4


def case(name, network, channels, size, **options):
    sized = {"size": size} if network is resnet18 else {}
    specs, net = network(name, channels=channels, **sized, **options)
    batches = {k: spec(f"{name}/{k}", [BATCH, channels, size, size], 1.7) for k in ["images", "real"]}
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
