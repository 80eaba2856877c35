"""init.json: PyTorch's default initial distributions, as bounds; the script checks them on PyTorch's own layers.

Kaiming uniform with a = sqrt(5) is uniform in +-sqrt(6 / ((1 + 5) fan_in)) = +-1 / sqrt(fan_in), as biases are.
"""
import math

import torch

from golden import write

LAYERS = [
    ("conv 3x3 from 3 channels", torch.nn.Conv2d(3, 128, 3), 27),
    ("conv 3x3 from 128 channels", torch.nn.Conv2d(128, 128, 3), 1152),
    ("conv 5x5 from 1 channel", torch.nn.Conv2d(1, 128, 5), 25),
    ("conv 3x3 from 64 channels in 2 groups", torch.nn.Conv2d(64, 128, 3, groups=2), 288),
    ("linear 2048 -> 10", torch.nn.Linear(2048, 10), 2048),
    ("linear 3072 -> 128", torch.nn.Linear(3072, 128), 3072),
]


def main():
    layers = []
    for name, layer, fan_in in LAYERS:
        bound = 1 / math.sqrt(fan_in)
        for seed in range(20):
            torch.manual_seed(seed)
            layer.reset_parameters()
            for p in layer.parameters():
                assert float(p.abs().max()) <= bound * (1 + 1e-6)
            assert float(layer.weight.abs().max()) > 0.99 * bound
            assert abs(float(layer.weight.std()) / (bound / math.sqrt(3)) - 1) < 0.05
        layers.append({"name": name, "weightShape": list(layer.weight.shape), "fanIn": fan_in, "bound": float(f"{bound:.12g}")})
    rules = {
        "weight": "uniform in +-1/sqrt(fanIn)",
        "bias": "uniform in +-1/sqrt(fanIn)",
        "fanIn": "inputs per output: D of a linear layer, (C / groups) * kH * kW of a convolution",
        "normScale": 1,
        "normBias": 0,
        "runningMean": 0,
        "runningVariance": 1,
    }
    write("init.json", {"rules": rules, "layers": layers})


if __name__ == "__main__":
    main()
