"""Holds the way to open_clip's trainer and back: what `clip-tfjs convert` writes goes on training there, and this program
reads what it saved.

    .venv/bin/python scripts/check_open_clip_training.py                       512 pictures of Shapes-100, in a minute
    .venv/bin/python scripts/check_open_clip_training.py --pictures 2000       as in docs/scale.md

The embedded model, converted; one epoch with a table by one process, one with shards by two; of each, the losses, the
features of open_clip beside ours, and the accuracy before and after. Needs the built program (npm run build) and .venv.
"""

import argparse
import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

from check_convert import check, close, failures, ours, run  # first: torchvision

import json

import numpy
import open_clip
import torch
from PIL import Image

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
TRAINER = os.path.join(SCRIPTS, "train_open_clip.py")
BATCH, SHARDS = 80, 4
LOST = 0.01  # of the accuracy, at most: a step at this rate hardly moves a model that is trained


def write_data(folder, count):
    """pictures/*.png with captions.csv, and the same pairs in shards/*.tar."""
    tsx = os.path.join(SCRIPTS, "..", "node_modules", ".bin", "tsx")
    subprocess.run([tsx, os.path.join(SCRIPTS, "write-pictures.ts"), folder, str(count)], check=True)
    with open(os.path.join(folder, "captions.csv")) as file:
        rows = list(csv.DictReader(file))
    os.mkdir(os.path.join(folder, "shards"))
    for shard in range(SHARDS):
        with tarfile.open(os.path.join(folder, "shards", f"{shard:05}.tar"), "w") as tar:
            for i in range(shard, count, SHARDS):
                tar.add(os.path.join(folder, rows[i]["picture"]), f"{i:06}.png")
                caption = rows[i]["caption"].encode()
                member = tarfile.TarInfo(f"{i:06}.txt")
                member.size = len(caption)
                tar.addfile(member, io.BytesIO(caption))
    return [row["caption"] for row in rows]


def check_way_in(folder, captions):
    """The ids and the pixels that open_clip makes of the folder's own words."""
    vit = os.path.join(folder, "vit")
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{vit}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{vit}")
    texts = [*sorted(set(captions)), "A  Photo of 2 cats &amp; it's 50%!"]
    lines = os.path.join(folder, "texts.jsonl")
    with open(lines, "w") as file:
        file.writelines(json.dumps(text) + "\n" for text in texts)
    ids = [json.loads(line) for line in run("tokenize", "--input", lines, "--model", vit, "--json").splitlines()]
    theirs = tokenizer(texts, context_length=64).tolist()
    same = all(row == a + a[-1:] * (64 - len(a)) for a, row in zip(ids, theirs))
    check("open_clip's ids", same and len(ids) == len(texts), f"{len(texts)} texts")

    noise = numpy.random.default_rng(3).integers(0, 256, (41, 50, 3), dtype=numpy.uint8)
    picture, out = os.path.join(folder, "noise.png"), os.path.join(folder, "noise.npy")
    Image.fromarray(noise).save(picture)
    run("preprocess", picture, "--size", "32", "--out", out)
    difference = numpy.abs(numpy.load(out) - preprocess(Image.open(picture)).numpy()).max()
    check("open_clip's pixels", difference <= 1e-6, f"{difference:.1e}")
    return model


def train(folder, name, count, processes, data):
    """One epoch; the losses that it printed, and seconds."""
    distributed = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    command = [
        sys.executable, *(distributed if processes > 1 else []), TRAINER, "--model", "local-dir:vit", "--name", name, *data,
        "--train-num-samples", str(count), "--batch-size", str(BATCH // processes), "--epochs", "1",
        "--lr", "1e-5", "--warmup", "2", "--precision", "fp32", "--device", "cpu", "--workers", "1", "--log-every-n-steps", "1",
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    losses = [float(loss) for loss in re.findall(r" Loss: ([\d.]+) ", done.stdout + done.stderr)]
    return losses, time.monotonic() - started


@torch.no_grad()
def check_checkpoint(model, folder, name, prefix, backend):
    """What the trainer saved, beside the files that `convert` wrote: open_clip's features of it, and ours."""
    checkpoints = os.path.join(folder, "logs", name, "checkpoints")
    path = os.path.join(checkpoints, "epoch_1.pt")
    for file in ["open_clip_config.json", "merges.txt"]:
        shutil.copy(os.path.join(folder, "vit", file), checkpoints)
    saved = torch.load(path, weights_only=True)
    names = list(saved["state_dict"])
    beside = sorted(set(saved) - {"state_dict"})
    check(f"names begin with {prefix!r}", all(key.startswith(prefix) for key in names), f"beside them {', '.join(beside)}")
    state = {key.removeprefix(prefix): tensor for key, tensor in saved["state_dict"].items()}
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    model.load_state_dict(state)
    model.eval()
    moved = [key for key in state if not torch.equal(state[key], before[key])]
    check("every tensor has moved", len(moved) == len(before), f"{len(moved)} of {len(before)}")
    summary = json.loads(run("inspect", path, "--json"))
    whole = not summary["differences"] and not summary["notes"] and len(summary["parameters"]) == len(before)
    check("read whole, nothing assumed", whole, f"{summary['scheme']}, {len(summary['parameters'])} tensors")
    recorded = ours(path, folder, *backend)
    image, text = model.encode_image(recorded["input.image"]), model.encode_text(recorded["input.text"])
    close("open_clip", recorded, image=image, text=text)
    model.load_state_dict(before)
    return path


def accuracy(model, limit, backend):
    options = ["--limit", str(limit)] if limit else []
    return json.loads(run("eval", "--dataset", "shapes", "--model", model, "--json", *options, *backend))["top1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=512)
    parser.add_argument("--limit", type=int, default=500, help="pictures of the test split to judge on; 0: all")
    parser.add_argument("--backend", default="wasm")
    options = parser.parse_args()
    backend, count = ["--backend", options.backend], options.pictures
    keys = ["--csv-separator", ",", "--csv-img-key", "picture", "--csv-caption-key", "caption"]
    table = ["--train-data", "captions.csv", "--dataset-type", "csv", *keys]
    shards = ["--train-data", f"shards/{{00000..{SHARDS - 1:05}}}.tar", "--dataset-type", "webdataset"]
    with tempfile.TemporaryDirectory() as folder:
        run("convert", "mini", os.path.join(folder, "vit"), "--to", "open_clip")
        model = check_way_in(folder, write_data(folder, count))
        before = accuracy(os.path.join(folder, "vit"), options.limit, backend)
        print(f"accuracy before {before:.2%}", flush=True)
        for name, processes, data, prefix in [("table", 1, table, ""), ("shards", 2, shards, "module.")]:
            losses, seconds = train(folder, name, count, processes, data)
            print(f"{name}: processes {processes}, steps {len(losses)} in {seconds:.0f} s", flush=True)
            some = losses[:: max(1, len(losses) // 5)]
            check("it trained", losses and all(map(numpy.isfinite, losses)), f"losses {' '.join(f'{loss:.3f}' for loss in some)}")
            path = check_checkpoint(model, folder, name, prefix, backend)
            after = accuracy(path, options.limit, backend)
            check("accuracy after", after >= before - LOST, f"{after:.2%}")
    print(f"{len(failures)} failed" if failures else "all passed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
