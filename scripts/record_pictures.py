"""Records what OpenAI's preprocessing makes of pictures, for the tests to hold ours to.

Writes test/fixtures/pictures.json: for generated pictures (mode, width, height, seed, size) and for the files in
test/fixtures/pictures/, the sha256 of the pixels after Resize, CenterCrop and convert("RGB") (uint8 [S,S,3]) and of
clip._transform(S)'s float32 [3,S,S]. Makes those files too, the same each time. Needs the Python packages
clip-anytorch, torch, torchvision, numpy and Pillow. From the repository's root:

    .venv/bin/python scripts/record_pictures.py
"""
import hashlib
import io
import json
import random
import struct
import sys
import types
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

warnings.filterwarnings("ignore")
sys.modules.setdefault("torchvision._meta_registrations", types.ModuleType("unused"))
import clip.clip  # noqa: E402
import PIL  # noqa: E402
import torchvision  # noqa: E402

CHANNELS = {"1": 1, "L": 1, "LA": 2, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4, "I;16": 1}
FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures"


def mix(counter: np.ndarray) -> np.ndarray:
    """A well mixed 32-bit number for each counter (uint32)."""
    x = counter.astype(np.uint32)
    x = (x ^ (x >> 16)) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * np.uint32(0x846CA68B)
    return x ^ (x >> 16)


def samples(seed: int, count: int, bits: int) -> np.ndarray:
    """By seed mod 3: noise; only the darkest and brightest values; a ramp. test/data/pictures/generate-picture.ts agrees."""
    most = 2**bits - 1
    index = np.arange(count, dtype=np.uint32)
    if seed % 3 == 2:
        return (index * np.uint32(seed % 13 + 1)) & np.uint32(most)
    noise = mix(index + np.uint32(seed * 0x9E3779B9 % 2**32))
    return (noise & 1) * np.uint32(most) if seed % 3 == 1 else noise & np.uint32(most)


def generate(mode: str, width: int, height: int, seed: int) -> Image.Image:
    """The picture that test/data/pictures/generate-picture.ts makes from the same numbers."""
    bits = 1 if mode == "1" else 16 if mode == "I;16" else 8
    data = samples(seed, width * height * CHANNELS[mode], bits)
    if mode == "1":
        return Image.frombytes("L", (width, height), (data * 255).astype(np.uint8).tobytes()).convert("1")
    if mode == "I;16":
        return Image.frombytes(mode, (width, height), data.astype("<u2").tobytes())
    picture = Image.frombytes(mode, (width, height), data.astype(np.uint8).tobytes())
    if mode == "P":
        picture.putpalette(samples(3 * seed, 768, 8).astype(np.uint8).tobytes())
    return picture


def expected(picture: Image.Image, size: int) -> dict:
    """The hashes of both stages, by the pipeline's own steps."""
    steps = clip.clip._transform(size).transforms
    cropped = steps[2](steps[1](steps[0](picture)))
    values = steps[4](steps[3](cropped)).numpy()
    assert values.dtype == np.float32 and values.shape == (3, size, size)
    pixels = np.asarray(cropped)
    assert pixels.dtype == np.uint8 and pixels.shape == (size, size, 3)
    return {
        "cropped": hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest(),
        "values": hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest(),
    }


def random_case(rng: random.Random, most: int = 500) -> dict:
    """Sizes around the target, far from it, and long strips."""
    size = rng.choice([224, 224, 224, 32, 64, 97, 1, 2, 7, 240, 288, 336])
    kind = rng.randrange(6)
    side = lambda: int(round(2 ** rng.uniform(0, np.log2(most))))  # noqa: E731
    width, height = side(), side()
    if kind == 0:
        width, height = rng.randint(1, 20), rng.randint(1, 20)
    elif kind == 1:  # one side is the target's already
        width = size
    elif kind == 2:
        height, width = size, size + rng.randint(0, 9)
    elif kind == 3:
        width, height = rng.randint(most // 4, most), rng.randint(most // 4, most)
    if max(width, height) * size / min(width, height) * size > 2e7:
        width = height = max(width, height)
    mode = rng.choice(list(CHANNELS))
    return {"mode": mode, "width": width, "height": height, "seed": rng.randrange(1 << 20), "size": size}


def stages() -> dict:
    """Single steps: resizes with two kernels, and crops, some of them larger than the picture."""
    rng = random.Random(7)
    sha = lambda picture: hashlib.sha256(picture.tobytes()).hexdigest()  # noqa: E731
    resizes, crops = [], []
    for mode in ("L", "LA", "RGB", "RGBA", "CMYK", "I;16"):
        for kernel, filter in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)) * 4:
            width, height, to_width, to_height = (rng.randint(1, 90) for _ in range(4))
            case = {"mode": mode, "width": width, "height": height, "seed": rng.randrange(99)}
            resized = generate(*case.values()).resize((to_width, to_height), filter)
            resizes.append(case | {"kernel": kernel, "to": [to_width, to_height], "pixels": sha(resized)})
        for _ in range(6):
            width, height, size = (rng.randint(1, 40) for _ in range(3))
            case = {"mode": mode, "width": width, "height": height, "seed": rng.randrange(99)}
            cropped = torchvision.transforms.CenterCrop(size)(generate(*case.values()))
            crops.append(case | {"size": size, "pixels": sha(cropped)})
    return {"resizes": resizes, "crops": crops}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, seed: int, extra: bytes = b"", interlaced: bool = False) -> bytes:
    """A PNG of any colour type and depth, its rows under all five filters; Pillow cannot write most of them."""
    per_pixel = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rng = random.Random(seed)
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for x, y, step_x, step_y in passes:
        columns, rows = len(range(x, width, step_x)), len(range(y, height, step_y))
        if columns:
            row_bytes = (columns * per_pixel * depth + 7) // 8
            # Any bytes are a valid filtered row, whatever the filter; small ones keep the file small.
            raw += b"".join(bytes([rng.randrange(5)]) + rng.randbytes(row_bytes) for _ in range(rows))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    palette = chunk(b"PLTE", rng.randbytes(3 * min(256, 2**depth))) if colour == 3 else b""
    packed = zlib.compress(raw, 9)
    half = len(packed) // 2
    body = chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", b"") + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + extra + body + chunk(b"IEND", b"")


PNG_KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]


def smooth(mode: str, width: int, height: int, seed: int) -> Image.Image:
    """Something between noise and a photograph: noise enlarged, with a little noise on top."""
    rng = np.random.default_rng(seed)
    bands = CHANNELS[mode]
    coarse = rng.integers(0, 256, (max(2, height // 9), max(2, width // 9), bands), dtype=np.uint8)
    layers = [Image.fromarray(coarse[:, :, i]).resize((width, height), Image.BICUBIC) for i in range(bands)]
    fine = rng.integers(-12, 13, (height, width, bands))
    data = np.clip(np.stack([np.asarray(layer) for layer in layers], 2) + fine, 0, 255).astype(np.uint8)
    return Image.frombytes(mode, (width, height), data.tobytes())


def saved(picture: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)
    return buffer.getvalue()


def without_adobe(jpeg: bytes) -> bytes:
    """A JPEG with its APP14 segment taken out."""
    at = jpeg.index(b"\xff\xee")
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


def adobe_transform(jpeg: bytes, transform: int) -> bytes:
    """The JPEG with an Adobe segment right after its first marker, in place of JFIF and Adobe segments."""
    for marker in (b"\xff\xe0", b"\xff\xee"):
        if marker in jpeg[:40]:
            at = jpeg.index(marker)
            jpeg = jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]
    return jpeg[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform]) + jpeg[2:]


def gif(width: int, height: int, frame: tuple, palette: bytes, seed: int, transparent=None, interlaced=False, local=False) -> bytes:
    """A GIF whose frame (left, top, width, height) may be smaller than, or stick out of, its canvas."""
    bits = (len(palette) // 3).bit_length() - 1
    rng = random.Random(seed)
    picture = Image.frombytes("P", frame[2:], bytes(rng.randrange(1 << bits) for _ in range(frame[2] * frame[3])))
    picture.putpalette(palette)
    written = saved(picture, format="GIF", interlace=int(interlaced), optimize=False)
    # Pillow's own encoder packs the pixels; canvas, frame and palettes are put around them here.
    data = written[written.index(b"\x2c\x00\x00\x00\x00" + struct.pack("<HH", *frame[2:])) + 10 :]
    flags = 0x80 | (bits - 1)
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0 if local else flags, 0, 0) + (b"" if local else palette)
    control = b"" if transparent is None else b"!\xf9\x04\x01\x00\x00" + bytes([transparent]) + b"\x00"
    image = b"\x2c" + struct.pack("<HHHHB", *frame, (flags if local else 0) | (0x40 if interlaced else 0))
    return screen + control + image + (palette if local else b"") + data


def files() -> dict:
    """Name → bytes of the committed files."""
    made = {}
    for colour, depth in PNG_KINDS:
        for interlaced in (False, True):
            made[f"type{colour}-{depth}bit{'-interlaced' if interlaced else ''}.png"] = png(
                37, 29, depth, colour, 10 * colour + depth, interlaced=interlaced
            )
    made["type0-8bit-transparent.png"] = png(31, 40, 8, 0, 1, chunk(b"tRNS", b"\x00\x07"))
    made["type2-8bit-transparent.png"] = png(31, 40, 8, 2, 2, chunk(b"tRNS", b"\x00\x07\x00\x08\x00\x09"))
    made["type3-8bit-transparent.png"] = png(31, 40, 8, 3, 3, chunk(b"tRNS", bytes(range(0, 250, 5))))
    made["one-pixel.png"] = png(1, 1, 8, 2, 4)
    made["strip-30000x2.png"] = saved(smooth("L", 30000, 2, 5).quantize(4).convert("RGB"), format="PNG")
    rgb, grey, cmyk = smooth("RGB", 121, 87, 6), smooth("L", 90, 71, 7), smooth("CMYK", 75, 64, 8)
    for subsampling in (0, 1, 2):
        name = ("444", "422", "420")[subsampling]
        made[f"colour-{name}.jpg"] = saved(rgb, format="JPEG", subsampling=subsampling, quality=80)
    made["colour-progressive.jpg"] = saved(rgb, format="JPEG", progressive=True, quality=70)
    made["colour-turned-by-exif.jpg"] = saved(rgb, format="JPEG", exif=turned(), quality=60)
    made["colour-icc.jpg"] = saved(rgb, format="JPEG", icc_profile=swapped_profile(), quality=75)
    made["colour-adobe-rgb.jpg"] = adobe_transform(saved(rgb, format="JPEG", quality=75, subsampling=0), 0)
    made["colour-restarts.jpg"] = saved(rgb, format="JPEG", restart_marker_blocks=3)
    made["grey.jpg"] = saved(grey, format="JPEG")
    made["grey-progressive.jpg"] = saved(grey, format="JPEG", progressive=True)
    made["cmyk.jpg"] = saved(cmyk, format="JPEG")
    made["cmyk-without-adobe.jpg"] = without_adobe(made["cmyk.jpg"])
    made["ycck.jpg"] = adobe_transform(made["cmyk.jpg"], 2)
    made["lossy.webp"] = saved(rgb, format="WEBP", quality=70)
    made["lossless.webp"] = saved(smooth("RGB", 45, 33, 9), format="WEBP", lossless=True)
    made["lossy-alpha.webp"] = saved(smooth("RGBA", 81, 66, 10), format="WEBP", quality=60)
    made["lossless-alpha.webp"] = saved(smooth("RGBA", 40, 31, 11), format="WEBP", lossless=True, exact=True)
    frames = [smooth("RGB", 60, 50, 12 + i) for i in range(3)]
    made["animated.webp"] = saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], quality=50)
    made["animated.gif"] = saved(frames[0], format="GIF", save_all=True, append_images=frames[1:])
    made["palette.gif"] = saved(rgb.quantize(64), format="GIF")
    made["grey-ramp.gif"] = saved(grey, format="GIF")
    colours = random.Random(13).randbytes(48)
    made["transparent.gif"] = gif(50, 40, (0, 0, 50, 40), colours, 14, transparent=3)
    made["interlaced.gif"] = gif(50, 43, (0, 0, 50, 43), colours, 15, interlaced=True)
    made["small-frame.gif"] = gif(60, 50, (7, 5, 20, 30), colours, 16)
    made["small-frame-transparent.gif"] = gif(60, 50, (7, 5, 20, 30), colours, 17, transparent=9)
    made["frame-beyond-canvas.gif"] = gif(20, 20, (10, 5, 30, 25), colours, 18, local=True)
    return made


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def swapped_profile() -> bytes:
    """A small valid ICC profile whose red and green are exchanged: whoever applies it is seen to have done so."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(profile[i : i + 4]): i for i in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12)}
    red, green = tags[b"rXYZ"] + 4, tags[b"gXYZ"] + 4
    profile[red : red + 8], profile[green : green + 8] = profile[green : green + 8], profile[red : red + 8]
    profile[24:36] = bytes(12)  # the date, which would differ from one recording to the next
    return bytes(profile)


def main() -> None:
    rng = random.Random(2024)
    cases = [random_case(rng) for _ in range(352)]
    cases += [
        {"mode": mode, "width": width, "height": height, "seed": 5, "size": 224}
        for mode in CHANNELS
        for width, height in [(1, 1), (3000, 2), (2, 1500), (224, 224), (640, 480)]
    ]
    for case in cases:
        case |= expected(generate(case["mode"], case["width"], case["height"], case["seed"]), case["size"])
    folder = FIXTURES / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    recorded = []
    for name, data in files().items():
        (folder / name).write_bytes(data)
        picture = Image.open(io.BytesIO(data))
        mode = picture.mode
        for size in (224, 48) if name != "strip-30000x2.png" else (16,):
            entry = {"file": name, "mode": mode, "width": picture.width, "height": picture.height, "size": size}
            recorded.append(entry | expected(picture, size))
    versions = {"pillow": PIL.__version__, "torchvision": torchvision.__version__, "numpy": np.__version__}
    result = {"versions": versions, "cases": cases, "files": recorded} | stages()
    shared = FIXTURES.parent.parent.parent / "shared" / "data" / "openai-clip" / "CLIP.png"
    if shared.exists():
        result["diagram"] = {"size": 224} | expected(Image.open(shared), 224)
    lines = json.dumps(result, separators=(",", ":")).replace("},{", "},\n{").replace("[{", "[\n{")
    (FIXTURES / "pictures.json").write_text(lines + "\n")
    print(f"{len(cases)} generated cases, {len(recorded)} of files")


if __name__ == "__main__":
    main()
