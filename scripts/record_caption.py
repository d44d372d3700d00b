"""Records what PyTorch computes with a caption decoder's parts, for test/tasks/caption/decoder.test.ts.

    .venv/bin/python scripts/record_caption.py test/fixtures/caption-decoder.safetensors

The decoder is written with torch.nn's own classes (TransformerEncoderLayer with norm_first and a causal mask), whose weights
are then named as the decoder's state dict is. Recorded: the weights, features, words, logits, the mean cross-entropy of the
next word over the tokens of two captions, and its gradients.
"""

import sys

import torch
from torch import nn
from safetensors.torch import save_file

EMBED, PREFIX, CONTEXT, VOCAB, WIDTH, LAYERS, HEADS = 6, 2, 5, 7, 8, 2, 2

torch.manual_seed(0)
project = nn.Sequential(nn.Linear(EMBED, PREFIX * WIDTH // 2), nn.GELU(), nn.Linear(PREFIX * WIDTH // 2, PREFIX * WIDTH))
embedding = nn.Embedding(VOCAB, WIDTH)
positions = nn.Parameter(torch.randn(PREFIX + CONTEXT - 1, WIDTH))
layers = nn.ModuleList(
    nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, dropout=0, activation="gelu", batch_first=True, norm_first=True)
    for _ in range(LAYERS))
final = nn.LayerNorm(WIDTH)
for layer in layers:  # the defaults are zero and one, which hide a bias that is left out
    for parameter in (layer.self_attn.in_proj_bias, layer.self_attn.out_proj.bias, layer.norm1.bias, layer.norm2.weight):
        nn.init.normal_(parameter)

features = nn.functional.normalize(torch.randn(2, EMBED), dim=1)
captions = [[5, 1, 4, 2, 6], [5, 3, 6]]  # start of text 5, end of text 6
length = max(map(len, captions)) - 1
words = torch.tensor([caption[:-1] + [6] * (length + 1 - len(caption)) for caption in captions])
targets = torch.tensor([caption[1:] + [-100] * (length + 1 - len(caption)) for caption in captions])

x = torch.cat([project(features).reshape(2, PREFIX, WIDTH), embedding(words)], 1) + positions[: PREFIX + length]
mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
for layer in layers:
    x = layer(x, src_mask=mask, is_causal=True)
logits = final(x[:, PREFIX:]) @ embedding.weight.T
loss = nn.functional.cross_entropy(logits.reshape(-1, VOCAB), targets.reshape(-1), ignore_index=-100)
loss.backward()

parameters = {"token_embedding.weight": embedding.weight, "positional_embedding": positions}
parameters |= {f"clip_project.{name}": value for name, value in project.named_parameters()}
parameters |= {f"ln_final.{name}": value for name, value in final.named_parameters()}
NAMES = {"self_attn.": "attn.", "linear1.": "mlp.c_fc.", "linear2.": "mlp.c_proj.", "norm1.": "ln_1.", "norm2.": "ln_2."}
for i, layer in enumerate(layers):
    for name, value in layer.named_parameters():
        for theirs, ours in NAMES.items():
            if name.startswith(theirs):
                parameters[f"transformer.resblocks.{i}.{ours}{name[len(theirs):]}"] = value

tensors = {f"param.{name}": value.detach().contiguous() for name, value in parameters.items()}
tensors |= {f"grad.{name}": value.grad.contiguous() for name, value in parameters.items()}
tensors |= {"features": features, "words": words, "logits": logits.detach(), "loss": loss.detach()}
save_file(tensors, sys.argv[1])
