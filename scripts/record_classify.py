"""Records what OpenAI's code says of a few pictures and labels, for the small archives among the fixtures.

    .venv/bin/python scripts/record_classify.py

Writes test/fixtures/classify.json: for each case the archive, pictures, labels and templates, and each picture's cosine
and probability (softmax of 100 · cosine) per label. The archives have 600 ids, so the tokenizer is OpenAI's with its
first 600 − 514 merges. Several templates are ensembled as in OpenAI's notebook.
"""

import json
import sys
import types
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import clip  # noqa: E402
import torch  # noqa: E402
from clip.simple_tokenizer import SimpleTokenizer  # noqa: E402
from PIL import Image  # noqa: E402

FIXTURES = Path(__file__).resolve().parent.parent / "test/fixtures"
LABELS = ["cat", "a dog & its bone", "sweet_pepper", "Ünïcödé 🐍", "it's"]
CASES = [
    ("tiny-vit.pt", ["a photo of a {}"]),
    ("tiny-rn.pt", ["a photo of a {}"]),
    ("tiny-vit.pt", ["{}", "one {}", "a {}."]),
]


class SmallTokenizer(SimpleTokenizer):
    def __init__(self, vocabulary):
        super().__init__()
        kept = list(self.encoder)[:vocabulary - 2]
        merges = sorted(self.bpe_ranks, key=self.bpe_ranks.get)[:vocabulary - 514]
        self.encoder = {symbol: i for i, symbol in enumerate([*kept, "<|startoftext|>", "<|endoftext|>"])}
        self.decoder = {i: symbol for symbol, i in self.encoder.items()}
        self.bpe_ranks = {pair: i for i, pair in enumerate(merges)}


def classify(archive, templates, pictures):
    model, preprocess = clip.load(str(FIXTURES / "checkpoints" / archive), device="cpu")
    model = model.float().eval()
    clip.clip._tokenizer = SmallTokenizer(model.vocab_size)

    def unit(x):
        return x / x.norm(dim=-1, keepdim=True)

    with torch.no_grad():
        image = unit(model.encode_image(torch.stack([preprocess(Image.open(p)) for p in pictures])))
        text = torch.cat([
            unit(unit(model.encode_text(clip.tokenize([t.replace("{}", label) for t in templates], model.context_length,
                                                      truncate=True))).mean(dim=0, keepdim=True))
            for label in LABELS
        ])
        cosines = image @ text.T
        return cosines.tolist(), (100 * cosines).softmax(dim=-1).tolist()


def main():
    names = ["pictures/" + p.name for p in sorted((FIXTURES / "pictures").iterdir()) if p.suffix in {".png", ".jpg"}][:40:10]
    cases = []
    for archive, templates in CASES:
        cosines, probabilities = classify(archive, templates, [FIXTURES / name for name in names])
        cases.append({"archive": archive, "templates": templates, "labels": LABELS, "pictures": names,
                      "cosines": cosines, "probabilities": probabilities})
    (FIXTURES / "classify.json").write_text(json.dumps(cases, indent=1) + "\n")
    print(f"{len(cases)} cases of {len(names)} pictures")


if __name__ == "__main__":
    main()
