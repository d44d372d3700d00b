"""PyTorch as one of the programs of `clip-tfjs bench`: a task on stdin, a JSON object a line on stdout, then its end.

What src/bench/subjects/process.node.ts does in JavaScript; src/bench/work.ts describes both.
"""

import base64
import json
import math
import os
import resource
import sys
import time
import types
import warnings

warnings.filterwarnings("ignore")
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../scripts"))
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import numpy as np  # noqa: E402
import torch  # noqa: E402
from clip.clip import _transform  # noqa: E402
from PIL import Image  # noqa: E402
from reference_models import MINI, trained_case  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

MOST_RUNS = 50
LONG = 5  # a run that takes so many times what a measurement may is no longer for warming up: it is timed
TRAINING = dict(lr=1e-5, betas=(0.9, 0.98), eps=1e-6)  # as src/bench/training.ts has it
WEIGHT_DECAY = 0.1
WIDTH, HEIGHT = 640, 480


def say(**answer):
    print(json.dumps(answer), flush=True)


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def training_step(model, images, ids):
    parameters = list(model.parameters())
    optimizer = torch.optim.AdamW([
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ], **TRAINING)
    own = torch.arange(len(ids))

    def step():
        optimizer.zero_grad()
        per_image, per_text = model(images, ids)
        loss = (cross_entropy(per_image, own) + cross_entropy(per_text, own)) / 2
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        return np.float32([loss.item()])

    return step


def run_of(work, batch, case, given, folder):
    """What is to be run for a measurement; nothing where OpenAI's code cannot do it: its texts have 77 tokens."""
    model = case.model
    side = given["resolution"]
    pixels = np.fromfile(os.path.join(folder, "pixels.f32"), dtype=np.float32)
    images = torch.from_numpy(pixels).reshape(-1, 3, side, side)[:batch]
    ids = torch.tensor(given["ids"])[:batch]
    if work == "image":
        return lambda: model.encode_image(images).numpy()
    if work == "text":
        return lambda: model.encode_text(ids).numpy()
    if work == "train":
        return training_step(model, images, ids)
    if work == "preprocess":
        picture = Image.frombytes("RGB", (WIDTH, HEIGHT), open(os.path.join(folder, "picture.rgb"), "rb").read())
        transform = _transform(side)
        return lambda: transform(picture).numpy()
    if work == "tokenize":
        tokenizer, texts = case.tokenizer, given["texts"][:batch]
        start, end = tokenizer.encoder["<|startoftext|>"], tokenizer.encoder["<|endoftext|>"]
        return lambda: np.float32([id for text in texts for id in (start, *tokenizer.encode(text), end)])
    return None


def measure(work, run, milliseconds):
    """Runs once for the answer, which also warms up, then against the clock. In training the answer is two losses."""
    times = []

    def timed():
        start = time.perf_counter()
        answer = run()
        times.append(1000 * (time.perf_counter() - start))
        return answer

    with torch.inference_mode(work != "train"):
        output = encode([timed() for _ in range(2 if work == "train" else 1)])
        if times[-1] < LONG * milliseconds:  # else warming up is no part of it
            times.clear()
        end = time.perf_counter() + milliseconds / 1000
        while milliseconds and len(times) < MOST_RUNS and (not times or time.perf_counter() < end):
            timed()
    return dict(times=times, rssMB=resident(), output=output)


def loaded(milliseconds, *given):
    before = resident()
    with torch.inference_mode():
        output = encode([run_of("image", 1, *given)(), run_of("text", 1, *given)()])
    return dict(times=[milliseconds], rssMB=before, output=output)


def encode(answers):
    return base64.b64encode(b"".join(np.ascontiguousarray(answer).tobytes() for answer in answers)).decode()


def main():
    task = json.load(sys.stdin)
    torch.set_num_threads(task["threads"])
    folder = task["inputs"]
    with open(os.path.join(folder, "inputs.json"), encoding="utf-8") as file:
        inputs = json.load(file)
    say(version=torch.__version__.split("+")[0])
    start = time.perf_counter()
    case = trained_case(MINI if task["model"] == "mini" else task["model"])
    case.model.eval()
    loading = 1000 * (time.perf_counter() - start)
    for item in task["items"]:
        try:
            if item["work"] == "load":
                say(**item, **loaded(loading, case, inputs, folder))
                continue
            run = run_of(item["work"], item["batch"], case, inputs, folder)
            if run:
                say(**item, **measure(item["work"], run, task["milliseconds"]))
        except Exception as error:
            say(**item, reason=str(error).split("\n")[0])


main()
