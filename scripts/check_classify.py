"""Classifies CIFAR-100 test pictures with PyTorch and with `clip-tfjs classify`, and compares: the main job, end to end.

    .venv/bin/python scripts/check_classify.py --data cifar-100-python.tar.gz [--architecture ViT-B/32 …]
                                               [--index 3637 …] [--backend wasm]

For each architecture it writes a TorchScript archive with random weights, lets OpenAI's own clip.load, preprocess and
tokenize classify the pictures (fp32, "a photo of a {}", softmax of 100 · cosine), and holds the command's five labels,
their order and their probabilities (within 1e-4) to that. Exit status 1 when anything differs.
"""

import argparse
import json
import pickle
import subprocess
import sys
import tarfile
import tempfile
import types
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import clip  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BAR = 1e-4


def read_cifar(path):
    with tarfile.open(path) as archive:
        def read(name):
            return pickle.load(archive.extractfile(f"cifar-100-python/{name}"), encoding="latin1")
        return read("meta")["fine_label_names"], read("test")["data"]


def classify_in_python(archive, names, pictures):
    model, preprocess = clip.load(archive, device="cpu")
    model = model.float().eval()
    with torch.no_grad():
        images = torch.stack([preprocess(Image.fromarray(p.reshape(3, 32, 32).transpose(1, 2, 0))) for p in pictures])
        image = model.encode_image(images)
        text = model.encode_text(clip.tokenize([f"a photo of a {name}" for name in names]))
        image, text = image / image.norm(dim=-1, keepdim=True), text / text.norm(dim=-1, keepdim=True)
        values, labels = (100.0 * image @ text.T).softmax(dim=-1).topk(5)
    return [[(names[label], value) for value, label in zip(*row)] for row in zip(values.tolist(), labels.tolist())]


def classify_here(archive, data, indices, backend):
    command = ["node", "dist/cli/main.js", "classify", "--dataset", "cifar100", "--data", data, "--model", archive, "--json",
               "--backend", backend, *(word for index in indices for word in ("--index", str(index)))]
    answer = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    return [[(p["label"], p["probability"]) for p in result["predictions"]] for result in answer["results"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--architecture", action="append")
    parser.add_argument("--index", action="append", type=int)
    parser.add_argument("--backend", default="auto")
    arguments = parser.parse_args()
    indices = arguments.index or [3637]
    names, rows = read_cifar(arguments.data)
    bad = 0
    for architecture in arguments.architecture or ["ViT-B/32", "RN50"]:
        with tempfile.TemporaryDirectory() as folder:
            archive = f"{folder}/model.pt"
            maker = [sys.executable, str(ROOT / "scripts/make_openai_archive.py"), architecture, archive]
            subprocess.run(maker, check=True, stdout=subprocess.DEVNULL)
            theirs = classify_in_python(archive, names, rows[indices])
            ours = classify_here(str(archive), str(Path(arguments.data).resolve()), indices, arguments.backend)
        for index, expected, actual in zip(indices, theirs, ours):
            worst = max(abs(a[1] - b[1]) for a, b in zip(expected, actual))
            same = [label for label, _ in expected] == [label for label, _ in actual]
            bad += not (same and worst <= BAR)
            print(f"{architecture} test[{index}] max |Δp| {worst:.2e}, {'same' if same else 'OTHER'} order: "
                  + ", ".join(f"{label} {100 * p:.2f} %" for label, p in actual))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
