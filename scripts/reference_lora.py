"""LoRA on OpenAI's classes: each attention's q, k and v get x A' B' · alpha / rank added, computed one at a time."""

import clip.model
import torch
from reference_taps import split_heads
from torch.nn.functional import linear, scaled_dot_product_attention

PROJECTIONS = ("q_proj", "k_proj", "v_proj")


def adapt(model, rank, alpha, seed):
    """
    Puts adapters on every attention. → A [rank, in] and B [out, rank] of each by name. A starts as peft starts it; B
    starts at numbers of 0.1 and not at zero, or no gradient would reach A at the first step.
    """
    generator = torch.Generator().manual_seed(seed)
    adapters = {}

    def pair(path, in_size, out_size):
        a = torch.empty(rank, in_size).uniform_(-(in_size ** -0.5), in_size ** -0.5, generator=generator)
        b = torch.empty(out_size, rank).normal_(0, 0.1, generator=generator)
        for letter, value in (("A", a), ("B", b)):
            adapters[f"{path}.lora_{letter}.weight"] = torch.nn.Parameter(value.to(model.dtype))
        a, b = (adapters[f"{path}.lora_{letter}.weight"] for letter in "AB")
        return lambda x: (x @ a.T) @ b.T * (alpha / rank)

    for path, module in model.named_modules():
        if isinstance(module, torch.nn.MultiheadAttention):
            width = module.embed_dim
            module.forward = attention(module, [pair(f"{path}.{name}", width, width) for name in PROJECTIONS])
        if isinstance(module, clip.model.AttentionPool2d):
            layers = [getattr(module, name) for name in PROJECTIONS]
            module.forward = attention_pool(module, [
                pair(f"{path}.{name}", layer.in_features, layer.out_features)
                for name, layer in zip(PROJECTIONS, layers)])
    return adapters


def remove(model):
    for module in model.modules():
        if isinstance(module, (torch.nn.MultiheadAttention, clip.model.AttentionPool2d)):
            del module.forward  # the class's own is behind it


def attention(module, adapters):
    def forward(x, _keys, _values, need_weights, attn_mask):  # [L, N, D]
        weights = zip(module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), adapters)
        q, k, v = (linear(x, weight, bias) + adapter(x) for weight, bias, adapter in weights)
        return module.out_proj(attend(q, k, v, module.num_heads, attn_mask)), None
    return forward


def attention_pool(pool, adapters):
    def forward(x):  # [N, C, h, w]
        x = x.flatten(start_dim=2).permute(2, 0, 1)  # [hw, N, C]
        x = torch.cat([x.mean(dim=0, keepdim=True), x]) + pool.positional_embedding[:, None]
        layers = (pool.q_proj, pool.k_proj, pool.v_proj)
        q, k, v = (layer(tokens) + adapter(tokens) for layer, adapter, tokens in zip(layers, adapters, (x[:1], x, x)))
        return pool.c_proj(attend(q, k, v, pool.num_heads, None))[0]  # [N, E]
    return forward


def attend(q, k, v, heads, mask):  # each [L, N, D]
    heads_of = [split_heads(x, heads) for x in (q, k, v)]  # each [N, H, L, D/H]
    values = scaled_dot_product_attention(*heads_of, attn_mask=mask)
    return values.permute(2, 0, 1, 3).flatten(start_dim=2)  # [L, N, D]
