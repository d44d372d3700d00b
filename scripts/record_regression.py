"""Records the optimum of a small logistic regression, found by PyTorch in double precision.

    .venv/bin/python scripts/record_regression.py

Writes test/fixtures/regression.json: features (float32 numbers, far from centred), labels, and for several C of
scikit-learn's objective, C · Σ cross-entropy + ‖W‖² / 2, the value divided by C · n, the weight [C, D] and the bias [C].
"""

import json
from pathlib import Path

import torch

torch.manual_seed(7)
COUNT, WIDTH, CLASSES = 60, 8, 4
labels = torch.arange(COUNT) % CLASSES
centres = torch.randn(CLASSES, WIDTH)
features = (3 + centres[labels] + 1.5 * torch.randn(COUNT, WIDTH)).float()


def optimum(c):
    weight = torch.zeros(CLASSES, WIDTH, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(CLASSES, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=5000, max_eval=20000, tolerance_grad=1e-13,
                               tolerance_change=0, history_size=50, line_search_fn="strong_wolfe")

    def value():
        loss = torch.nn.functional.cross_entropy(features.double() @ weight.T + bias, labels)
        return loss + weight.square().sum() / (2 * c * COUNT)

    def closure():
        search.zero_grad()
        loss = value()
        loss.backward()
        return loss

    for _ in range(5):
        search.step(closure)
    closure()
    slope = max(weight.grad.abs().max().item(), bias.grad.abs().max().item())
    assert slope < 1e-8, slope
    # The bias is free up to a constant, which softmax does not see: recorded with mean zero.
    return {"c": c, "value": value().item(), "weight": weight.flatten().tolist(),
            "bias": (bias - bias.mean()).tolist()}


out = Path(__file__).resolve().parent.parent / "test/fixtures/regression.json"
fits = [optimum(c) for c in (0.01, 1.0, 100.0)]
out.write_text(json.dumps({"classes": CLASSES, "width": WIDTH, "features": features.flatten().tolist(),
                           "labels": labels.tolist(), "fits": fits}) + "\n")
print(out, [fit["value"] for fit in fits])
