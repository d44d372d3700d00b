"""Writes a CLIP checkpoint with random weights, in the form OpenAI publishes its own: a TorchScript archive.

The weights come from the class's own initialisation and a seed; gains, biases, positions, batch-norm statistics and the
attention's sharpness are then disturbed, so that no value is trivially 0 or 1 and different inputs give different features.

    .venv/bin/python scripts/make_openai_archive.py ViT-B/32 vit.pt
    .venv/bin/python scripts/make_openai_archive.py RN50 rn50.pt --dtype fp32 --seed 7
    .venv/bin/python scripts/make_openai_archive.py ViT-B/32 vit.safetensors --format safetensors

The two committed fixtures:

    .venv/bin/python scripts/make_openai_archive.py vit test/fixtures/checkpoints/tiny-vit.pt --strip
    .venv/bin/python scripts/make_openai_archive.py rn test/fixtures/checkpoints/tiny-rn.pt --strip

Needs torch, clip-anytorch, safetensors, numpy.
"""

import argparse
import os
import sys
import tempfile
import types
import warnings
import zipfile

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from clip.model import CLIP, convert_weights  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

SIZES = [
    "embed_dim", "image_resolution", "vision_layers", "vision_width", "vision_patch_size",
    "context_length", "vocab_size", "transformer_width", "transformer_heads", "transformer_layers",
]
# fmt: off
ARCHITECTURES = {
    "RN50":           (1024, 224, (3, 4, 6, 3),     64, None, 77, 49408, 512, 8, 12),
    "RN101":          (512,  224, (3, 4, 23, 3),    64, None, 77, 49408, 512, 8, 12),
    "RN50x4":         (640,  288, (4, 6, 10, 6),    80, None, 77, 49408, 640, 10, 12),
    "RN50x16":        (768,  384, (6, 8, 18, 8),    96, None, 77, 49408, 768, 12, 12),
    "RN50x64":        (1024, 448, (3, 15, 36, 10), 128, None, 77, 49408, 1024, 16, 12),
    "ViT-B/32":       (512,  224, 12,  768, 32, 77, 49408, 512, 8, 12),
    "ViT-B/16":       (512,  224, 12,  768, 16, 77, 49408, 512, 8, 12),
    "ViT-L/14":       (768,  224, 24, 1024, 14, 77, 49408, 768, 12, 12),
    "ViT-L/14@336px": (768,  336, 24, 1024, 14, 77, 49408, 768, 12, 12),
    # Small ones for tests.
    "vit":            (64,    32, 2,    64,  8, 16, 600, 64, 1, 2),
    "rn":             (64,    32, (1, 1, 1, 1), 4, None, 16, 600, 64, 1, 2),
}
# fmt: on


def disturb(model, generator):
    """Moves every parameter and statistic away from the values that would hide a mistake."""

    def normal(like, std):
        return torch.randn(like.shape, generator=generator) * std

    for name, tensor in list(model.named_parameters()) + list(model.named_buffers()):
        last = name.split(".")[-1]
        data = tensor.data
        if last == "num_batches_tracked":
            data.fill_(100)
        elif last == "running_var":
            data.copy_(0.5 + torch.rand(data.shape, generator=generator))
        elif last == "running_mean":
            data.copy_(normal(data, 0.2))
        elif last == "logit_scale":
            data.add_(0.5)
        elif name.endswith("bn3.weight") and ".layer" in name:  # a residual branch that does not drown its trunk
            data.copy_(0.3 + normal(data, 0.1))
        elif last == "weight" and data.dim() == 1:  # the gains of layer norms and batch norms
            data.copy_(0.8 + normal(data, 0.2))
        elif data.dim() == 1:  # biases, and the class embedding
            data.add_(normal(data, 0.05))
        elif last == "positional_embedding":
            data.add_(normal(data, 0.02))
        elif last == "in_proj_weight" or "q_proj" in name or "k_proj" in name:
            data.mul_(2)  # attention that looks somewhere, instead of everywhere alike
        elif data.dim() == 4:
            data.mul_(3)  # the picture, not the biases and positions, decides the features


def build(sizes, dtype, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        model = CLIP(**sizes).eval()
        disturb(model, torch.Generator().manual_seed(seed + 1))
    return as_published(model, sizes, dtype)


def as_published(model, sizes, dtype):
    """With the buffers that OpenAI's archives have, and their number types."""
    for name in ["context_length", "vocab_size"]:
        if hasattr(model, name):
            delattr(model, name)
    for name, value in [
        ("input_resolution", sizes["image_resolution"]),
        ("context_length", sizes["context_length"]),
        ("vocab_size", sizes["vocab_size"]),
    ]:
        model.register_buffer(name, torch.tensor(value))
    if dtype == "fp16":
        convert_weights(model)
    return model


def save_torchscript(model, sizes, path, strip):
    size = sizes["image_resolution"]
    images = torch.randn(1, 3, size, size)
    texts = torch.zeros(1, sizes["context_length"], dtype=torch.long)
    texts[:, 0], texts[:, 1] = sizes["vocab_size"] - 2, sizes["vocab_size"] - 1
    with torch.no_grad():
        traced = torch.jit.trace_module(
            model, {"encode_image": (images,), "encode_text": (texts,)}, check_trace=False
        )
    traced.save(path)
    if strip:
        strip_debug_files(path)


def strip_debug_files(path):
    """Drops the source positions that TorchScript keeps beside its code: they are half of a small archive."""
    with zipfile.ZipFile(path) as source:
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name, data in members:
            if not name.endswith(".debug_pkl"):
                target.writestr(zipfile.ZipInfo(name), data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architecture", choices=list(ARCHITECTURES))
    parser.add_argument("path")
    parser.add_argument("--dtype", choices=["fp16", "fp32"], default="fp16", help="fp16: as convert_weights does")
    parser.add_argument("--format", choices=["torchscript", "state-dict", "safetensors"], default="torchscript")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strip", action="store_true", help="without TorchScript's debug files")
    for name in SIZES:
        kind = (lambda text: tuple(map(int, text.split(",")))) if name == "vision_layers" else int
        parser.add_argument(f"--{name}", type=kind, help="instead of the architecture's; vision_layers: 12 or 3,4,6,3")
    options = parser.parse_args()

    sizes = dict(zip(SIZES, ARCHITECTURES[options.architecture]))
    for name in SIZES:
        given = getattr(options, name)
        if given is not None:
            sizes[name] = given[0] if isinstance(given, tuple) and len(given) == 1 else given
    model = build(sizes, options.dtype, options.seed)

    # Written in a folder of its own and then moved: a broken run leaves no file that looks whole. The file name
    # stays, because PyTorch writes it into the archive.
    folder, file = os.path.split(os.path.abspath(options.path))
    with tempfile.TemporaryDirectory(dir=folder) as temporary_folder:
        temporary = os.path.join(temporary_folder, file)
        if options.format == "torchscript":
            save_torchscript(model, sizes, temporary, options.strip)
        elif options.format == "state-dict":
            torch.save(model.state_dict(), temporary)
        else:
            save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, temporary)
        os.replace(temporary, options.path)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{options.path}: {count:,} parameters, {os.path.getsize(options.path):,} bytes")


if __name__ == "__main__":
    main()
