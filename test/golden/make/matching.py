"""matching.json: first and second derivatives of ConvNet-3 and MLP, and the gradient-matching losses of the attack."""
import torch
import torch.nn.functional as F

from golden import Short, both, build, labels, spec, write
from nets import build_params, convnet, count, mlp

ALPHA = 0.6
BATCH = 4


def norm(a):
    """L2 norm by pairwise summation: float32 `Tensor.norm` of a million values is off by 3e-5."""
    return (a * a).sum().sqrt()


def cosine(a, b):
    """1 - cosine of the two whole concatenated gradients; no epsilon."""
    a, b = torch.cat([t.flatten() for t in a]), torch.cat([t.flatten() for t in b])
    return 1 - (a * b).sum() / (norm(a) * norm(b))


def layerwise(a, b):
    """DC's distance: over parameters of 2 or more axes, the sum over output rows of 1 - cosine of the flattened rows,
    with 1e-6 added to the product of the norms; parameters of one axis (biases, norms) count nothing."""
    total = 0
    for u, v in zip(a, b):
        if u.dim() > 1:
            u, v = u.flatten(1), v.flatten(1)
            total = total + (1 - (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1) + 1e-6)).sum()
    return total


def mse(a, b):
    """Mean over all P parameters of the squared difference."""
    a, b = torch.cat([t.flatten() for t in a]), torch.cat([t.flatten() for t in b])
    return ((a - b) ** 2).mean()


def gradients(net, params, x, y, graph=False):
    return torch.autograd.grad(F.cross_entropy(net(params, x), y), params, create_graph=graph)


def matching(net, params, x, y, real, y_real, backdoor, y_backdoor):
    """Value and image gradient of each distance, and of the mixed loss."""
    g_real = gradients(net, params, real, y_real)
    g_backdoor = gradients(net, params, backdoor, y_backdoor)
    x = x.detach().requires_grad_(True)
    losses = {
        "cosine": lambda g: cosine(g, g_real),
        "layerwise": lambda g: layerwise(g, g_real),
        "mse": lambda g: mse(g, g_real),
        "hybrid": lambda g: (1 - ALPHA) * cosine(g, g_real) + ALPHA * cosine(g, g_backdoor),
    }
    out = {}
    for name, loss in losses.items():
        value = loss(gradients(net, params, x, y, graph=True))
        out[name] = {"value": value.detach(), "imageGradient": torch.autograd.grad(value, x)[0]}
    return out


def adam_trace(net, params, x, y, real, y_real, backdoor, y_backdoor, steps=5):
    """Losses of the attack's inner loop: Adam lr 0.1 on the images, both reference gradients fixed."""
    g_real = gradients(net, params, real, y_real)
    g_backdoor = gradients(net, params, backdoor, y_backdoor)
    x = x.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([x], lr=0.1)
    losses = []
    for _ in range(steps):
        g = gradients(net, params, x, y, graph=True)
        loss = (1 - ALPHA) * cosine(g, g_real) + ALPHA * cosine(g, g_backdoor)
        losses.append(loss.detach())
        x.grad = torch.autograd.grad(loss, x)[0]
        optimizer.step()
    return {"losses": losses, "images": x.detach()}


def case(name, network, options, channels, size):
    specs, net = {"convnet": convnet, "mlp": mlp}[network](name, channels=channels, size=size, **options)
    shape = [BATCH, channels, size, size]
    images = {k: spec(f"{name}/{k}", shape, 1.7) for k in ["images", "real", "backdoor"]}
    y, y_real, y_backdoor = labels(BATCH, 10), labels(BATCH, 10, 3), torch.zeros(BATCH, dtype=torch.int64)

    def f(dtype):
        params = build_params(specs, dtype)
        x, real, backdoor = (build(s, dtype) for s in images.values())
        x.requires_grad_(True)
        logits = net(params, x)
        loss = F.cross_entropy(logits, y)
        grads = torch.autograd.grad(loss, [x, *params])
        whole = torch.cat([g.flatten() for g in grads[1:]])
        batches = (x, y, real, y_real, backdoor, y_backdoor)
        return {
            "logits": logits,
            "loss": loss.detach(),
            "imageGradient": grads[0],
            "gradientNorm": norm(whole),
            "gradients": {s["name"]: g for s, g in zip(specs, grads[1:])},
            "matching": matching(net, params, *batches),
            "inner": adam_trace(net, params, *batches),
        }

    return {
        "name": name,
        "network": network,
        "options": options,
        "channels": channels,
        "size": size,
        "classes": 10,
        "parameterCount": count(specs),
        "params": specs,
        "batches": {
            "images": {"x": images["images"], "labels": y.tolist()},
            "real": {"x": images["real"], "labels": y_real.tolist()},
            "backdoor": {"x": images["backdoor"], "labels": y_backdoor.tolist()},
        },
        "results": both(f),
    }


def main():
    wide = {"width": 128, "depth": 3}
    narrow = {"width": 32, "depth": 3}
    write(
        "matching.json",
        {
            "alpha": ALPHA,
            "cases": [
                case("convnet128-3x32", "convnet", wide, 3, 32),
                case("convnet128h512-3x32", "convnet", {**wide, "hidden": 512}, 3, 32),
                case("convnet32-3x32", "convnet", narrow, 3, 32),
                case("convnet32-1x28", "convnet", narrow, 1, 28),
                case("mlp-3x32", "mlp", {"width": 128}, 3, 32),
                case("mlp-1x28", "mlp", {"width": 128}, 1, 28),
            ],
        },
    )


if __name__ == "__main__":
    main()
