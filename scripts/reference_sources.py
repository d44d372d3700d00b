"""What a recording's pictures and texts become on their way into the model, beside what they are made of."""

import io
import json

import clip.clip
import numpy as np
import torch
from PIL import Image, ImageDraw
from torchvision.transforms import CenterCrop, InterpolationMode, Normalize, Resize, ToTensor

# Each asks something of the tokenizer: capitals, entities, mis-decoded UTF-8, ligatures, contractions, digits, emoji.
TEXTS = ["A photo of a red circle", "a blue square!", "a&amp;b", "schÃ¶n", "ﬁne  it’s 10", "x 🐍", "Hi",
         "a &lt;b&gt;caf&eacute;&lt;/b&gt; &amp; its sign, seen from the other side of the street"]


def texts_that_fit(tokenizer, context_length):
    fitting = [text for text in TEXTS if len(tokenizer.encode(text)) + 2 <= context_length]
    assert len(fitting) >= 2, f"context {context_length}: hardly a text fits"
    return fitting


def drawn_pictures():
    """A few small files: colour, palette, grey and alpha, wider and higher than square."""
    ramp = np.linspace(0, 255, 53 * 37).reshape(37, 53)
    colour = Image.fromarray(np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1).astype(np.uint8), "RGB")
    ImageDraw.Draw(colour).ellipse((12, 6, 40, 32), fill=(220, 30, 30))
    square = Image.new("RGBA", (41, 64), (240, 240, 200, 255))
    ImageDraw.Draw(square).rectangle((8, 14, 34, 42), fill=(30, 40, 220, 190))
    palette = colour.quantize(16)
    return [encoded(colour), encoded(square), encoded(palette), encoded(colour.convert("L"), format="JPEG", quality=85)]


def encoded(picture, format="PNG", **options):
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def crop(file, size):  # clip._transform up to where it leaves Pillow → [R, R, 3]
    picture = Image.open(io.BytesIO(file))
    picture = CenterCrop(size)(Resize(size, interpolation=InterpolationMode.BICUBIC)(picture))
    return np.array(picture.convert("RGB"))


def normalize(pixels):  # [R, R, 3] → [3, R, R]
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    return Normalize(mean, std)(ToTensor()(Image.fromarray(pixels)))


def tokenize(case, texts):  # → [M, L]
    clip.clip._tokenizer = case.tokenizer
    return clip.clip.tokenize(texts, case.model.context_length)


def record_tokens(case, texts):
    """→ `source.text`, strings as JSON, and `expect.tokens`, their padded ids."""
    return {"source.text": bytes_tensor(json.dumps(texts, ensure_ascii=False).encode()),
            "expect.tokens": tokenize(case, texts)}


def record_pixels(case, pictures):
    """→ for each file `source.picture.<i>`, `expect.pixels.<i>` after the crop, `expect.image.<i>` once normalised."""
    tensors = {}
    for i, file in enumerate(pictures):
        pixels = crop(file, case.resolution)
        tensors[f"source.picture.{i}"] = bytes_tensor(file)
        tensors[f"expect.pixels.{i}"] = torch.from_numpy(pixels)
        tensors[f"expect.image.{i}"] = normalize(pixels)
    return tensors


def bytes_tensor(data):
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def random_tokens(count, length, vocabulary, generator):
    """Rows as the tokenizer makes them: start, some ids, end, zeros; the last row fills the context."""
    rows = torch.zeros(count, length, dtype=torch.int64)
    for i in range(count):
        used = length - 2 if i == count - 1 else 1 + i % (length - 2)
        rows[i, 0] = vocabulary - 2
        rows[i, 1:1 + used] = torch.randint(0, vocabulary - 2, (used,), generator=generator)
        rows[i, 1 + used] = vocabulary - 1
    return rows
