"""Records models as transformers and open_clip write them, what they compute, and the names and shapes of published ones.

    .venv/bin/python scripts/record_schemes.py

Writes test/fixtures/schemes/: `hf/`, a small CLIPModel in several files with an index; `open_clip/`, a small model as
open_clip's trainer saves it, with the optimiser's state, and its open_clip_config.json; beside each features.safetensors
with inputs and features, `hf/` also at a higher resolution; layouts.json, a digest of names and shapes for OpenAI's nine
models and open_clip's ViTs under each library's own names.

Needs torch, clip-anytorch, transformers, open_clip_torch, safetensors.
"""

import hashlib
import json
import os
import shutil

from make_openai_archive import ARCHITECTURES, SIZES, disturb  # first: it makes torchvision importable

import open_clip
import torch
from clip.model import CLIP
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

FOLDER = os.path.join(os.path.dirname(__file__), "..", "test", "fixtures", "schemes")
WITHOUT_WEIGHT = ("num_batches_tracked", "input_resolution", "context_length", "vocab_size", "position_ids")


def texts(count, length, vocab, generator):
    """Ids that end with the largest one, zeros behind it."""
    ids = torch.randint(0, vocab - 2, (count, length), generator=generator)
    ids[:, 0] = vocab - 2
    for row in range(count):
        end = length - 1 - row
        ids[row, end] = vocab - 1
        ids[row, end + 1 :] = 0
    return ids


def features(output):
    return output if isinstance(output, torch.Tensor) else output.pooler_output


@torch.no_grad()
def record_hf():
    folder = os.path.join(FOLDER, "hf")
    sizes = dict(num_hidden_layers=2, hidden_act="gelu")
    config = CLIPConfig(
        vision_config=dict(
            hidden_size=40, intermediate_size=100, num_attention_heads=2, image_size=24, patch_size=8, **sizes
        ),
        text_config=dict(
            hidden_size=32, intermediate_size=128, num_attention_heads=4, vocab_size=520, max_position_embeddings=8,
            bos_token_id=518, eos_token_id=519, pad_token_id=519, **sizes,
        ),
        projection_dim=16,
    )  # fmt: skip
    torch.manual_seed(1)
    model = CLIPModel(config).eval()
    disturb(model, torch.Generator().manual_seed(2))
    model.vision_model.embeddings.position_embedding.weight.mul_(20)  # so that their interpolation shows
    model.save_pretrained(folder, max_shard_size="80KB")
    size = {"height": 24, "width": 24}
    CLIPImageProcessor(size={"shortest_edge": 24}, crop_size=size, image_mean=[0.5] * 3).save_pretrained(folder)
    generator = torch.Generator().manual_seed(3)
    image, larger = torch.randn(2, 3, 24, 24, generator=generator), torch.randn(2, 3, 40, 40, generator=generator)
    text = texts(3, 8, 520, generator)
    recorded = {
        "input.image": image,
        "input.text": text,
        "image_features": features(model.get_image_features(image)),
        "text_features": features(model.get_text_features(text)),
        "larger.image": larger,
        "larger.image_features": features(model.get_image_features(larger, interpolate_pos_encoding=True)),
    }
    save_file(recorded, os.path.join(folder, "features.safetensors"))


def record_open_clip():
    folder = os.path.join(FOLDER, "open_clip")
    os.makedirs(folder)
    vision = dict(image_size=24, layers=1, width=32, head_width=16, mlp_ratio=2.4688, patch_size=8)
    text = dict(context_length=8, vocab_size=520, width=32, heads=4, layers=1)
    config = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
    torch.manual_seed(4)
    model = open_clip.model.CLIP(**config)
    disturb(model, torch.Generator().manual_seed(5))
    generator = torch.Generator().manual_seed(6)
    image, ids = torch.randn(3, 3, 24, 24, generator=generator), texts(3, 8, 520, generator)

    # A step, as the trainer takes it, so that the optimiser has a state.
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    image_features, text_features, scale = model(image, ids)
    logits = scale * image_features @ text_features.T
    torch.nn.functional.cross_entropy(logits, torch.arange(3)).backward()
    optimizer.step()
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint = {"epoch": 1, "name": "a-run", "state_dict": state, "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, os.path.join(folder, "epoch_1.pt"))
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "shortest"}
    with open(os.path.join(folder, "open_clip_config.json"), "w") as file:
        json.dump({"model_cfg": config, "preprocess_cfg": preprocess}, file, indent=2)
    model.eval()
    with torch.no_grad():
        recorded = {
            "input.image": image,
            "input.text": ids,
            "image_features": model.encode_image(image),
            "text_features": model.encode_text(ids),
        }
    save_file(recorded, os.path.join(folder, "features.safetensors"))


def digest(state_dict):
    """How many tensors carry weight, and the sha256 of their sorted lines `name [shape]`."""
    lines = sorted(
        f"{name} [{','.join(map(str, tensor.shape))}]"
        for name, tensor in state_dict.items()
        if name.split(".")[-1] not in WITHOUT_WEIGHT
    )
    return {"tensors": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def hf_digest(config):
    vision, text = config["vision_cfg"], config["text_cfg"]
    heads = vision["width"] // vision.get("head_width", 64)
    hf = CLIPConfig(
        projection_dim=config["embed_dim"],
        vision_config=dict(
            hidden_size=vision["width"], intermediate_size=int(vision["width"] * vision.get("mlp_ratio", 4)),
            num_hidden_layers=vision["layers"], num_attention_heads=heads, image_size=vision["image_size"],
            patch_size=vision["patch_size"],
        ),
        text_config=dict(
            hidden_size=text["width"], intermediate_size=text["width"] * 4, num_hidden_layers=text["layers"],
            num_attention_heads=text["heads"], vocab_size=text["vocab_size"],
            max_position_embeddings=text["context_length"],
        ),
    )  # fmt: skip
    return digest(CLIPModel(hf).state_dict())


def record_layouts():
    layouts = {"openai": {}, "open_clip": {}}
    with torch.device("meta"):
        for name in list(ARCHITECTURES)[:9]:
            layouts["openai"][name] = digest(CLIP(**dict(zip(SIZES, ARCHITECTURES[name]))).state_dict())
        for name in open_clip.list_models():
            config = open_clip.get_model_config(name)
            vision, text = config["vision_cfg"], config["text_cfg"]
            is_clip = isinstance(vision.get("layers"), int) and "heads" in text and not config.get("custom_text")
            if not is_clip or "multimodal_cfg" in config or "timm_model_name" in vision or "hf_model_name" in text:
                continue
            entry = digest(open_clip.model.CLIP(**config).state_dict())
            layouts["open_clip"][name] = {"config": config, **entry, "hf": hf_digest(config)["sha256"]}
    with open(os.path.join(FOLDER, "layouts.json"), "w") as file:
        json.dump(layouts, file, indent=1)


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    record_hf()
    record_open_clip()
    record_layouts()
