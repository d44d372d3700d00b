"""Records small checkpoints and pickles as PyTorch, safetensors and Python write them, and what is in them.

    .venv/bin/python scripts/record_checkpoints.py

Writes test/fixtures/checkpoints/: the files; manifest.json with shape, type and sha256 of every tensor's bytes (its own
type, and widened to float32) for them and for tiny-vit.pt and tiny-rn.pt, and metadata; pickles.json with Python values in every
protocol. `--check FILE` prints the manifest's entry of any safetensors file instead, for tests of the writer.

Needs torch, clip-anytorch, safetensors, numpy.
"""

import argparse
import base64
import collections
import hashlib
import json
import math
import os
import pathlib
import pickle
import sys
import types
import zlib

sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

FOLDER = os.path.join(os.path.dirname(__file__), "..", "test", "fixtures", "checkpoints")

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


def raw_bytes(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def describe(tensors):
    """Shape, type and digests of each tensor, by name."""
    entries = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        entry = {
            "shape": list(tensor.shape),
            "dtype": DTYPES[tensor.dtype],
            "sha256": hashlib.sha256(raw_bytes(tensor)).hexdigest(),
        }
        if tensor.is_floating_point():
            entry["float32"] = hashlib.sha256(raw_bytes(tensor.float())).hexdigest()
        entries[name] = entry
    return entries


def every_half():
    """All 65,536 halves but the NaNs, whose payloads the two languages may carry over differently."""
    halves = torch.from_numpy(np.arange(65536, dtype=np.uint16).view(np.float16).copy())
    return halves[~halves.isnan()]


def sample_tensors():
    """Every type, and every way in which a tensor can lie in its storage."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 7
    tensors = {str(DTYPES[dtype]).lower(): (torch.arange(6) - 2).reshape(2, 3).to(dtype) for dtype in DTYPES}
    tensors.update(
        transposed=base.t(),
        middle=base[1:3],
        column=base[:, 2],
        stepped=base[::2, ::3],
        permuted=(torch.arange(60, dtype=torch.float16).reshape(3, 4, 5)).permute(2, 0, 1),
        expanded=torch.tensor([1.5, 2.5]).expand(3, 2),
        parameter=torch.nn.Parameter(torch.full((2, 2), 0.25)),
        scalar=torch.tensor(4.6052),
        empty=torch.zeros(0, 3),
        one_long_axis=torch.arange(5.0).reshape(5, 1, 1),
    )
    return tensors


class Scripted(torch.nn.Module):
    """A scripted module with attributes of the kinds that are no tensors."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.blocks = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.LayerNorm(2))
        self.blocks[0].weight = torch.nn.Parameter(torch.full((2, 2), 0.5))
        self.num_heads = 12
        self.sizes = [1, 2, 3]
        self.scale = 0.125
        self.register_buffer("mask", torch.ones(2, dtype=torch.bool))

    def forward(self, x):
        return self.blocks(self.linear(x)) * self.scale + self.num_heads + len(self.sizes)


def plain_data(optimizer):
    """What trainers keep beside the weights, of every class that is plain data."""
    return {
        "optimizer": optimizer.state_dict(),
        "scaler": torch.amp.GradScaler("cpu").state_dict(),
        "args": argparse.Namespace(lr=1e-3, device=torch.device("cuda", 0), out=pathlib.Path("a/b")),
        "dtype": torch.float16,
        "device": torch.device("cuda", 1),
        "size": torch.Size([2, 3]),
        "best": np.float64(0.5),
        "history": collections.defaultdict(list, {"loss": [1.5, np.float32(0.25)]}),
        "window": collections.deque([1, 2]),
        "counts": collections.Counter("abca"),
        "seen": {1, 2},
        "random": [torch.get_rng_state(), np.random.RandomState(0).get_state()],
        "model_ema": {"0.weight": torch.zeros(2, 3)},
    }


def leaf_classes(module):
    """The class of each module of a scripted one that has neither tensors nor modules in it."""
    return {
        name: leaf.original_name
        for name, leaf in module.named_modules()
        if name and not [*leaf.children(), *leaf.parameters(), *leaf.buffers()]
    }


def record_checkpoints():
    torch.manual_seed(0)
    manifest = {}

    def note(file, format, tensors, metadata=None):
        manifest[file] = {"format": format, "tensors": describe(tensors), "metadata": metadata or {}}

    tensors = sample_tensors()
    torch.save(collections.OrderedDict(tensors), os.path.join(FOLDER, "views.pt"))
    note("views.pt", "pytorch", tensors)

    torch.save({"half": every_half()}, os.path.join(FOLDER, "halves.pt"))
    note("halves.pt", "pytorch", {"half": every_half()})

    # As open_clip's trainer and DistributedDataParallel write it.
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.ones(4, 3)).square().sum().backward()
    optimizer.step()
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    trained = {"epoch": 3, "name": "run-1", "state_dict": state, "optimizer": optimizer.state_dict()}
    torch.save(trained, os.path.join(FOLDER, "trained.pt"))
    note("trained.pt", "pytorch", model.state_dict(), {"epoch": "3", "name": "run-1"})

    # As it is after torch.compile and DistributedDataParallel, with whatever else a trainer keeps.
    state = {f"module._orig_mod.{name}": tensor for name, tensor in model.state_dict(keep_vars=True).items()}
    state["module._orig_mod.0.weight"].note = "attributes make PyTorch write a parameter in another way"
    kept = {"epoch": 5, "state_dict": state, **plain_data(optimizer)}
    torch.save(kept, os.path.join(FOLDER, "kept.pt"))
    note("kept.pt", "pytorch", model.state_dict(), {"epoch": "5", "dtype": "torch.float16", "device": "cuda:1"})

    torch.save({"model": model.state_dict()}, os.path.join(FOLDER, "nested.pt"))
    note("nested.pt", "pytorch", model.state_dict())

    scripted = torch.jit.script(Scripted())
    scripted.save(os.path.join(FOLDER, "scripted.pt"))
    note("scripted.pt", "torchscript", scripted.state_dict(), {"num_heads": "12", "scale": "0.125"})

    contiguous = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": "pt", "note": "Überschrift"}
    save_file(contiguous, os.path.join(FOLDER, "types.safetensors"), metadata=metadata)
    note("types.safetensors", "safetensors", contiguous, metadata)
    plain = {name: contiguous[name] for name in ["f32", "f16", "i64", "u8", "scalar"]}
    save_file(plain, os.path.join(FOLDER, "plain.safetensors"))
    note("plain.safetensors", "safetensors", plain)

    for file in ["tiny-vit.pt", "tiny-rn.pt"]:
        module = torch.jit.load(os.path.join(FOLDER, file))
        note(file, "torchscript", module.state_dict(), leaf_classes(module))

    # What must be refused.
    torch.save(model.state_dict(), os.path.join(FOLDER, "legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(model, os.path.join(FOLDER, "whole-module.pt"))

    with open(os.path.join(FOLDER, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=1)


def to_json(value):
    """A Python value in a form that both languages can write."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"int": str(value)}
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": list(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(value)}
    if isinstance(value, np.ndarray):
        order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
        name = value.dtype.str.lstrip("<|")
        return {"array": name, "shape": list(value.shape), "order": order, "bytes": list(value.tobytes(order))}
    raise TypeError(type(value))


def record_pickles():
    shared = ["twice"]
    values = {
        "numbers": [0, 1, 255, 256, 65535, 65536, -1, -129, 2**31 - 1, -(2**31), 2**31, 2**53 - 1, 2**53, -(2**70), 10**40],
        "floats": [0.0, -0.0, 1.5, 1e-300, 1e300, math.pi, math.inf, -math.inf, math.nan],
        "constants": [None, True, False],
        "strings": ["", "plain", "Grüße", "日本語", "\N{GRINNING FACE}", "line\nbreak\\u0041", "x" * 300, "y" * 70000],
        "bytes": [b"some", bytes(range(256)), b"z" * 70000],
        "containers": [[], (), {}, [1, [2, (3, 4, 5, 6)]], {"a": 1, 2: ["b"], (1, 2): None}, {1, 2, 3}],
        "long list": list(range(3000)),
        "long dict": {str(i): i for i in range(2500)},
        "shared": [shared, shared],
        "ordered": collections.OrderedDict([("z", 1), ("a", 2)]),
        "array": np.arange(12, dtype=np.uint8).reshape(3, 4),
        "array types": [np.arange(3).astype(name) - 1 for name in ["i1", "i2", "i4", "i8", "f2", "f4", "f8"]],
        "array column-major": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "array latin1": np.arange(256, dtype=np.uint8),
    }
    records = []
    for name, value in values.items():
        for protocol in range(6):
            data = pickle.dumps(value, protocol=protocol)
            record = {"name": name, "protocol": protocol, "pickle": base64.b64encode(zlib.compress(data, 9)).decode()}
            if len(data) < 5000:
                record["value"] = to_json(value)
            else:  # the digest of the value's JSON serves as well
                text = json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False)
                record["sha256"] = hashlib.sha256(text.encode()).hexdigest()
            records.append(record)
    with open(os.path.join(FOLDER, "pickles.json"), "w") as file:
        json.dump(records, file, indent=0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        with safe_open(sys.argv[2], framework="pt") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
            print(json.dumps({"tensors": describe(tensors), "metadata": opened.metadata() or {}}))
    else:
        record_checkpoints()
        record_pickles()
