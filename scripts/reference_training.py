"""The backward half of a recording: every parameter's gradient, and some steps of torch.optim.AdamW."""

import math

import torch
from torch.nn.functional import cross_entropy


def contrastive_loss(model, image, text):
    per_image, per_text = model(image, text)
    own = torch.arange(len(image))
    return (cross_entropy(per_image, own) + cross_entropy(per_text, own)) / 2


def record_gradients(model, image, text):
    """→ `grad.<name>` of every parameter."""
    model.zero_grad()
    contrastive_loss(model, image, text).backward()
    gradients = {f"grad.{name}": p.grad.detach().contiguous() for name, p in model.named_parameters()}
    model.zero_grad(set_to_none=True)
    return gradients


def record_training(model, image, text, options):
    """Trains on the one batch → `train.loss`, before each step, and `train.param.<name>`, after the last."""
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.ndim >= 2], "weight_decay": options["weight_decay"]},
         {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}],
        lr=options["lr"], betas=(options["beta1"], options["beta2"]), eps=options["eps"])
    losses = []
    for _ in range(options["steps"]):
        loss = contrastive_loss(model, image, text)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
    model.zero_grad(set_to_none=True)
    dtype = next(model.parameters()).dtype
    return {"train.loss": torch.tensor(losses, dtype=dtype),
            **{f"train.param.{name}": p.detach().contiguous() for name, p in model.named_parameters()}}
