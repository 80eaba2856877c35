"""det.json: the generator itself, and one summary of each kind, for the test of the TypeScript twins."""
import torch

from golden import both, build, det, spec, write

specs = [spec("det/whole", [3, 5], 0.3, 1.0), spec("det/large", [4, 3, 32, 32], 1.7)]
write(
    "det.json",
    {
        "exact": [{"spec": s, "first": [float(v) for v in det(s["det"], s["shape"], s["scale"], s["shift"]).ravel()[:16]]} for s in specs],
        "summaries": [{"spec": s, "summary": both(lambda dtype: build(s, dtype))} for s in specs],
    },
)
