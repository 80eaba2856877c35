"""primitives.json: each primitive on its own: output, first and second derivative.

With output y = f(x, w, ...), cotangent c and directions v: `gradients` are those of <y, c> by each floating input, and
`second` those of the sum over inputs of <gradient, v> (left out where PyTorch has no second derivative, and for inputs
it does not depend on).
"""
import sys

import torch
import torch.nn.functional as F

from golden import both, build, spec, write


def integers(values, shape):
    return {"values": values, "shape": shape, "integer": True}


CASES = []


def case(name, op, attributes, inputs, f):
    """Register a primitive. `inputs` maps names to shapes (range +-1), (shape, scale, shift) triples or specs."""
    specs = {}
    for k, v in inputs.items():
        if isinstance(v, dict):
            specs[k] = v
        elif isinstance(v, tuple):
            specs[k] = spec(f"{name}/{k}", *v)
        else:
            specs[k] = spec(f"{name}/{k}", v)
    CASES.append((name, op, attributes, specs, f))


def conv(name, x, w, bias=True, **attributes):
    inputs = {"x": x, "w": w, **({"b": [w[0]]} if bias else {})}
    case(f"conv/{name}", "conv", attributes, inputs, lambda x, w, b=None: F.conv2d(x, w, b, **attributes))


def transposed(name, x, w, **attributes):
    inputs = {"x": x, "w": w, "b": [w[1] * attributes.get("groups", 1)]}
    case(f"conv-transpose/{name}", "convTranspose", attributes, inputs, lambda x, w, b: F.conv_transpose2d(x, w, b, **attributes))


def convolutions():
    conv("3x3-pad1", [2, 4, 9, 8], [6, 4, 3, 3], stride=[1, 1], padding=[1, 1], dilation=[1, 1], groups=1)
    conv("3x3-pad3", [2, 1, 7, 7], [5, 1, 3, 3], stride=[1, 1], padding=[3, 3], dilation=[1, 1], groups=1)
    conv("3x3-stride2", [2, 4, 9, 8], [6, 4, 3, 3], bias=False, stride=[2, 2], padding=[1, 1], dilation=[1, 1], groups=1)
    conv("1x1-stride2", [2, 4, 9, 8], [6, 4, 1, 1], bias=False, stride=[2, 2], padding=[0, 0], dilation=[1, 1], groups=1)
    conv("5x5-pad2", [2, 3, 8, 8], [4, 3, 5, 5], stride=[1, 1], padding=[2, 2], dilation=[1, 1], groups=1)
    conv("5x5-valid", [2, 3, 8, 8], [4, 3, 5, 5], stride=[1, 1], padding=[0, 0], dilation=[1, 1], groups=1)
    conv("4x4-patches", [2, 3, 8, 8], [6, 3, 4, 4], stride=[4, 4], padding=[0, 0], dilation=[1, 1], groups=1)
    conv("dilated", [2, 4, 10, 9], [6, 4, 3, 3], stride=[1, 1], padding=[2, 2], dilation=[2, 2], groups=1)
    conv("grouped", [2, 4, 8, 8], [6, 2, 3, 3], stride=[1, 1], padding=[1, 1], dilation=[1, 1], groups=2)
    conv("depthwise-stride2", [2, 4, 9, 9], [4, 1, 3, 3], stride=[2, 2], padding=[1, 1], dilation=[1, 1], groups=4)
    conv("uneven", [2, 4, 11, 10], [6, 2, 3, 2], stride=[2, 1], padding=[1, 2], dilation=[1, 2], groups=2)
    transposed("2x2-stride2", [2, 4, 5, 4], [4, 3, 2, 2], stride=[2, 2], padding=[0, 0], output_padding=[0, 0], dilation=[1, 1], groups=1)
    transposed("3x3-stride2", [2, 4, 5, 4], [4, 3, 3, 3], stride=[2, 2], padding=[1, 1], output_padding=[1, 1], dilation=[1, 1], groups=1)
    transposed("3x3-grouped", [2, 4, 5, 4], [4, 3, 3, 3], stride=[1, 1], padding=[1, 1], output_padding=[0, 0], dilation=[1, 1], groups=2)
    transposed("3x3-dilated", [2, 4, 5, 4], [4, 3, 3, 3], stride=[1, 1], padding=[0, 0], output_padding=[0, 0], dilation=[2, 2], groups=1)


def pool(name, x, f, op, **attributes):
    case(f"{op.replace('P', '-p')}/{name}", op, attributes, {"x": x}, lambda x: f(x, **attributes))


def pools():
    pool("2x2", [2, 3, 8, 6], F.max_pool2d, "maxPool", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1])
    pool("2x2-odd", [2, 3, 9, 7], F.max_pool2d, "maxPool", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1])
    pool("3x3-stride2", [2, 3, 9, 8], F.max_pool2d, "maxPool", kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[1, 1])
    pool("2x2", [2, 3, 8, 6], F.avg_pool2d, "avgPool", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], count_include_pad=True)
    pool("2x2-odd", [2, 3, 9, 7], F.avg_pool2d, "avgPool", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], count_include_pad=True)
    pool("4x4", [2, 3, 8, 8], F.avg_pool2d, "avgPool", kernel_size=[4, 4], stride=[4, 4], padding=[0, 0], count_include_pad=True)
    pool("3x3-pad1", [2, 3, 9, 8], F.avg_pool2d, "avgPool", kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], count_include_pad=True)
    pool("3x3-pad1-exclude", [2, 3, 9, 8], F.avg_pool2d, "avgPool", kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], count_include_pad=False)
    case("max-pool/ties", "maxPool", {"kernel_size": [2, 2], "stride": [2, 2], "padding": [0, 0], "dilation": [1, 1], "note": "the first of equal values gets the gradient"},
         {"x": {"values": [1.0, 1.0, 0.0, 2.0, 1.0, 1.0, 2.0, 2.0], "shape": [1, 1, 2, 4]}}, lambda x: F.max_pool2d(x, 2))


def norms():
    x, affine = ([3, 4, 5, 6], 1.5, 0.3), {"scale": ([4], 0.3, 1.0), "bias": ([4], 0.2)}
    case("batch-norm/train", "batchNorm", {"eps": 1e-5, "training": True}, {"x": x, **affine},
         lambda x, scale, bias: F.batch_norm(x, None, None, scale, bias, training=True, eps=1e-5))
    case("batch-norm/evaluate", "batchNorm", {"eps": 1e-5, "training": False}, {"x": x, **affine, "mean": ([4], 0.5), "variance": ([4], 0.5, 1.0)},
         lambda x, scale, bias, mean, variance: (x - mean.view(1, -1, 1, 1)) / torch.sqrt(variance.view(1, -1, 1, 1) + 1e-5) * scale.view(1, -1, 1, 1) + bias.view(1, -1, 1, 1))
    case("layer-norm/chw", "layerNorm", {"eps": 1e-5, "axes": 3}, {"x": x, "scale": ([4, 5, 6], 0.3, 1.0), "bias": ([4, 5, 6], 0.2)},
         lambda x, scale, bias: F.layer_norm(x, [4, 5, 6], scale, bias, 1e-5))
    case("layer-norm/last", "layerNorm", {"eps": 1e-5, "axes": 1}, {"x": [3, 5, 12], "scale": ([12], 0.3, 1.0), "bias": ([12], 0.2)},
         lambda x, scale, bias: F.layer_norm(x, [12], scale, bias, 1e-5))
    for groups in [1, 2, 4]:
        name = "instance" if groups == 4 else str(groups)
        case(f"group-norm/{name}", "groupNorm", {"eps": 1e-5, "groups": groups}, {"x": x, **affine},
             lambda x, scale, bias, groups=groups: F.group_norm(x, groups, scale, bias, 1e-5))


def activations():
    wide = ([4, 7], 4.0)
    for name, f in {
        "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "swish": F.silu, "softplus": F.softplus,
        "leaky": lambda x: F.leaky_relu(x, 0.01), "gelu": F.gelu, "exp": torch.exp, "sin": torch.sin, "cos": torch.cos,
        "erf": torch.erf, "abs": torch.abs, "square": torch.square,
    }.items():
        case(f"elementwise/{name}", name, {}, {"x": wide}, f)
    positive = ([4, 7], 1.5, 2.0)
    for name, f in {"log": torch.log, "sqrt": torch.sqrt, "reciprocal": torch.reciprocal, "rsqrt": torch.rsqrt}.items():
        case(f"elementwise/{name}", name, {}, {"x": positive}, f)
    case("elementwise/broadcast", "x * w / d + b", {}, {"x": [3, 4, 5], "w": [4, 1], "d": ([3, 1, 1], 0.5, 1.5), "b": [5]}, lambda x, w, d, b: x * w / d + b)
    case("elementwise/clamp", "clamp", {"low": -0.5, "high": 0.4}, {"x": [4, 7]}, lambda x: x.clamp(-0.5, 0.4))
    case("elementwise/maximum", "maximum", {}, {"x": [4, 7], "w": [4, 7]}, torch.maximum)
    case("elementwise/minimum", "minimum", {}, {"x": [4, 7], "w": [4, 7]}, torch.minimum)
    case("elementwise/where", "x > 0.1 ? x * w : w", {}, {"x": [4, 7], "w": [4, 7]}, lambda x, w: torch.where(x > 0.1, x * w, w))
    for name, axis in [("last", -1), ("middle", 1)]:
        case(f"softmax/{name}", "softmax", {"axis": axis}, {"x": ([3, 6, 5], 3.0)}, lambda x, axis=axis: F.softmax(x, axis))
        case(f"log-softmax/{name}", "logSoftmax", {"axis": axis}, {"x": ([3, 6, 5], 3.0)}, lambda x, axis=axis: F.log_softmax(x, axis))
        case(f"logsumexp/{name}", "logSumExp", {"axis": axis}, {"x": ([3, 6, 5], 3.0)}, lambda x, axis=axis: torch.logsumexp(x, axis))


def reductions():
    x = [3, 4, 5]
    case("reduce/sum", "sum", {"axes": [0, 2]}, {"x": x}, lambda x: x.sum((0, 2)))
    case("reduce/mean", "mean", {"axes": [1]}, {"x": x}, lambda x: x.mean(1))
    case("reduce/max", "max", {"axes": [2]}, {"x": x}, lambda x: x.amax(2))
    case("reduce/min", "min", {"axes": [1]}, {"x": x}, lambda x: x.amin(1))
    case("reduce/product", "product", {"axes": [2]}, {"x": (x, 0.5, 1.0)}, lambda x: x.prod(2))
    case("reduce/variance", "biased variance", {"axes": [0, 2]}, {"x": x}, lambda x: x.var((0, 2), unbiased=False))
    case("matmul/2d", "matmul", {}, {"x": [5, 7], "w": [7, 4]}, torch.matmul)
    case("matmul/batched", "matmul", {}, {"x": [2, 3, 5, 7], "w": [2, 3, 7, 4]}, torch.matmul)
    case("matmul/broadcast", "matmul", {}, {"x": [2, 3, 5, 7], "w": [7, 4]}, torch.matmul)
    case("linear", "x wᵀ + b", {}, {"x": [5, 7], "w": [4, 7], "b": [4]}, F.linear)


def shapes():
    x = [3, 4, 5]
    case("shape/pad", "pad", {"widths": [[0, 0], [1, 2], [3, 0]]}, {"x": x}, lambda x: F.pad(x, [3, 0, 1, 2]))
    case("shape/flip", "flip", {"axes": [0, 2]}, {"x": x}, lambda x: x.flip(0, 2))
    case("shape/slice", "slice", {"start": [1, 0, 2], "end": [3, 4, 5]}, {"x": x}, lambda x: x[1:3, 0:4, 2:5])
    case("shape/transpose", "transpose", {"permutation": [2, 0, 1]}, {"x": x}, lambda x: x.permute(2, 0, 1))
    case("shape/concat", "concat", {"axis": 1}, {"x": x, "w": [3, 2, 5]}, lambda x, w: torch.cat([x, w], 1))
    case("shape/repeat", "nearest resize by 2 of H and W", {}, {"x": [2, 3, 4, 5]}, lambda x: F.interpolate(x, scale_factor=2, mode="nearest"))
    case("index/select", "rows x[i]", {}, {"x": [5, 4], "i": integers([3, 0, 3, 1], [4])}, lambda x, i: x[i])
    case("index/gather", "gather along the last axis: y[n, j] = x[n, i[n, j]]", {}, {"x": [3, 6], "i": integers([5, 0, 0, 2, 2, 1], [3, 2])}, lambda x, i: x.gather(1, i))
    case("index/scatter-add", "y = x; y[i[j], :] += w[j, :]", {}, {"x": [5, 4], "w": [4, 4], "i": integers([3, 0, 3, 1], [4])}, lambda x, w, i: x.index_add(0, i, w))


def losses():
    logits = ([5, 6], 3.0)
    y = integers([0, 5, 2, 2, 4], [5])
    case("loss/cross-entropy", "mean cross entropy, hard labels", {}, {"x": logits, "y": y}, lambda x, y: F.cross_entropy(x, y))
    case("loss/cross-entropy-smoothed", "mean cross entropy against (1 - s) one-hot + s / K", {"smoothing": 0.1}, {"x": logits, "y": y}, lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1))
    case("loss/cross-entropy-soft", "mean cross entropy against softmax(t)", {}, {"x": logits, "t": logits}, lambda x, t: F.cross_entropy(x, F.softmax(t, 1)))
    case("loss/distillation", "T² · mean over images of KL(softmax(t / T) ‖ softmax(x / T))", {"temperature": 4.0}, {"x": logits, "t": logits},
         lambda x, t: 16 * (F.softmax(t / 4, 1) * (F.log_softmax(t / 4, 1) - F.log_softmax(x / 4, 1))).sum(1).mean())
    case("loss/mean-squared-error", "mean over all elements", {}, {"x": logits, "t": logits}, F.mse_loss)


def resampling():
    theta = {"values": [0.913, -0.207, 0.111, 0.253, 1.109, -0.157, 1.151, 0.303, -0.409, -0.103, 0.853, 0.331], "shape": [2, 2, 3]}
    for corners in [False, True]:
        case(f"affine-resample/{'corners' if corners else 'centres'}", "affine grid, bilinear, zeros outside", {"align_corners": corners}, {"x": [2, 3, 7, 6], "theta": theta},
             lambda x, theta, corners=corners: F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=corners), mode="bilinear", padding_mode="zeros", align_corners=corners))
        case(f"grid-sample/{'corners' if corners else 'centres'}", "bilinear at grid[n, y, x] = (x, y), zeros outside", {"align_corners": corners}, {"x": [2, 3, 7, 6], "grid": ([2, 4, 5, 2], 1.2)},
             lambda x, grid, corners=corners: F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=corners))


def results(name, specs, f, cotangent, dtype):
    values = {k: build(s, dtype) for k, s in specs.items()}
    free = {k: v.requires_grad_(True) for k, v in values.items() if v.is_floating_point()}
    out = f(*values.values())
    total = (out * build(cotangent, dtype).reshape(out.shape)).sum()
    grads = torch.autograd.grad(total, list(free.values()), create_graph=True)
    record = {"output": out.detach().reshape(out.shape or (1,)), "gradients": {k: g.detach() for k, g in zip(free, grads)}}
    try:
        inner = sum((g * build(spec(f"{name}/direction/{k}", list(g.shape)), dtype)).sum() for k, g in zip(free, grads) if g.requires_grad)
        if torch.is_tensor(inner) and inner.requires_grad:
            second = torch.autograd.grad(inner, list(free.values()), allow_unused=True)
            kept = {k: g for k, g in zip(free, second) if g is not None}
            if kept:
                record["second"] = kept
    except RuntimeError as error:
        # PyTorch lacks the second derivative of some operators: their cases have first derivatives only.
        if "derivative for" not in str(error):
            raise
        print(f"{name}: no second derivative, {error}", file=sys.stderr)
    return record


def main():
    for group in [convolutions, pools, norms, activations, reductions, shapes, losses, resampling]:
        group()
    cases = []
    for name, op, attributes, specs, f in CASES:
        shape = list(f_shape(f, name, specs))
        cotangent = spec(f"{name}/cotangent", shape)
        result = both(lambda dtype: results(name, specs, f, cotangent, dtype))
        head = {"name": name, "op": op, "attributes": attributes, "inputs": specs, "cotangent": cotangent}
        directions = {k: spec(f"{name}/direction/{k}", s["shape"]) for k, s in specs.items() if not s.get("integer")}
        cases.append({**head, "directions": directions, "results": result})
    write("primitives.json", {"cases": cases})


def f_shape(f, name, specs):
    values = [build(s, torch.float64) for s in specs.values()]
    return f(*values).shape or (1,)


if __name__ == "__main__":
    main()
