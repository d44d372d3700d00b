"""Records what OpenAI's Python classes compute, so that this program, or any other, can be held to it without Python.

    .venv/bin/python scripts/reference.py MODEL OUT.safetensors [options]

MODEL is one of OpenAI's nine architectures, with random weights; a reduced case (vit, vit-gelu, rn); the embedded model
(mini); or the path of a checkpoint under OpenAI's names (a merges.txt beside it is its vocabulary). docs/parity.md
describes every key of the file. Everything is computed on the CPU, in fp32 unless --float64 is given.

    .venv/bin/python scripts/reference.py vit test/fixtures/parity/vit.safetensors
    .venv/bin/python scripts/reference.py ViT-B/32 vit-b-32.safetensors --pairs 4
    .venv/bin/python scripts/reference.py vit lora.safetensors --parts param,train --lora 3 2
    .venv/bin/python scripts/reference.py ~/.cache/clip/ViT-B-32.pt real.safetensors --image CLIP.png --text "a diagram"
"""

import argparse
import json
import os
import sys
import types
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402

from reference_lora import adapt  # noqa: E402
from reference_models import NAMES, load_case, noise, to_float64  # noqa: E402
from reference_sources import (  # noqa: E402
    crop, drawn_pictures, normalize, random_tokens, record_pixels, record_tokens, texts_that_fit, tokenize)
from reference_taps import record_taps  # noqa: E402
from reference_training import record_gradients, record_training  # noqa: E402

TYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.int64: "I64", torch.uint8: "U8"}
PARTS = ["param", "tap", "grad", "train", "tokens", "pixels"]
# Adam divides a gradient by its own size, so where one is mere rounding, rounding decides the step. An epsilon of 1e-5
# keeps those small: with CLIP's 1e-6 PyTorch's own fp32 and fp64 part by 0.18 learning rates over a ViT-B/32, not 0.03.
TRAINING = {"steps": 10, "lr": 1e-5, "beta1": 0.9, "beta2": 0.98, "eps": 1e-5, "weight_decay": 0.2}
REDUCED_LR = 1e-4  # small models bear larger steps


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    case = load_case(options.model, options.seed, options.activation)
    pictures = [open(path, "rb").read() for path in options.image] or drawn_pictures()[:options.pairs]
    texts = options.text or texts_that_fit(case.tokenizer, case.model.context_length)
    image, text = inputs(case, options, pictures, texts)
    tensors = {"input.image": image, "input.text": text}
    if "tokens" in options.parts:
        tensors.update(record_tokens(case, texts))
    if "pixels" in options.parts:
        tensors.update(record_pixels(case, pictures))
    model = case.model
    if "param" in options.parts:
        tensors.update({f"param.{name}": weight.half() if case.random else weight.clone()
                        for name, weight in model.state_dict().items() if weight.is_floating_point()})
    if options.float64:
        to_float64(model)
        image = image.double()
    metadata = {"dtype": "float64" if options.float64 else "float32",
                "case": os.path.basename(options.out).removesuffix(".safetensors"), "seed": str(options.seed),
                "config": json.dumps(case.config),
                "versions": json.dumps({name: version(name) for name in ("torch", "clip-anytorch", "pillow", "ftfy")})}
    if "tap" in options.parts:
        tensors.update(record_taps(model, image, text))
    if len(image) == len(text):  # the loss pairs them
        if "grad" in options.parts:
            tensors.update(record_gradients(model, image, text))
        if "train" in options.parts:
            training = training_options(options, case)
            metadata["train"] = json.dumps(training)
            adapters = adapt(model, **training["lora"], seed=options.seed + 2) if options.lora else {}
            tensors.update({f"param.{name}": start.detach().clone() for name, start in adapters.items()})
            tensors.update(record_training(model, image, text, training, adapters))
    write(tensors, options.out, metadata)


def training_options(options, case):
    """What `train` in the metadata holds; docs/parity.md describes it."""
    lr = options.lr or (REDUCED_LR if case.reduced else TRAINING["lr"])
    training = {**TRAINING, "lr": lr, "eps": options.eps}
    if options.freeze:
        training["freeze"] = options.freeze
    if options.lora:
        training["lora"] = {"rank": int(options.lora[0]), "alpha": options.lora[1]}
    if options.clip_norm:
        training["clip_norm"] = options.clip_norm
    if options.accumulate:
        training["accumulate"] = options.accumulate
    return training


def inputs(case, options, pictures, texts):
    """Noise for random weights, and for a trained model what it was trained for → [N, 3, R, R], [M, L]."""
    if not case.random or options.image or options.text:
        rows = [normalize(crop(file, case.resolution)) for file in pictures[:options.pairs]]
        return torch.stack(rows), tokenize(case, texts[:options.pairs])
    generator = torch.Generator().manual_seed(options.seed)
    image = noise(options.pairs, case.resolution, generator)
    return image, random_tokens(options.pairs, case.model.context_length, case.model.vocab_size, generator)


def write(tensors, path, metadata):
    """
    A safetensors file, a tensor at a time: the library's save_file holds a second copy of all of them. Under another name
    first, so that a broken run leaves no file that looks whole.
    """
    header, end = {"__metadata__": metadata}, 0
    ordered = sorted(tensors, key=lambda name: -tensors[name].element_size())  # each then begins at a multiple of its size
    for name in ordered:
        begin, end = end, end + tensors[name].nbytes
        header[name] = {"dtype": TYPES[tensors[name].dtype], "shape": list(tensors[name].shape),
                        "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(f"{path}.part", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in ordered:
            file.write(tensors[name].contiguous().numpy().tobytes())
    os.replace(f"{path}.part", path)
    print(f"{path}: {len(tensors)} tensors, {os.path.getsize(path):,} bytes")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help=f"{', '.join(NAMES)}, or a path")
    parser.add_argument("out", metavar="OUT.safetensors")
    parser.add_argument("--pairs", type=int, default=3, help="pictures, and texts, in the batch (default 3)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS,
                        help=f"what to record besides the inputs (default {','.join(PARTS)})")
    parser.add_argument("--image", nargs="+", default=[], help="picture files as the batch, instead of noise")
    parser.add_argument("--text", nargs="+", default=[], help="texts as the batch")
    parser.add_argument("--activation", choices=["quick_gelu", "gelu"])
    parser.add_argument("--lr", type=float, help="the training's learning rate")
    parser.add_argument("--eps", type=float, default=TRAINING["eps"], help="the training's epsilon")
    parser.add_argument("--freeze", nargs="+", metavar="NAME", help="do not train these, such as 'visual.*'")
    parser.add_argument("--lora", nargs=2, type=float, metavar=("RANK", "ALPHA"), help="train an adapter alone")
    parser.add_argument("--clip-norm", type=float, help="shorten the gradients to this norm")
    parser.add_argument("--accumulate", type=int, metavar="PARTS",
                        help="note that whoever is held to the training takes the batch in so many parts")
    parser.add_argument("--float64", action="store_true", help="in double precision: which of two sides is nearer the truth")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"--parts: expected some of {', '.join(PARTS)}, got {', '.join(unknown)}")
    if options.freeze and options.lora:
        parser.error("--freeze and --lora: expected one of them, for LoRA freezes all but its adapter")
    if not os.path.exists(options.model) and options.model not in NAMES:
        parser.error(f"no model {options.model}: expected a file, or one of {', '.join(NAMES)}")
    return options


if __name__ == "__main__":
    main()
