"""The networks as functions of a flat list of parameters, written from their definitions.

A network is `(specs, forward)`: `specs` lists every parameter as (name, shape, scale, shift) in the order of the
list, `forward(params, x, mode)` gives the logits. Weights and biases are uniform in +-1/sqrt(fan_in), as PyTorch's
defaults are; scales of norms are in 1 +- 0.2 and their shifts in +-0.1, so that both matter.
`mode` is a `Mode`: training or not, and the running statistics of BatchNorm.
"""
import math

import torch
import torch.nn.functional as F

from golden import build, spec


class Mode:
    """BatchNorm state: momentum 0.1, running variance unbiased, as PyTorch has it."""

    def __init__(self, train=True, stats=None):
        self.train = train
        self.stats = {} if stats is None else stats

    def batch_norm(self, name, x, scale, shift):
        if name not in self.stats:
            self.stats[name] = (torch.zeros(x.shape[1], dtype=x.dtype), torch.ones(x.shape[1], dtype=x.dtype))
        mean, var = self.stats[name]
        return F.batch_norm(x, mean, var, scale, shift, training=self.train, momentum=0.1, eps=1e-5)


class Builder:
    """Collects parameter specs while the layers of a network are laid out."""

    def __init__(self, key):
        self.key = key
        self.specs = []

    def add(self, name, shape, scale, shift=0.0):
        self.specs.append({"name": name, **spec(f"{self.key}/{name}", shape, scale, shift)})
        return len(self.specs) - 1

    def conv(self, name, cin, cout, k, pad=0, stride=1, bias=True):
        bound = 1 / math.sqrt(cin * k * k)
        w = self.add(f"{name}.weight", [cout, cin, k, k], bound)
        b = self.add(f"{name}.bias", [cout], bound) if bias else None
        return lambda p, x, mode: F.conv2d(x, p[w], None if b is None else p[b], stride=stride, padding=pad)

    def linear(self, name, din, dout):
        bound = 1 / math.sqrt(din)
        w = self.add(f"{name}.weight", [dout, din], bound)
        b = self.add(f"{name}.bias", [dout], bound)
        return lambda p, x, mode: F.linear(x.flatten(1), p[w], p[b])

    def norm(self, name, kind, shape):
        if kind == "none":
            return lambda p, x, mode: x
        size = list(shape) if kind == "layer" else [shape[0]]
        s = self.add(f"{name}.scale", size, 0.2, 1.0)
        b = self.add(f"{name}.bias", size, 0.1)
        if kind == "batch":
            return lambda p, x, mode: mode.batch_norm(name, x, p[s], p[b])
        if kind == "layer":
            return lambda p, x, mode: F.layer_norm(x, size, p[s], p[b], eps=1e-5)
        groups = {"instance": shape[0], "group": 4}[kind]
        return lambda p, x, mode: F.group_norm(x, groups, p[s], p[b], eps=1e-5)


def relu(p, x, mode):
    return F.relu(x)


def max2(p, x, mode):
    return F.max_pool2d(x, 2)


def avg2(p, x, mode):
    return F.avg_pool2d(x, 2)


def chain(layers):
    def forward(p, x, mode=None):
        mode = mode or Mode()
        for layer in layers:
            x = layer(p, x, mode)
        return x

    return forward


ACT = {
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "leaky": lambda x: F.leaky_relu(x, 0.01),
    "swish": lambda x: x * torch.sigmoid(x),
}


def convnet(key, channels=3, size=32, classes=10, width=128, depth=3, act="relu", norm="instance", pool="avg", hidden=0):
    """depth x [conv 3x3 -> norm -> act -> pool], optionally linear(D -> hidden) without activation, then linear."""
    b = Builder(key)
    layers = []
    cin, side = channels, size + 4 if channels == 1 else size
    for d in range(depth):
        layers.append(b.conv(f"{d}.conv", cin, width, 3, pad=3 if channels == 1 and d == 0 else 1))
        layers.append(b.norm(f"{d}.norm", norm, [width, side, side]))
        layers.append(lambda p, x, mode: ACT[act](x))
        if pool != "none":
            layers.append(avg2 if pool == "avg" else max2)
            side //= 2
        cin = width
    features = cin * side * side
    if hidden:
        layers.append(b.linear("hidden", features, hidden))
        features = hidden
    layers.append(b.linear("linear", features, classes))
    return b.specs, chain(layers)


def mlp(key, channels=3, size=32, classes=10, width=128):
    b = Builder(key)
    layers = [b.linear("0.linear", channels * size * size, width), relu, b.linear("1.linear", width, width), relu]
    layers.append(b.linear("linear", width, classes))
    return b.specs, chain(layers)


def lenet(key, channels=3, classes=10, size=32):
    b = Builder(key)
    side = ((size if channels == 1 else size - 4) // 2 - 4) // 2
    layers = [b.conv("0.conv", channels, 6, 5, pad=2 if channels == 1 else 0), relu, max2]
    layers += [b.conv("1.conv", 6, 16, 5), relu, max2]
    layers += [b.linear("2.linear", 16 * side * side, 120), relu, b.linear("3.linear", 120, 84), relu, b.linear("linear", 84, classes)]
    return b.specs, chain(layers)


def alexnet(key, channels=3, classes=10, size=32, width=128):
    """`width`: channels of the first convolution; the others in proportion."""
    b = Builder(key)
    c1, c2, c3 = width, width * 192 // 128, width * 256 // 128
    layers = [b.conv("0.conv", channels, c1, 5, pad=4 if channels == 1 else 2), relu, max2]
    layers += [b.conv("1.conv", c1, c2, 5, pad=2), relu, max2]
    layers += [b.conv("2.conv", c2, c3, 3, pad=1), relu, b.conv("3.conv", c3, c2, 3, pad=1), relu]
    side = (size + 4 if channels == 1 else size) // 8
    layers += [b.conv("4.conv", c2, c2, 3, pad=1), relu, max2, b.linear("linear", c2 * side * side, classes)]
    return b.specs, chain(layers)


def vgg11(key, channels=3, classes=10, norm="instance", size=32, width=64):
    b = Builder(key)
    layers, cin, i = [], channels, 0
    for times in [1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"]:
        if times == "M":
            layers.append(max2)
            continue
        cout = width * times
        layers.append(b.conv(f"{i}.conv", cin, cout, 3, pad=3 if channels == 1 and i == 0 else 1))
        layers += [b.norm(f"{i}.norm", norm, [cout]), relu]
        cin, i = cout, i + 1
    side = max(size, 32) // 32
    layers.append(b.linear("linear", cin * side * side, classes))
    return b.specs, chain(layers)


def basic_block(b, name, cin, cout, stride, norm, pooled):
    """conv-norm-relu-conv-norm plus shortcut, then relu. Pooled: a stride of 2 is AvgPool2 after the first relu and
    after the shortcut's convolution."""
    step = 1 if pooled else stride
    conv1, norm1 = b.conv(f"{name}.conv1", cin, cout, 3, 1, step, False), b.norm(f"{name}.norm1", norm, [cout])
    conv2, norm2 = b.conv(f"{name}.conv2", cout, cout, 3, 1, 1, False), b.norm(f"{name}.norm2", norm, [cout])
    project = stride != 1 or cin != cout
    if project:
        conv3, norm3 = b.conv(f"{name}.shortcut.conv", cin, cout, 1, 0, step, False), b.norm(f"{name}.shortcut.norm", norm, [cout])

    def forward(p, x, mode):
        y = F.relu(norm1(p, conv1(p, x, mode), mode))
        if pooled and stride != 1:
            y = F.avg_pool2d(y, 2)
        y = norm2(p, conv2(p, y, mode), mode)
        s = x
        if project:
            s = conv3(p, x, mode)
            s = norm3(p, F.avg_pool2d(s, 2) if pooled else s, mode)
        return F.relu(y + s)

    return forward


def resnet18(key, channels=3, classes=10, norm="instance", pooled=False, size=32, width=64):
    """`pooled` is the AP variant: its classifier reads the last feature map itself, without the AvgPool4."""
    b = Builder(key)
    layers = [b.conv("stem.conv", channels, width, 3, 1, 1, False), b.norm("stem.norm", norm, [width]), relu]
    cin = width
    for stage in range(4):
        cout = width * 2**stage
        for block in range(2):
            stride = 2 if stage and not block else 1
            layers.append(basic_block(b, f"{stage}.{block}", cin, cout, stride, norm, pooled))
            cin = cout
    side = size // 8
    if not pooled:
        side = max(size, 32) // 32
        layers.append(lambda p, x, mode: F.avg_pool2d(x, 4))
    layers.append(b.linear("linear", cin * side * side, classes))
    return b.specs, chain(layers)


def vit(key, channels=3, classes=10, size=32, width=192, depth=6, heads=3):
    """The plain vision transformer of arXiv 2205.01580: 4x4 patches, fixed sine positions, no class token, pre-norm
    blocks with GELU, norm, mean of the tokens, linear."""
    b = Builder(key)
    patch = b.conv("patch", channels, width, 4, stride=4)
    tokens = lambda p, x, mode: patch(p, x, mode).flatten(2).transpose(1, 2)
    side = size // 4

    def positions(p, x, mode):
        y, x_ = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
        omega = 1 / 10000 ** (torch.arange(width // 4, dtype=torch.float64) / (width // 4 - 1))
        angles = [c.flatten()[:, None] * omega for c in (x_, y)]
        return x + torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], 1).to(x.dtype)

    def token_norm(name):
        return b.norm(name, "layer", [width])

    def token_linear(name, din, dout):
        bound = 1 / math.sqrt(din)
        w, c = b.add(f"{name}.weight", [dout, din], bound), b.add(f"{name}.bias", [dout], bound)
        return lambda p, x, mode: F.linear(x, p[w], p[c])

    def block(i):
        norm1, qkv = token_norm(f"{i}.attentionNorm"), token_linear(f"{i}.qkv", width, 3 * width)
        out, norm2 = token_linear(f"{i}.out", width, width), token_norm(f"{i}.mlpNorm")
        up, down = token_linear(f"{i}.up", width, 4 * width), token_linear(f"{i}.down", 4 * width, width)

        def forward(p, x, mode):
            n, t, _ = x.shape
            q, k, v = qkv(p, norm1(p, x, mode), mode).reshape(n, t, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            mixed = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(width // heads), -1) @ v
            x = x + out(p, mixed.transpose(1, 2).reshape(n, t, width), mode)
            return x + down(p, F.gelu(up(p, norm2(p, x, mode), mode)), mode)

        return forward

    layers = [tokens, positions] + [block(i) for i in range(depth)]
    layers += [token_norm("norm"), lambda p, x, mode: x.mean(1), b.linear("linear", width, classes)]
    return b.specs, chain(layers)


def build_params(specs, dtype, grad=True):
    return [build(s, dtype).requires_grad_(grad) for s in specs]


def count(specs):
    return sum(math.prod(s["shape"]) for s in specs)
