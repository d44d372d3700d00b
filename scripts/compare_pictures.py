"""Compares our preprocessing with OpenAI's on random pictures nobody has seen, and reports every difference.

Generated pictures in random modes and sizes, then files of every format and many options in a temporary folder,
then the same files with bytes cut off or changed (both must refuse, or both must give the same pixels). Prints one
line a difference and a summary; exits 1 where there is one. Needs what scripts/record_pictures.py needs.

    .venv/bin/python scripts/compare_pictures.py [--generated 2000] [--files 600] [--damaged 600] [--seed 1]
"""
import argparse
import collections
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import record_pictures as record


def ask(tasks: list) -> list:
    """Our answers, in order."""
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    command = ["npx", "tsx", str(Path(__file__).with_name("compare-pictures.ts"))]
    result = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def theirs(task: dict) -> dict:
    try:
        if "file" in task:
            picture = Image.open(task["file"])
            return {"mode": picture.mode} | record.expected(picture, task["size"])
        picture = record.generate(task["mode"], task["width"], task["height"], task["seed"])
        return {"mode": picture.mode} | record.expected(picture, task["size"])
    except Exception as error:  # noqa: BLE001: whatever Pillow raises is its answer
        return {"error": repr(error)}


def picture(rng: random.Random, mode: str) -> Image.Image:
    """Smooth or noisy, of any proportions."""
    width, height = (int(2 ** rng.uniform(0, 9)) for _ in range(2))
    if rng.random() < 0.3:
        return record.generate(mode, width, height, rng.randrange(1 << 20))
    return record.smooth(mode, width, height, rng.randrange(1 << 30))


def random_png(rng: random.Random) -> bytes:
    colour, depth = rng.choice(record.PNG_KINDS)
    width, height = rng.randint(1, 200), rng.randint(1, 200)
    extra = b""
    if rng.random() < 0.4 and colour in (0, 2, 3):
        length = {0: 2, 2: 6, 3: rng.randint(1, 2**depth if colour == 3 else 1)}[colour]
        extra = record.chunk(b"tRNS", rng.randbytes(length))
    return record.png(width, height, depth, colour, rng.randrange(1 << 30), extra, rng.random() < 0.4)


def random_jpeg(rng: random.Random) -> bytes:
    mode = rng.choice(["RGB", "RGB", "RGB", "L", "CMYK"])
    options = {"quality": rng.randint(1, 100), "progressive": rng.random() < 0.3, "optimize": rng.random() < 0.3}
    if mode == "RGB":
        options["subsampling"] = rng.choice([0, 1, 2])
        if rng.random() < 0.1:
            options |= {"keep_rgb": True, "subsampling": 0}
    if rng.random() < 0.2:
        options["restart_marker_blocks"] = rng.randint(1, 9)
    if rng.random() < 0.2:
        options["exif"] = record.turned()
    if rng.random() < 0.2:
        options["icc_profile"] = record.swapped_profile()
    data = record.saved(picture(rng, mode), format="JPEG", **options)
    kind = rng.random()
    if mode == "CMYK" and kind < 0.3:
        data = record.without_adobe(data)
    elif mode == "CMYK" and kind < 0.6:
        data = record.adobe_transform(data, 2)
    elif mode == "RGB" and kind < 0.1:
        data = record.adobe_transform(data, rng.randrange(3))
    if mode in ("RGB", "CMYK") and rng.random() < 0.2:
        data = resampled(rng, data)
    return data


def resampled(rng: random.Random, jpeg: bytes) -> bytes:
    """The sampling factors of the first component changed: other upsamplings (4:4:0, 4:1:1…) over odd pixels."""
    for marker in (b"\xff\xc0\x00", b"\xff\xc2\x00"):
        if marker in jpeg:
            at = jpeg.index(marker) + 11
            return jpeg[:at] + bytes([rng.choice([0x11, 0x12, 0x21, 0x22, 0x41, 0x14])]) + jpeg[at + 1 :]
    return jpeg


def random_webp(rng: random.Random) -> bytes:
    mode = rng.choice(["RGB", "RGBA"])
    options = {"quality": rng.randint(0, 100), "method": rng.choice([0, 4])}
    options |= {"lossless": rng.random() < 0.4, "exact": rng.random() < 0.5}
    first = picture(rng, mode)
    if rng.random() < 0.25:
        others = [record.smooth(mode, *first.size, rng.randrange(1 << 30)) for _ in range(2)]
        options |= {"save_all": True, "append_images": others, "background": (9, 99, 199, rng.choice([0, 255]))}
    if rng.random() < 0.2:
        options["icc_profile"] = record.swapped_profile()
    return record.saved(first, format="WEBP", **options)


def random_gif(rng: random.Random) -> bytes:
    if rng.random() < 0.5:
        frame = (rng.randint(0, 30), rng.randint(0, 30), rng.randint(1, 150), rng.randint(1, 150))
        size = rng.randint(frame[2], 200), rng.randint(frame[3], 200)
        bits = rng.randint(1, 8)
        grey = bytes(i for i in range(2**bits) for _ in range(3))
        palette = grey if rng.random() < 0.2 else rng.randbytes(3 * 2**bits)
        transparent = rng.randrange(2**bits) if rng.random() < 0.5 else None
        flags = {"interlaced": rng.random() < 0.5, "local": rng.random() < 0.5}
        return record.gif(*size, frame, palette, rng.randrange(1 << 30), transparent, **flags)
    first = picture(rng, rng.choice(["L", "RGB", "RGBA", "LA"])).convert(rng.choice(["L", "RGB", "RGBA", "P", "1"]))
    options = {"interlace": rng.randrange(2)}
    if first.mode == "RGB":
        first = first.quantize(rng.randint(2, 256))
    if rng.random() < 0.3:
        options |= {"save_all": True, "append_images": [first.transpose(Image.Transpose.ROTATE_180)]}
    return record.saved(first, format="GIF", **options)


def damaged(rng: random.Random, data: bytes) -> bytes:
    kind = rng.random()
    if kind < 0.5:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("generated", 2000), ("files", 600), ("damaged", 600), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args()
    rng = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory() as folder:
        makers = {"png": random_png, "jpg": random_jpeg, "webp": random_webp, "gif": random_gif}
        made = []
        for i in range(wanted.files):
            ending, make = rng.choice(list(makers.items()))
            path = Path(folder) / f"{i}.{ending}"
            try:
                path.write_bytes(make(rng))
            except OSError:  # Pillow's JPEG writer runs out of its own buffer now and then
                continue
            made.append(path)
        tasks = [record.random_case(rng, 900) for _ in range(wanted.generated)]
        tasks += [{"file": str(path), "size": rng.choice([224, 224, 336, 64, 7])} for path in made]
        for i in range(wanted.damaged):
            path = rng.choice(made)
            broken = path.with_name(f"damaged-{i}{path.suffix}")
            broken.write_bytes(damaged(rng, path.read_bytes()))
            tasks.append({"file": str(broken), "size": 64})
        answers = ask(tasks)
        assert len(answers) == len(tasks)
        different = collections.Counter()
        for task, ours in zip(tasks, answers):
            their = theirs(task)
            if ours == their or ("error" in ours and "error" in their):
                continue
            name = Path(task.get("file", "generated")).name
            kind = ("damaged" if name.startswith("damaged") else "") + Path(name).suffix if "file" in task else name
            if "error" in their or "error" in ours:
                how = "they refuse" if "error" in their else "we refuse"
            else:
                how = "pixels" if ours["mode"] == their["mode"] else "mode"
            different[f"{kind}: {how}"] += 1
            print(json.dumps({"task": task, "ours": ours, "theirs": their}))
            if "file" in task:  # kept, to be looked at
                keep = Path(tempfile.gettempdir()) / "compare-pictures"
                keep.mkdir(exist_ok=True)
                (keep / name).write_bytes(Path(task["file"]).read_bytes())
    whole = wanted.generated + len(made)
    refused = sum("error" in answer for answer in answers[whole:])
    print(f"{wanted.generated} generated, {len(made)} files ({sum('error' in a for a in answers[:whole])} refused),")
    print(f"{wanted.damaged} damaged files ({refused} refused)")
    print("differences:", dict(different) or "none")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
