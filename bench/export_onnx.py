"""A CLIP in Hugging Face's form → onnx/vision_model.onnx and onnx/text_model.onnx beside it, as PyTorch exports them.

    PYTHONPATH=.bench/python .venv/bin/python bench/export_onnx.py FOLDER

pixel_values [batch, 3, R, R] → image_embeds [batch, E]; input_ids [batch, length] → text_embeds [batch, E]: the names
that transformers.js looks for. Needs torch, transformers, onnx.
"""

import os
import sys
import types
import warnings

warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from transformers import CLIPTextModelWithProjection, CLIPVisionModelWithProjection, logging  # noqa: E402


class Vision(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).image_embeds


class Text(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).text_embeds


def export(module, example, path, given, computed, free):
    torch.onnx.export(module, (example,), path, input_names=[given], output_names=[computed], opset_version=17,
                      dynamic_axes={given: free, computed: {0: "batch"}}, dynamo=False)


def main():
    folder = sys.argv[1]
    logging.set_verbosity_error()  # each tower finds the other's weights unexpected
    logging.disable_progress_bar()
    os.makedirs(f"{folder}/onnx", exist_ok=True)
    vision = CLIPVisionModelWithProjection.from_pretrained(folder, attn_implementation="eager").eval()
    text = CLIPTextModelWithProjection.from_pretrained(folder, attn_implementation="eager").eval()
    side, length, words = vision.config.image_size, text.config.max_position_embeddings, text.config.vocab_size
    ids = torch.zeros(2, length, dtype=torch.long)
    ids[:, 0], ids[:, 5:] = words - 2, words - 1
    export(Vision(vision), torch.randn(2, 3, side, side), f"{folder}/onnx/vision_model.onnx",
           "pixel_values", "image_embeds", {0: "batch"})
    export(Text(text), ids, f"{folder}/onnx/text_model.onnx",
           "input_ids", "text_embeds", {0: "batch", 1: "length"})


main()
