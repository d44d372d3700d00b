"""Hooks on OpenAI's classes: the output of every module and the inside of every attention, under state-dict paths."""

import torch
from clip.model import AttentionPool2d, Transformer


def split_heads(x, heads):  # [L, N, D] → [N, H, L, D/H]
    length, batch, width = x.shape
    return x.reshape(length, batch, heads, width // heads).permute(1, 2, 0, 3)


def record_taps(model, image, text):
    """→ `tap.<name>` by name, of one forward pass, and of the features before they are normalised."""
    taps = {}

    def keep(name, value):
        taps[f"tap.{name}"] = value.detach().contiguous().clone()

    handles = watch(model, keep)
    with torch.no_grad():
        per_image, per_text = model(image, text)
    for handle in handles:
        handle.remove()
    with torch.no_grad():
        keep("image_features", model.encode_image(image))
        keep("text_features", model.encode_text(text))
    keep("logits_per_image", per_image)
    keep("logits_per_text", per_text)
    return taps


def watch(model, keep):
    """Registers the hooks; `keep(name, value)` hears of every value in PyTorch's order of axes. → their handles."""
    inside_transformer = set()
    handles = []
    for name, module in model.named_modules():
        if isinstance(module, Transformer):
            inside_transformer.update(path for path, _ in module.named_modules(prefix=name))
    for name, module in model.named_modules():
        if name == "" or name.endswith("out_proj"):
            continue
        if isinstance(module, torch.nn.MultiheadAttention):
            handles.append(module.register_forward_pre_hook(
                lambda m, inputs, options, name=name: attention(keep, name, m, inputs, options), with_kwargs=True))
        if isinstance(module, AttentionPool2d):
            handles.append(module.register_forward_pre_hook(
                lambda m, inputs, name=name: attention_pool(keep, name, m, inputs)))

        def hook(_, __, output, name=name):
            value = output[0] if isinstance(output, tuple) else output
            keep(name, value.permute(1, 0, 2) if name in inside_transformer else value)  # [L, N, D] → [N, L, D]

        handles.append(module.register_forward_hook(hook))
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False  # or the batch norm's recorded output would be overwritten
    return handles


def attention(keep, name, module, inputs, options):
    x = inputs[0]  # [L, N, D]
    joint = torch.nn.functional.linear(x, module.in_proj_weight, module.in_proj_bias)  # [L, N, 3D]
    q, k, v = (split_heads(part, module.num_heads) for part in joint.chunk(3, dim=-1))
    inside(keep, name, q, k, v, options.get("attn_mask"))


def attention_pool(keep, name, module, inputs):
    x = inputs[0].flatten(start_dim=2).permute(2, 0, 1)  # [HW, N, C]
    x = torch.cat([x.mean(dim=0, keepdim=True), x], dim=0) + module.positional_embedding[:, None, :]
    q, k, v = (split_heads(project.forward(tokens), module.num_heads) for project, tokens in
               ((module.q_proj, x[:1]), (module.k_proj, x), (module.v_proj, x)))
    inside(keep, name, q, k, v, None)


def inside(keep, name, q, k, v, mask):
    """q, k, v [N, H, ·, D/H]: keeps them with the scores and probabilities that follow from them."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    for part, value in (("q", q), ("k", k), ("v", v), ("scores", scores)):
        keep(f"{name}.{part}", value)
    keep(f"{name}.probs", torch.softmax(scores if mask is None else scores + mask, dim=-1))
