"""Records what OpenAI's Python classes compute, tap by tap, so that this program can be held to it without Python.

    .venv/bin/python scripts/reference.py CHECKPOINT.pt OUT.safetensors [--images 2] [--texts 3] [--seed 0]
                                          [--activation gelu] [--outputs-only]

The keys are `input.image` [N,3,R,R], `input.text` [M,L], and `tap.<name>` for the output of every module under its
state-dict path (transformers as [N,L,D]) and for the inside of every attention: q (before scaling), k, v [N,H,L,D/H],
scores (scaled, before the mask) and probs [N,H,L,L]. Everything runs in fp32 on the CPU.
"""

import argparse
import json
import sys
import types

sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")  # a CUDA build of torchvision imports then

import torch  # noqa: E402
from clip.model import AttentionPool2d, QuickGELU, ResidualAttentionBlock, Transformer, build_model  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

taps = {}


def keep(name, value):
    taps[f"tap.{name}"] = value.detach().float().contiguous().clone()


def split_heads(x, heads):  # [L, N, D] → [N, H, L, D/H]
    length, batch, width = x.shape
    return x.reshape(length, batch, heads, width // heads).permute(1, 2, 0, 3)


def keep_attention(name, q, k, v, mask):
    """q, k, v [N,H,·,D/H]: records them with the scores and probabilities that follow from them."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    for part, value in (("q", q), ("k", k), ("v", v), ("scores", scores)):
        keep(f"{name}.{part}", value)
    keep(f"{name}.probs", torch.softmax(scores if mask is None else scores + mask, dim=-1))


def watch_attention(name, module, inputs, options):
    x = inputs[0]  # [L, N, D]
    joint = torch.nn.functional.linear(x, module.in_proj_weight, module.in_proj_bias)
    q, k, v = (split_heads(part, module.num_heads) for part in joint.chunk(3, dim=-1))
    keep_attention(name, q, k, v, options.get("attn_mask"))


def watch_pool(name, module, inputs):
    x = inputs[0].flatten(start_dim=2).permute(2, 0, 1)  # [HW, N, C]
    x = torch.cat([x.mean(dim=0, keepdim=True), x], dim=0) + module.positional_embedding[:, None, :]
    q, k, v = (split_heads(p(t), module.num_heads) for p, t in
               ((module.q_proj.forward, x[:1]), (module.k_proj.forward, x), (module.v_proj.forward, x)))
    keep_attention(name, q, k, v, None)


def watch(model):
    inside_transformer = set()
    for name, module in model.named_modules():
        if isinstance(module, Transformer):
            inside_transformer.update(path for path, _ in module.named_modules(prefix=name))
    for name, module in model.named_modules():
        if name == "" or name.endswith("out_proj"):
            continue
        if isinstance(module, torch.nn.MultiheadAttention):
            module.register_forward_pre_hook(
                lambda m, inputs, options, name=name: watch_attention(name, m, inputs, options), with_kwargs=True)
        if isinstance(module, AttentionPool2d):
            module.register_forward_pre_hook(lambda m, inputs, name=name: watch_pool(name, m, inputs))

        def hook(_, __, output, name=name):
            value = output[0] if isinstance(output, tuple) else output
            keep(name, value.permute(1, 0, 2) if name in inside_transformer else value)

        module.register_forward_hook(hook)
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False  # or the batch norm's recorded output would be overwritten


def texts(count, length, vocabulary, generator):
    """Rows as the tokenizer makes them: start, some ids, end, zeros; the last row fills the context."""
    rows = torch.zeros(count, length, dtype=torch.int64)
    for i in range(count):
        used = length - 2 if i == count - 1 else 1 + i % (length - 2)
        rows[i, 0] = vocabulary - 2
        rows[i, 1:1 + used] = torch.randint(0, vocabulary - 2, (used,), generator=generator)
        rows[i, 1 + used] = vocabulary - 1
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--texts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--activation", choices=["quick_gelu", "gelu"], default="quick_gelu")
    parser.add_argument("--outputs-only", action="store_true", help="features and logits, no inner values")
    arguments = parser.parse_args()

    model = build_model(torch.jit.load(arguments.checkpoint, map_location="cpu").state_dict()).float()
    if arguments.activation == "gelu":
        for block in (m for m in model.modules() if isinstance(m, ResidualAttentionBlock)):
            assert isinstance(block.mlp.gelu, QuickGELU)
            block.mlp.gelu = torch.nn.GELU()
    if not arguments.outputs_only:
        watch(model)

    generator = torch.Generator().manual_seed(arguments.seed)
    size = model.visual.input_resolution
    image = torch.randn(arguments.images, 3, size, size, generator=generator)
    text = texts(arguments.texts, model.context_length, model.vocab_size, generator)
    with torch.no_grad():
        per_image, per_text = model(image, text)
        taps_of_forward = dict(taps)
        keep("image_features", model.encode_image(image))
        keep("text_features", model.encode_text(text))
    outputs = {key: taps[key] for key in ("tap.image_features", "tap.text_features")}
    tensors = {"input.image": image, "input.text": text, **taps_of_forward, **outputs,
               "tap.logits_per_image": per_image.contiguous(), "tap.logits_per_text": per_text.contiguous()}
    metadata = {"case": arguments.out.split("/")[-1].removesuffix(".safetensors"), "seed": str(arguments.seed),
                "versions": json.dumps({"torch": torch.__version__})}
    save_file(tensors, arguments.out, metadata=metadata)
    print(f"{arguments.out}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
