"""PyTorch eager as a peer for benchmarks: a process that reads JSON requests from stdin, one a line, and answers each
with one JSON line on stdout. Times are milliseconds.

Start it with glibc's allocator told to keep its memory, or eager PyTorch pays a page fault for every large temporary:

    MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_MMAP_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=67108864 python3 torch_steps.py

Requests (defaults in parentheses):

    {"op": "info"}
    {"op": "train_step",   "width" (128), "batch" (100), "channels" (3), "size" (32; 28 for 1 channel), "hidden" (0),
                           "threads" (2), "reps" (5), "warmup" (2)}
    {"op": "match_step",   the same fields, "batch" = synthetic images, labels one of 10 classes in turn}
    {"op": "attack_block", the same fields, "steps" (101)}: one whole block, both reference gradients included
    {"op": "quit"}

`train_step` is forward, backward and an SGD step with momentum 0.9 and weight decay 5e-4 of ConvNet-3 (InstanceNorm,
ReLU, AvgPool). `match_step` is one inner step of the attack: the parameter gradient of the synthetic images with its
graph, the mixed cosine loss (alpha 0.6) against two fixed gradients, its gradient by the images, Adam on the images.
The answer repeats the settings and adds `ms` (median), `min`, `max`, `times`, `loss`, the process's peak
resident memory so far, `peakRssMiB`, and `othersCpu`, the share of the machine that other processes kept busy meanwhile. What goes wrong is answered as {"error": ...}; the process lives on.
Set-up (network, inputs, optimiser) is kept between requests of the same shape, so that calls can alternate with others.

Two forms of the convolution, `"variant": {"conv": ...}`:

- "stock" (the default): F.conv2d, what every PyTorch program gets;
- "tuned": an autograd function whose derivatives of every order are oneDNN convolutions. PyTorch 1.13 runs the transposed
  convolution that the second derivative of F.conv2d asks for on a slow path; the tuned form makes `match_step` 2 to 4
  times faster (74 instead of 273 ms at width 128 with 10 images) and leaves `train_step` as it is.

A benchmark that compares itself with PyTorch should state which, or show both.

Chosen among what `variant` offers, measured on 2 cores alone with PyTorch 1.13: contiguous NCHW (channels last: 1.4
times slower in training); F.group_norm (instance_norm and elementary operations: slower in every step); the loss
through sums of products per tensor (concatenating, or differentiating along the fixed direction dL/dg only: no
difference); denormals flushed (no difference); ReLU in place. OMP_WAIT_POLICY=passive makes small steps 2.5 times slower when the machine is
idle, so it is left alone; but its active waiting also means that one busy core makes a step 10 times slower or worse: the
caller must be idle (no spinning thread pool) while it waits for an answer, and should drop times whose `othersCpu` is above 0.05.
"""
import json
import math
import os
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F

ALPHA = 0.6
CLASSES = 10


def group_norm(x, scale, shift):
    return F.group_norm(x, x.shape[1], scale, shift, 1e-5)


def instance_norm(x, scale, shift):
    """GroupNorm(C, C) as PyTorch's batch norm over a [1, N C, H, W] view."""
    return F.instance_norm(x, weight=scale, bias=shift, use_input_stats=True, eps=1e-5)


def composed_norm(x, scale, shift):
    """GroupNorm(C, C) from elementary operations."""
    centred = x - x.mean((2, 3), keepdim=True)
    rate = torch.rsqrt((centred * centred).mean((2, 3), keepdim=True) + 1e-5)
    return centred * (rate * scale.view(1, -1, 1, 1)) + shift.view(1, -1, 1, 1)


class TunedConv(torch.autograd.Function):
    """Stride-1 convolution of which every derivative of any order is again an oneDNN convolution.

    The second derivative of F.conv2d asks for a transposed convolution, which PyTorch 1.13 runs on its slow path.
    """

    @staticmethod
    def forward(ctx, x, weight, pad):
        ctx.save_for_backward(x, weight)
        ctx.pad = pad
        return F.conv2d(x, weight, None, padding=pad)

    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        gx = InputGradient.apply(g, weight, x, ctx.pad) if ctx.needs_input_grad[0] else None
        gw = WeightGradient.apply(g, x, weight, ctx.pad) if ctx.needs_input_grad[1] else None
        return gx, gw, None


def convolution_backward(g, x, weight, pad, which):
    mask = [which == 0, which == 1, False]
    return torch.ops.aten.convolution_backward(g, x, weight, None, [1, 1], [pad, pad], [1, 1], False, [0, 0], 1, mask)[which]


class InputGradient(torch.autograd.Function):
    """g, w -> gradient by the input; linear in both."""

    @staticmethod
    def forward(ctx, g, weight, like, pad):
        ctx.save_for_backward(g, weight)
        ctx.pad = pad
        return convolution_backward(g, like, weight, pad, 0)

    @staticmethod
    def backward(ctx, v):
        g, weight = ctx.saved_tensors
        dg = TunedConv.apply(v, weight, ctx.pad) if ctx.needs_input_grad[0] else None
        dw = WeightGradient.apply(g, v, weight, ctx.pad) if ctx.needs_input_grad[1] else None
        return dg, dw, None, None


class WeightGradient(torch.autograd.Function):
    """g, x -> gradient by the weight; linear in both."""

    @staticmethod
    def forward(ctx, g, x, like, pad):
        ctx.save_for_backward(g, x)
        ctx.pad = pad
        return convolution_backward(g, x, like, pad, 1)

    @staticmethod
    def backward(ctx, v):
        g, x = ctx.saved_tensors
        dg = TunedConv.apply(x, v, ctx.pad) if ctx.needs_input_grad[0] else None
        dx = InputGradient.apply(g, v, x, ctx.pad) if ctx.needs_input_grad[1] else None
        return dg, dx, None, None


def tuned_conv(x, weight, bias, padding):
    return TunedConv.apply(x, weight, padding) + bias.view(1, -1, 1, 1)


CONVS = {"stock": F.conv2d, "tuned": tuned_conv}
NORMS = {"group": group_norm, "instance": instance_norm, "composed": composed_norm}


class Setting:
    """A network, its data and its state for one shape; built once and kept."""

    def __init__(self, request):
        self.norm = NORMS[request["norm"]]
        self.conv = CONVS[request["conv"]]
        self.last = request["layout"] == "last"
        self.loss_form = request["loss"]
        width, channels, size, batch = (request[k] for k in ["width", "channels", "size", "batch"])
        torch.manual_seed(0)
        self.pads = [3 if channels == 1 else 1, 1, 1]
        self.params = []
        cin = channels
        for _ in range(3):
            self.uniform([width, cin, 3, 3], cin * 9)
            self.uniform([width], cin * 9)
            self.params += [torch.ones(width), torch.zeros(width)]
            cin = width
        side = (size + 4 if channels == 1 else size) // 8
        features = width * side * side
        self.hidden = request["hidden"]
        if self.hidden:
            self.uniform([self.hidden, features], features)
            self.uniform([self.hidden], features)
            features = self.hidden
        self.uniform([CLASSES, features], features)
        self.uniform([CLASSES], features)
        self.params = [self.laid_out(p).requires_grad_(True) for p in self.params]
        self.x = self.laid_out(torch.randn(batch, channels, size, size))
        self.y = torch.arange(batch) % CLASSES
        self.synthetic = self.laid_out(self.x + 0.1 * torch.randn(batch, channels, size, size)).requires_grad_(True)
        self.backdoor = self.laid_out(torch.randn(CLASSES, channels, size, size))
        self.optimizer = torch.optim.SGD(self.params, lr=0.01, momentum=0.9, weight_decay=5e-4)
        self.image_optimizer = torch.optim.Adam([self.synthetic], lr=0.1)
        self.references = None

    def uniform(self, shape, fan_in):
        self.params.append(torch.empty(shape).uniform_(-1, 1) / math.sqrt(fan_in))

    def laid_out(self, t):
        return t.contiguous(memory_format=torch.channels_last) if self.last and t.dim() == 4 else t

    def forward(self, x):
        p = self.params
        for d in range(3):
            weight, bias, scale, shift = p[4 * d : 4 * d + 4]
            x = self.conv(x, weight, bias, padding=self.pads[d])
            x = F.avg_pool2d(F.relu_(self.norm(x, scale, shift)), 2)
        x = x.flatten(1)
        if self.hidden:
            x = F.linear(x, p[12], p[13])
        return F.linear(x, p[-2], p[-1])

    def gradient(self, x, y, graph=False):
        return torch.autograd.grad(F.cross_entropy(self.forward(x), y), self.params, create_graph=graph)

    def train_step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.forward(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def prepare(self):
        """Both reference gradients, each with its norm; they are constant within a block of steps at one network."""
        self.references = []
        for x, y in [(self.x, self.y), (self.backdoor, torch.zeros(CLASSES, dtype=torch.int64))]:
            g = [t.detach() for t in self.gradient(x, y)]
            self.references.append((g, torch.sqrt(sum((t * t).sum() for t in g))))

    def hybrid(self, g):
        """(1 - alpha) (1 - cos(g, g_r)) + alpha (1 - cos(g, g_b)) over all parameters."""
        (real, real_norm), (backdoor, backdoor_norm) = self.references
        if self.loss_form == "concat":
            g, real, backdoor = (torch.cat([t.flatten() for t in v]) for v in [g, real, backdoor])
            dot_real, dot_backdoor, square = (g * real).sum(), (g * backdoor).sum(), (g * g).sum()
        else:
            dot_real = sum((a * b).sum() for a, b in zip(g, real))
            dot_backdoor = sum((a * b).sum() for a, b in zip(g, backdoor))
            square = sum((a * a).sum() for a in g)
        norm = torch.sqrt(square)
        return 1 - (1 - ALPHA) * dot_real / (norm * real_norm) - ALPHA * dot_backdoor / (norm * backdoor_norm)

    def match_step(self):
        if self.references is None:
            self.prepare()
        g = self.gradient(self.synthetic, self.y, graph=True)
        if self.loss_form == "direction":
            # The loss depends on g through one fixed direction u = dL/dg, so that only <g, u> is differentiated.
            fixed = [t.detach().requires_grad_(True) for t in g]
            loss = self.hybrid(fixed)
            u = torch.autograd.grad(loss, fixed)
            (self.synthetic.grad,) = torch.autograd.grad(g, self.synthetic, grad_outputs=u)
        else:
            loss = self.hybrid(g)
            (self.synthetic.grad,) = torch.autograd.grad(loss, self.synthetic)
        self.image_optimizer.step()
        return loss.item()

    def attack_block(self, steps):
        self.prepare()
        for _ in range(steps):
            loss = self.match_step()
        return loss


DEFAULTS = {"width": 128, "batch": 100, "channels": 3, "hidden": 0, "threads": 2, "reps": 5, "warmup": 2, "steps": 101}
VARIANT = {"conv": "stock", "norm": "group", "layout": "first", "loss": "sums", "denormals": False}
settings = {}


def peak_rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds():
    """CPU time of the whole machine (user, nice, system, interrupts) and of this process; None where /proc is missing."""
    try:
        with open("/proc/stat") as f:
            ticks = [int(t) for t in f.readline().split()[1:]]
    except OSError:
        return None
    own = resource.getrusage(resource.RUSAGE_SELF)
    return (sum(ticks[i] for i in [0, 1, 2, 5, 6]) / os.sysconf("SC_CLK_TCK"), own.ru_utime + own.ru_stime)


def others_share(before, after, seconds):
    """Share of the machine's cores that other processes kept busy: above a few per cent the times are not to be trusted."""
    if before is None or after is None:
        return None
    others = (after[0] - before[0]) - (after[1] - before[1])
    return round(max(0.0, others / seconds / os.cpu_count()), 3)


def info():
    kept = {k: os.environ.get(k) for k in ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_"]}
    return {
        "torch": torch.__version__,
        "onednn": torch.backends.mkldnn.is_available(),
        "threads": torch.get_num_threads(),
        "allocator": kept,
        "variant": VARIANT,
        "peakRssMiB": round(peak_rss(), 1),
    }


def answer(request):
    if request["op"] == "info":
        return info()
    full = {**DEFAULTS, **VARIANT, **request, **request.get("variant", {})}
    full.setdefault("size", 28 if full["channels"] == 1 else 32)
    torch.set_num_threads(full["threads"])
    torch.set_flush_denormal(not full["denormals"])
    key = json.dumps([full[k] for k in ["op", "width", "batch", "channels", "size", "hidden", "conv", "norm", "layout", "loss"]])
    if key not in settings:
        settings.clear()  # one setting at a time, so that the peak memory is that of the setting
        settings[key] = Setting(full)
    setting = settings[key]
    step = {
        "train_step": setting.train_step,
        "match_step": setting.match_step,
        "attack_block": lambda: setting.attack_block(full["steps"]),
    }[full["op"]]
    for _ in range(full["warmup"]):
        step()
    times = []
    before, began = cpu_seconds(), time.perf_counter()
    for _ in range(full["reps"]):
        start = time.perf_counter()
        loss = step()
        times.append((time.perf_counter() - start) * 1000)
    others = others_share(before, cpu_seconds(), time.perf_counter() - began)
    chosen = {k: full[k] for k in ["op", "width", "batch", "channels", "size", "hidden", "threads"]}
    rounded = [round(t, 3) for t in times]
    ms = round(statistics.median(times), 3)
    spread = {"ms": ms, "min": min(rounded), "max": max(rounded), "times": rounded}
    return {**chosen, **spread, "loss": loss, "peakRssMiB": round(peak_rss(), 1), "othersCpu": others}


def main():
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            request = json.loads(line)
            if request["op"] == "quit":
                break
            reply = answer(request)
        except Exception as error:  # the peer reports and lives on
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
