"""The models that scripts/reference.py records: random ones of true size, reduced ones, trained ones from a file."""

import functools
import gzip
import os
import tempfile
import types

import clip.model
import torch
from clip.simple_tokenizer import SimpleTokenizer
from make_openai_archive import ARCHITECTURES, SIZES, disturb
from reference_taps import attention_pool
from safetensors.torch import load_file

TEXT = {"context_length": 77, "vocab_size": 49408}
MINI = os.path.join(os.path.dirname(__file__), "../weights/mini/model.safetensors")

# Small enough to commit, and awkward on purpose: several narrow heads, towers of different width, odd grids.
REDUCED = {
    "vit": dict(embed_dim=24, image_resolution=28, vision_layers=2, vision_width=32, vision_patch_size=4, vision_heads=2,
                context_length=11, vocab_size=530, transformer_width=24, transformer_heads=3, transformer_layers=2),
    "vit-gelu": dict(embed_dim=16, image_resolution=15, vision_layers=1, vision_width=32, vision_patch_size=5,
                     vision_heads=4, context_length=7, vocab_size=514, transformer_width=16, transformer_heads=2,
                     transformer_layers=1, activation="gelu"),
    "rn": dict(embed_dim=16, image_resolution=96, vision_layers=(1, 1, 1, 1), vision_width=4, vision_patch_size=None,
               vision_heads=2, context_length=9, vocab_size=514, transformer_width=16, transformer_heads=2,
               transformer_layers=1),
}
NAMES = [name for name in ARCHITECTURES if name[:2] in ("RN", "Vi")] + list(REDUCED) + ["mini"]


class Case:
    """A model with what shapes do not tell (`config`) and its merges; whether it is random, and of reduced size."""

    def __init__(self, model, config, merges=None, random=True):
        self.model, self.config, self.merges, self.random = model, config, merges, random
        self.reduced = random and model.transformer.width < 64
        self.resolution = model.visual.input_resolution

    @functools.cached_property
    def tokenizer(self):
        """OpenAI's tokenizer with the vocabulary of the model: its own merges, or the first of OpenAI's."""
        merges = self.merges
        if merges is None:
            whole = SimpleTokenizer()
            merges = [" ".join(pair) for pair in sorted(whole.bpe_ranks, key=whole.bpe_ranks.get)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "merges.txt.gz")
            with gzip.open(path, "wt", encoding="utf-8") as file:
                file.write("\n".join(["the first line is passed over", *merges[:self.model.vocab_size - 514]]))
            return SimpleTokenizer(path)


def load_case(name, seed, activation):
    """`name`: an architecture, a reduced case, `mini`, or a checkpoint's path."""
    if name in REDUCED:
        sizes = dict(REDUCED[name])
        activation = activation or sizes.pop("activation", None)
        case = random_case(sizes, seed)
    elif name in NAMES[:-1]:
        sizes = dict(zip(SIZES, ARCHITECTURES[name]))
        width = sizes["vision_width"]
        case = random_case({**sizes, "vision_heads": width // 64 if sizes["vision_patch_size"] else width // 2}, seed)
    else:
        case = trained_case(MINI if name == "mini" else name)
    if activation == "gelu":
        for block in case.model.modules():
            if isinstance(block, clip.model.ResidualAttentionBlock):
                block.mlp.gelu = torch.nn.GELU()
    case.config["activation"] = activation or "quick_gelu"
    case.model.eval()
    return case


def random_case(sizes, seed):
    """OpenAI's own initialisation, disturbed, and rounded to half precision, in which the weights are written."""
    sizes = dict(sizes)
    heads = sizes.pop("vision_heads")
    torch.manual_seed(seed)
    # OpenAI's CLIP derives the heads of the ViT from its width; a reduced case has narrower ones.
    vision = clip.model.VisionTransformer
    clip.model.VisionTransformer = lambda **options: vision(**{**options, "heads": heads})
    try:
        model = clip.model.CLIP(**sizes)
    finally:
        clip.model.VisionTransformer = vision
    with torch.no_grad():
        disturb(model, torch.Generator().manual_seed(seed + 1))
        if sizes["vision_patch_size"] is None:
            settle(model, clear=5 if sizes["vision_width"] >= 64 else 0)
        for tensor in [*model.parameters(), *(b for b in model.buffers() if b.is_floating_point())]:
            tensor.copy_(tensor.half().float())
    return Case(model, {"vision_heads": heads, "transformer_heads": sizes["transformer_heads"]})


def noise(count, size, generator):
    """Pictures [N, 3, R, R] of a colour, coarse blots and fine grain: a ResNet would see no difference in grain alone."""
    colour = 2 * torch.randn(count, 3, 1, 1, generator=generator)
    blots = torch.randn(count, 3, 5, 5, generator=generator)
    grain = torch.randn(count, 3, size, size, generator=generator)
    return colour + torch.nn.functional.interpolate(blots, size=(size, size), mode="bilinear") + grain


def settle(model, clear):
    """
    Gives a random ResNet what training gives a real one: batch norms that know the mean and variance of what they see,
    and in the attention pool queries and keys of unit variance. Without it the trunk grows with its depth, and scores in
    the hundreds magnify rounding a hundredfold in their softmax.

    `clear`: ReLU's zero lies so many standard deviations off the mean of each channel, to either side in turn. A gradient
    jumps where a unit is zero; of the ten million units of an RN50 some lie so near that fp32 and fp64 part there.
    """
    visual = model.visual
    norms = [m for m in visual.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    before_relu = {getattr(m, f"bn{i}"): getattr(m, f"relu{i}")
                   for m in visual.modules() for i in (1, 2, 3) if hasattr(m, f"relu{i}")}
    for norm in norms:
        norm.weight.clamp_(min=0.2)  # what shifts a channel is divided by its gain
    pictures = noise(8, visual.input_resolution, torch.Generator().manual_seed(0))

    def know(norm, inputs):
        norm.running_mean.copy_(inputs[0].mean((0, 2, 3)))
        norm.running_var.copy_(inputs[0].var((0, 2, 3)))

    def clear_of_zero(norm):
        def hook(_, inputs):
            x = inputs[0]  # [N, C, h, w], the norm's output, in the third of a block with the shortcut added
            signs = torch.ones(x.shape[1])
            signs[::2] = -1
            shift = signs * clear * x.std((0, 2, 3)) - x.mean((0, 2, 3))
            # Into the running mean, not the bias: ten small steps from a large number would be lost in its last digit.
            norm.running_mean.sub_(shift * (norm.running_var + norm.eps).sqrt() / norm.weight)
            return (x + shift[:, None, None],)
        return hook

    hooks = [norm.register_forward_pre_hook(know) for norm in norms]
    if clear:
        hooks += [relu.register_forward_pre_hook(clear_of_zero(norm)) for norm, relu in before_relu.items()]
    model.eval().encode_image(pictures)
    for hook in hooks:
        hook.remove()
    seen = {}
    hook = visual.attnpool.register_forward_pre_hook(
        lambda pool, inputs: attention_pool(seen.__setitem__, "pool", pool, inputs))
    model.encode_image(pictures)
    hook.remove()
    for part in ("q", "k"):
        getattr(visual.attnpool, f"{part}_proj").weight.div_(seen[f"pool.{part}"].std())


def trained_case(path):
    if path.endswith(".safetensors"):
        weights = load_file(path)
    else:
        try:
            weights = torch.jit.load(path, map_location="cpu").state_dict()
        except RuntimeError:  # no TorchScript
            weights = torch.load(path, map_location="cpu", weights_only=True)
    convert, clip.model.convert_weights = clip.model.convert_weights, lambda _: None  # it would round to half
    try:
        model = clip.model.build_model({name: tensor.float() for name, tensor in weights.items()})
    finally:
        clip.model.convert_weights = convert
    pool = getattr(model.visual, "attnpool", None)
    heads = pool.num_heads if pool else model.visual.transformer.resblocks[0].attn.num_heads
    config = {"vision_heads": heads, "transformer_heads": model.transformer.resblocks[0].attn.num_heads}
    merges = os.path.join(os.path.dirname(path), "merges.txt")
    lines = open(merges, encoding="utf-8").read().splitlines() if os.path.exists(merges) else None
    return Case(model, config, lines, random=False)


def to_float64(model):
    """The same weights in double precision. OpenAI's LayerNorm would go through float32."""
    model.double()
    for module in model.modules():
        if isinstance(module, clip.model.LayerNorm):
            module.forward = types.MethodType(torch.nn.LayerNorm.forward, module)
    return model
