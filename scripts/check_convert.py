"""Holds what `clip-tfjs convert` writes to transformers and open_clip: both load it without complaint, and compute from it
what this program computes.

    .venv/bin/python scripts/check_convert.py                       small models: ViT, ResNet, and a GELU ViT of open_clip
    .venv/bin/python scripts/check_convert.py ViT-B/32 RN50         OpenAI's, at true size with random weights
    .venv/bin/python scripts/check_convert.py open_clip:ViT-H-14    a model of open_clip's list, likewise

For each: an archive as its library writes it; converted to `hf` (a ViT), `open_clip` and `openai`, as it is and in f16; each
bit compared with the source's; loaded by safetensors, transformers and open_clip; features of noise and of ids beside
ours. Needs the built program (npm run build) and .venv.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

from make_openai_archive import ARCHITECTURES, SIZES, as_published, build, disturb, save_torchscript  # first: torchvision

import open_clip
import torch
from reference_models import load_case
from safetensors.torch import load_file
from transformers import CLIPModel, CLIPProcessor
from transformers.utils import logging

PROGRAM = ["node", os.path.join(os.path.dirname(__file__), "..", "dist", "cli", "main.js")]
FEATURES_BAR, TAP_BAR = 2e-6, 2e-5  # as parity has them for features
SMALL = ["vit", "rn", "open_clip:small"]
GELU = {
    "embed_dim": 64,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 160, "head_width": 80, "mlp_ratio": 4.9231, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 600, "width": 96, "heads": 4, "layers": 2},
}

failures = []


def check(what, ok, detail=""):
    print(f"  {'ok    ' if ok else 'FAILED'} {what}{f': {detail}' if detail else ''}", flush=True)
    if not ok:
        failures.append(what)


def run(*arguments):
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"clip-tfjs {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def make(name, folder):
    """Writes the model's own file; gives its path, its state dict, and whether it is a ViT."""
    torch.manual_seed(11)
    if name.startswith("open_clip:"):
        name = name.split(":")[1]
        config = GELU if name == "small" else open_clip.get_model_config(name)
        model = open_clip.model.CLIP(**config)
        disturb(model, torch.Generator().manual_seed(12))
        state = {f"module.{key}": tensor for key, tensor in model.state_dict().items()}
        path = os.path.join(folder, "epoch_1.pt")
        torch.save({"epoch": 1, "name": name, "state_dict": state}, path)
        with open(os.path.join(folder, "open_clip_config.json"), "w") as file:
            json.dump({"model_cfg": config}, file)
        return path, model.state_dict(), isinstance(config["vision_cfg"]["layers"], int)
    sizes = dict(zip(SIZES, ARCHITECTURES[name]))
    # A random ResNet of true depth magnifies rounding a hundredfold unless it is settled, as parity's recordings are.
    model = build(sizes, "fp16", 11) if name in SMALL else as_published(load_case(name, 11, None).model, sizes, "fp16")
    path = os.path.join(folder, "openai.pt")
    save_torchscript(model, sizes, path, False)
    return path, model.state_dict(), sizes["vision_patch_size"] is not None


def weights_of(state):
    buffers = ("num_batches_tracked", "input_resolution", "context_length", "vocab_size")
    return {name: tensor for name, tensor in state.items() if name.split(".")[-1] not in buffers}


def same_bits(ours, theirs, dtype=None):
    wanted = {name: tensor.to(dtype) if dtype else tensor for name, tensor in theirs.items()}
    different = [name for name in wanted if name not in ours or not torch.equal(ours[name], wanted[name])]
    return set(ours) == set(wanted) and not different, f"{len(wanted)} tensors{f', not {different[:3]}' if different else ''}"


def ours(model, folder, *options):
    """This program's features, and the inputs they are of."""
    out = os.path.join(folder, "run.safetensors")
    run("parity", "record", "--model", model, "--out", out, "--parts", "tap", "--seed", "5", *options)
    recorded = load_file(out)
    os.remove(out)
    return {key: recorded[key] for key in ["input.image", "input.text", "tap.image_features", "tap.text_features"]}


def close(what, recorded, **features):
    """Holds features to the bars that parity has for them (docs/parity.md)."""
    for name, theirs in features.items():
        a, b = recorded[f"tap.{name}_features"].float(), theirs.float()
        relative = ((a - b).abs().max() / b.abs().max()).item()
        a, b = (torch.nn.functional.normalize(x, dim=-1) for x in (a, b))
        normalised = (a - b).abs().max().item()
        ok = normalised <= FEATURES_BAR and relative <= TAP_BAR
        check(f"{what}: {name} features", ok, f"{normalised:.1e} of length 1, {relative:.1e} of the max")


@torch.no_grad()
def check_hf(path, folder, backend):
    target = os.path.join(folder, "hf")
    run("convert", path, target, "--to", "hf", "--dtype", "f32")
    model, info = CLIPModel.from_pretrained(target, output_loading_info=True)
    check("transformers loads it", not any(info.values()), f"{info}" if any(info.values()) else "nothing missing, nothing left")
    recorded = ours(target, folder, *backend)
    image, text = recorded["input.image"], recorded["input.text"]
    model.eval()
    image_features = model.get_image_features(image).pooler_output
    close("transformers", recorded, image=image_features, text=model.get_text_features(text).pooler_output)

    vision = model.config.vision_config
    larger = vision.image_size + 2 * vision.patch_size
    recorded = ours(target, folder, "--resolution", str(larger), *backend)
    theirs = model.get_image_features(recorded["input.image"], interpolate_pos_encoding=True).pooler_output
    close(f"transformers at {larger} pixels", recorded, image=theirs)

    tokenizer = CLIPProcessor.from_pretrained(target).tokenizer
    words = "a photo of a cat, 2 dogs & it's 50% off!"
    ids = json.loads(run("tokenize", words, "--model", target, "--json"))
    check("its tokenizer", tokenizer(words)["input_ids"] == ids, f"{len(ids)} ids")
    return target


@torch.no_grad()
def check_open_clip(path, folder, backend):
    target = os.path.join(folder, "open_clip")
    run("convert", path, target, "--to", "open_clip")
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{target}")
    model.eval()
    recorded = ours(target, folder, *backend)
    image, text = model.encode_image(recorded["input.image"]), model.encode_text(recorded["input.text"])
    close("open_clip", recorded, image=image, text=text)
    return target


def check_model(name, backend):
    print(name, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path, state, is_vit = make(name, folder)
        weights = weights_of(state)
        last = path
        if is_vit:
            last = os.path.join(folder, "as-it-is")
            run("convert", path, last, "--to", "hf")
            check_hf(path, folder, backend)
        last_open_clip = os.path.join(folder, "from-hf")
        run("convert", last, last_open_clip, "--to", "open_clip")
        check_open_clip(path, folder, backend)
        openai = os.path.join(folder, "openai.safetensors")
        run("convert", last_open_clip, openai, "--to", "openai")
        check("openai → hf → open_clip → openai" if is_vit else "openai → open_clip → openai", *same_bits(load_file(openai), weights))
        half = os.path.join(folder, "half.safetensors")
        run("convert", path, half, "--to", "openai", "--dtype", "f16")
        check("f16 is torch's", *same_bits(load_file(half), weights, torch.float16))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=SMALL)
    parser.add_argument("--backend", default="wasm")
    options = parser.parse_args()
    logging.disable_progress_bar()
    for name in options.models:
        check_model(name, ["--backend", options.backend])
    print(f"{len(failures)} failed" if failures else "all passed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
