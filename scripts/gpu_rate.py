"""Pictures a second of PyTorch's eager mode beside what scripts/gpu-rate.ts left in a folder, as a table.

    python scripts/gpu_rate.py ViT-B/32 WEIGHTS.safetensors 256 FOLDER
"""

import glob
import json
import os
import sys
import time
import types
import warnings

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from clip.model import build_model  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

WARM_UP, TIMED = 3, 10
name, weights, batch, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
has_cuda = torch.cuda.is_available()
device = torch.device("cuda" if has_cuda else "cpu")
model = build_model(load_file(weights)).float().eval().to(device)
size = model.visual.input_resolution
numbers = torch.arange(batch * 3 * size * size) % 10_007
images = torch.sin(numbers.double()).float().reshape(batch, 3, size, size).to(device)


@torch.inference_mode()
def measure(tf32):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    times = []
    for _ in range(WARM_UP + TIMED):
        start = time.perf_counter()
        features = model.encode_image(images).cpu()  # as ours: until the features are here
        times.append(time.perf_counter() - start)
    return batch / sorted(times[WARM_UP:])[TIMED // 2], features


def row(label, rate, features):
    apart = (torch.nn.functional.normalize(features) - torch.nn.functional.normalize(reference)).abs().max().item()
    print(f"| {name} | {batch} | {label} | {rate:.1f} | {rate / pytorch:.2f} | {apart:.1e} |")


pytorch, reference = measure(False)
print(f"\n{torch.cuda.get_device_name() if has_cuda else 'no CUDA device: PyTorch on the CPU'}, torch {torch.__version__}\n")
print("| model | batch | engine | pictures a second | to PyTorch | features apart, at most |")
print("| --- | --- | --- | --- | --- | --- |")
row("PyTorch", pytorch, reference)
if has_cuda:
    row("PyTorch with TF32", *measure(True))
for path in sorted(glob.glob(os.path.join(folder, "*.rate.json"))):
    with open(path) as file:
        ours = json.load(file)
    label = os.path.basename(path)[2:].removesuffix(".rate.json")
    row(label, ours["rate"], torch.tensor(ours["features"]).reshape(batch, -1))
