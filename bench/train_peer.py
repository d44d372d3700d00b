"""PyTorch's side of bench/train.ts: on every line read, some training steps of the same CLIP; answers with their median
and with the highest resident memory so far, above what importing torch took."""

import json
import math
import resource
import statistics
import sys
import time
import types
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402

bare = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

from clip.model import CLIP  # noqa: E402
from reference_lora import adapt  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

config = json.loads(sys.argv[1])
batch, steps = config["batch"], config["steps"]
torch.manual_seed(0)
names = ("embed_dim", "image_resolution", "vision_layers", "vision_width", "vision_patch_size", "context_length",
         "vocab_size", "transformer_width", "transformer_heads", "transformer_layers")
model = CLIP(**{name: config[name] for name in names})
trained = list(model.parameters())
if config["lora"]:
    model.requires_grad_(False)
    trained = list(adapt(model, config["lora"], 2 * config["lora"], seed=0).values())
matrices = [p for p in trained if p.ndim >= 2]
others = [p for p in trained if p.ndim < 2]
optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
                              lr=1e-3, betas=(0.9, 0.98), eps=1e-6)
size, length, vocabulary = config["image_resolution"], config["context_length"], config["vocab_size"]
image = torch.randn(batch, 3, size, size)
text = torch.randint(0, vocabulary - 2, (batch, length))
text[:, 0], text[:, length // 2] = vocabulary - 2, vocabulary - 1
own = torch.arange(batch)

for _ in sys.stdin:
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        per_image, per_text = model(image, text)
        loss = (cross_entropy(per_image, own) + cross_entropy(per_text, own)) / 2
        loss.backward()
        loss.item()
        middle = time.perf_counter()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        times.append((time.perf_counter() - start, time.perf_counter() - middle))
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - bare) / 1024
    print(json.dumps({"step": 1000 * statistics.median(t for t, _ in times),
                      "optimizer": 1000 * statistics.median(t for _, t in times), "aboveMB": above}), flush=True)
