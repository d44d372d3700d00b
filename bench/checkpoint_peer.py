"""Python's side of bench/checkpoint.ts: one load of one file in a fresh process, its milliseconds and resident MB as JSON.

An archive: clip.load. A safetensors file: the model's class built, safetensors.torch.load_file, load_state_dict; `fill`
is the last two alone, into memory that building has already taken.
"""

import json
import os
import resource
import sys
import time
import types
import warnings

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../scripts"))

import clip  # noqa: E402
from clip.model import CLIP  # noqa: E402
from make_openai_archive import ARCHITECTURES, SIZES  # noqa: E402
from safetensors.torch import load_file  # noqa: E402


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


path, sizes = sys.argv[1], dict(zip(SIZES, ARCHITECTURES[sys.argv[2]]))
base = resident()
start = time.perf_counter()
if path.endswith(".pt"):
    clip.load(path, device="cpu")
    built = start
else:
    model = CLIP(**sizes)
    built = time.perf_counter()
    state = load_file(path)
    for name in ("input_resolution", "context_length", "vocab_size"):
        state.pop(name, None)
    model.load_state_dict(state)
end = time.perf_counter()
print(json.dumps({"ms": (end - start) * 1000, "fill": (end - built) * 1000, "base": base, "peak": resident()}))
