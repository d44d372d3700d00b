"""Records ten steps of PyTorch's AdamW on a very small CLIP, so that ours can be held to them without Python.

    .venv/bin/python scripts/record_train.py test/fixtures/train/tiny-vit.safetensors [--seed 0]

Keys: `input.image` [N,3,R,R], `input.text` [N,L], `param.<name>` (the start, float16 so that the file stays small; both
sides begin from exactly these numbers), `train.loss` [steps] (before each step), `train.param.<name>` (after the last),
and `train` in the metadata, a JSON object of the options. Everything is computed in fp32 on the CPU.
"""

import argparse
import json
import math
import os
import sys
import types

sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from clip.model import CLIP  # noqa: E402
from reference import texts  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

OPTIONS = {"steps": 10, "lr": 1e-3, "beta1": 0.9, "beta2": 0.98, "eps": 1e-6, "weight_decay": 0.2}
PAIRS = 6


def train(model, image, text, options):
    """→ the loss before each step."""
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in parameters if p.ndim >= 2], "weight_decay": options["weight_decay"]},
         {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}],
        lr=options["lr"], betas=(options["beta1"], options["beta2"]), eps=options["eps"])
    own = torch.arange(len(image))
    losses = []
    for _ in range(options["steps"]):
        per_image, per_text = model(image, text)
        loss = (cross_entropy(per_image, own) + cross_entropy(per_text, own)) / 2
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
    return losses


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    model = CLIP(embed_dim=16, image_resolution=8, vision_layers=1, vision_width=64, vision_patch_size=4,
                 context_length=6, vocab_size=24, transformer_width=64, transformer_heads=1, transformer_layers=1)
    generator = torch.Generator().manual_seed(arguments.seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    start = {f"param.{name}": p.detach().half().clone() for name, p in model.state_dict().items()}
    image = torch.randn(PAIRS, 3, 8, 8, generator=generator)
    text = texts(PAIRS, 6, 24, generator)
    losses = train(model, image, text, OPTIONS)
    end = {f"train.param.{name}": p.detach().contiguous().clone() for name, p in model.state_dict().items()}
    metadata = {"case": "tiny-vit", "seed": str(arguments.seed), "train": json.dumps(OPTIONS),
                "versions": json.dumps({"torch": torch.__version__})}
    os.makedirs(os.path.dirname(arguments.out) or ".", exist_ok=True)
    save_file({"input.image": image, "input.text": text, **start, "train.loss": torch.tensor(losses), **end},
              arguments.out, metadata=metadata)
    print(f"{arguments.out}: losses {losses[0]:.6f} … {losses[-1]:.6f}, {os.path.getsize(arguments.out)} bytes")


if __name__ == "__main__":
    main()
