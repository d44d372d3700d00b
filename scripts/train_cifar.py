"""PyTorch's side of scripts/train-cifar.ts: the same training, with OpenAI's CLIP class and torch.optim.AdamW.

    .venv/bin/python scripts/train_cifar.py weights/cifar-training [--resume]

The folder has what the other side wrote before it began: recipe.json, with the captions' ids, and initial.safetensors. Which
pictures a batch has, which part of each, mirrored or not, under which caption, is drawn here again, from the seed; the
checksum of every batch that is noted in metrics-pytorch.jsonl shows that it is the same.
"""

import argparse
import io
import json
import math
import os
import pickle
import sys
import tarfile
import time
import types
import warnings
import zlib

warnings.filterwarnings("ignore")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin take a shared machine's cores from each other
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import numpy as np  # noqa: E402
import torch  # noqa: E402
from clip.model import CLIP  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch.nn.functional import cross_entropy, normalize  # noqa: E402

MASK = 0xFFFFFFFF
SAVE_EVERY = 200
MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])[:, None, None]
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])[:, None, None]


def random_bits(seed):
    """As src/data/random.ts: Mulberry32, a stream of 32-bit integers."""
    state = seed & MASK
    while True:
        state = (state + 0x6D2B79F5) & MASK
        mixed = (state ^ state >> 15) * (state | 1) & MASK
        mixed ^= mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & MASK) & MASK
        yield (mixed ^ mixed >> 14) & MASK


def seed_for(seed, name):
    value = (0x811C9DC5 ^ seed) & MASK
    for letter in name:
        value = (value ^ ord(letter)) * 0x01000193 & MASK
    return value


def shuffled(items, seed):
    items, bits = list(items), random_bits(seed)
    for last in range(len(items) - 1, 0, -1):
        other = next(bits) % (last + 1)
        items[last], items[other] = items[other], items[last]
    return items


def chance(bits):
    return next(bits) / 2 ** 32


def augmented(picture, seed, scale, flip):
    """As src/data/pictures/augment.ts: uint8 [32, 32, 3] → a random part of it, resized by Pillow, perhaps mirrored."""
    bits, side = random_bits(seed), len(picture)
    mirrored = chance(bits) < flip
    for _ in range(10):
        area = side * side * (scale[0] + (scale[1] - scale[0]) * chance(bits))
        exponent, ratio = math.log(4 / 3) * (2 * chance(bits) - 1), 1.0
        for n in range(14, 0, -1):
            ratio = 1 + exponent / n * ratio  # its exponential, in operations whose last digit is certain
        width, height = math.floor(math.sqrt(area * ratio) + 0.5), math.floor(math.sqrt(area / ratio) + 0.5)
        if width <= side and height <= side:
            top = next(bits) % (side - height + 1)
            left = next(bits) % (side - width + 1)
            break
    else:
        top, left, width, height = 0, 0, side, side
    part = Image.fromarray(picture[top:top + height, left:left + width])
    resized = np.asarray(part.resize((side, side), Image.Resampling.BICUBIC))
    return resized[:, ::-1] if mirrored else resized


def read_cifar(path):
    """CIFAR-100's test split, from a folder or an archive → uint8 [N, 32, 32, 3], labels [N]."""
    folders = [path, os.path.join(path, "cifar-100-python")]
    files = [os.path.join(folder, "test") for folder in folders if os.path.exists(os.path.join(folder, "meta"))]
    if files:
        data = open(files[0], "rb").read()
    else:
        archive = os.path.join(path, "cifar-100-python.tar.gz") if os.path.isdir(path) else path
        data = tarfile.open(archive).extractfile("cifar-100-python/test").read()
    content = pickle.load(io.BytesIO(data), encoding="bytes")
    return content[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), content[b"fine_labels"]


def split(labels, share, seed):
    """→ the indices to train on, and those held out: `share` of every class's."""
    held = set()
    for label in range(max(labels) + 1):
        of_class = [i for i, other in enumerate(labels) if other == label]
        held.update(shuffled(of_class, seed_for(seed, f"split {label}"))[:math.floor(share * len(of_class) + 0.5)])
    return [i for i in range(len(labels)) if i not in held], sorted(held)


class Batches:
    def __init__(self, pictures, labels, train, recipe):
        self.pictures, self.labels, self.train, self.recipe = pictures, labels, train, recipe
        self.epoch = None

    def at(self, step):
        """→ pixels uint8 [N, 32, 32, 3], ids int32 [N, L], labels [N]."""
        size, seed = self.recipe["batch"], self.recipe["seed"]
        epoch, place = divmod(step, len(self.train) // size)
        if epoch != self.epoch:
            self.epoch, self.order = epoch, shuffled(range(len(self.train)), seed_for(seed, f"epoch {epoch}"))
        indices = [self.train[i] for i in self.order[place * size:(place + 1) * size]]
        pixels = [augmented(self.pictures[index], seed_for(seed, f"picture {step} {i}"), **self.recipe["augmentation"])
                  for i, index in enumerate(indices)]
        labels = [self.labels[index] for index in indices]
        ids = []
        for i, label in enumerate(labels):
            captions = self.recipe["captions"][label]
            ids.append(captions[next(random_bits(seed_for(seed, f"caption {step} {i}"))) % len(captions)])
        return np.stack(pixels), np.array(ids, dtype=np.int32), torch.tensor(labels)


def to_input(pixels):  # uint8 [N, R, R, 3] → [N, 3, R, R]
    return (torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


def learning_rate(step, recipe):
    if step < recipe["warmup"]:
        return recipe["learningRate"] * (step + 1) / recipe["warmup"]
    done = (step - recipe["warmup"]) / (recipe["steps"] - recipe["warmup"])
    return recipe["learningRate"] * (1 + math.cos(math.pi * done)) / 2


def build(recipe, weights):
    names = ("embed_dim", "image_resolution", "vision_layers", "vision_width", "vision_patch_size", "context_length",
             "vocab_size", "transformer_width", "transformer_heads", "transformer_layers")
    model = CLIP(**{name: recipe["config"][name] for name in names})
    model.load_state_dict(load_file(weights))
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": recipe["weightDecay"]},
         {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0}],
        betas=(recipe["beta1"], recipe["beta2"]), eps=recipe["epsilon"])
    return model, optimizer


def top1(model, pictures, labels, prompts):
    """The share of pictures whose own class's prompt is the nearest."""
    with torch.no_grad():
        texts = normalize(model.encode_text(prompts))
        features = torch.cat([model.encode_image(to_input(pictures[i:i + 100])) for i in range(0, len(pictures), 100)])
        nearest = (normalize(features) @ texts.T).argmax(dim=1)
    return (nearest == torch.tensor(labels)).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--until", type=int, help="a step to stop at, for a trial")
    options = parser.parse_args()
    path = {name: os.path.join(options.folder, name) for name in
            ("recipe.json", "initial.safetensors", "metrics-pytorch.jsonl", "checkpoint-pytorch.pt")}
    recipe = json.load(open(path["recipe.json"], encoding="utf-8"))
    pictures, labels = read_cifar(recipe["data"])
    train, held = split(labels, recipe["heldOut"], recipe["seed"])
    batches = Batches(pictures, labels, train, recipe)
    prompts = torch.tensor([captions[0] for captions in recipe["captions"]])
    model, optimizer = build(recipe, path["initial.safetensors"])
    first, last, kept = 0, options.until or recipe["steps"], []
    if options.resume:
        saved = torch.load(path["checkpoint-pytorch.pt"])
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["step"]
        lines = open(path["metrics-pytorch.jsonl"], encoding="utf-8").read().splitlines()
        kept = [m for m in map(json.loads, lines) if m["step"] + ("loss" in m) <= first]
    print(f"training in PyTorch {torch.__version__}, {torch.get_num_threads()} threads, from step {first}", flush=True)
    with open(path["metrics-pytorch.jsonl"], "w", encoding="utf-8") as metrics:
        note = lambda values: print(json.dumps(values), file=metrics, flush=True)  # noqa: E731
        for metric in kept:
            note(metric)
        for step in range(first, last):
            start = time.perf_counter()
            pixels, ids, classes = batches.at(step)
            checksum = f"{zlib.crc32(pixels.tobytes()):x}-{zlib.crc32(ids.tobytes()):x}"
            per_image, per_text = model(to_input(pixels), torch.from_numpy(ids).long())
            same = (classes[:, None] == classes[None]).float()  # [N, N]
            truth = same / same.sum(dim=1, keepdim=True)  # shared among the pairs of a class
            loss = (cross_entropy(per_image, truth) + cross_entropy(per_text, truth)) / 2
            nearest = same.gather(1, per_image.argmax(dim=1, keepdim=True)).mean().item()
            optimizer.zero_grad()
            loss.backward()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, recipe)
            optimizer.step()
            with torch.no_grad():
                model.logit_scale.clamp_(max=math.log(100))
            note({"step": step, "loss": loss.item(), "accuracy": nearest, "batch": checksum,
                  "seconds": time.perf_counter() - start})
            done = step + 1
            if done % 20 == 0:
                print(f"step {done}/{recipe['steps']}  loss {loss.item():.4f}", flush=True)
            if done % recipe["evaluateEvery"] == 0 or done == last:
                accuracy = top1(model, pictures[held], [labels[i] for i in held], prompts)
                note({"step": done, "top1": accuracy})
                print(f"step {done}: {accuracy:.1%} of the held-out pictures", flush=True)
            if done % SAVE_EVERY == 0 or done == last:
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": done},
                           f"{path['checkpoint-pytorch.pt']}.part")
                os.replace(f"{path['checkpoint-pytorch.pt']}.part", path["checkpoint-pytorch.pt"])


if __name__ == "__main__":
    main()
