"""The backward half of a recording: every parameter's gradient, and some steps of torch.optim.AdamW."""

import math
import re

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


def record_training(model, image, text, options, adapters):
    """
    Trains on the one batch → `train.loss`, before each step, and `train.param.<name>`, after the last. `adapters`, by
    name, are all that is trained where there are any, and all that is recorded; else it is the model without what
    options["freeze"] names, and all of it is recorded.
    """
    named = adapters or dict(model.named_parameters())
    trained = [p for name, p in named.items() if not is_frozen(name, options.get("freeze", []))]
    for p in model.parameters():
        p.requires_grad_(any(p is other for other in trained))
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained if p.ndim >= 2], "weight_decay": options["weight_decay"]},
         {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0}],
        lr=options["lr"], betas=(options["beta1"], options["beta2"]), eps=options["eps"])
    losses, norms = [], []
    for _ in range(options["steps"]):
        loss = contrastive_loss(model, image, text)  # of the whole batch, whatever options["accumulate"] says
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        if "clip_norm" in options:
            norms.append(torch.nn.utils.clip_grad_norm_(trained, options["clip_norm"]).item())
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
    if norms:
        print(f"gradients of norm {min(norms):.3g} to {max(norms):.3g}, shortened to {options['clip_norm']:.3g}")
    model.zero_grad(set_to_none=True)
    dtype = next(model.parameters()).dtype
    return {"train.loss": torch.tensor(losses, dtype=dtype),
            **{f"train.param.{name}": p.detach().contiguous() for name, p in named.items()}}


def is_frozen(name, patterns):
    """`*` in a pattern stands for any characters; the whole name must fit."""
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) for pattern in patterns)
