"""OpenAI's SimpleTokenizer for bench/tokenizer.ts: a JSON request a line in, a JSON answer a line out."""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts"))
from clip_python import SimpleTokenizer


def timed(texts, passes):
    marks = [time.perf_counter()]
    tokenizer = SimpleTokenizer()
    marks.append(time.perf_counter())
    for _ in range(1 + passes):
        for text in texts:
            [tokenizer.encoder["<|startoftext|>"], *tokenizer.encode(text), tokenizer.encoder["<|endoftext|>"]]
        marks.append(time.perf_counter())
    begin, made, first, *_, last = [1000 * mark for mark in marks]
    return {"start": made - begin, "cold": first - made, "warm": (last - first) / passes}


for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "ids":
        tokenizer = SimpleTokenizer()
        answer = [[49406, *tokenizer.encode(text), 49407] for text in request["texts"]]
    else:
        answer = timed(request["texts"], request["passes"])
    print(json.dumps(answer), flush=True)
