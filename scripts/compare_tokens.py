"""
Compares this tokenizer's ids with OpenAI's Python on strings made from other seeds than the fixture's.

Run: .venv/bin/python scripts/compare_tokens.py [--count 100000] [--seed 1]
     .venv/bin/python scripts/compare_tokens.py --input strings.jsonl     (one JSON string a line)

Prints each difference (at most twenty), then how many strings were compared and how many differ; exit status 1 if any do.
Strings on which Python itself raises are counted, and ours must only not fail on them.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import ftfy
from clip_python import SimpleTokenizer
from token_strings import strings

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input")
    options = parser.parse_args()
    if options.input:
        texts = [json.loads(line) for line in open(options.input, encoding="utf-8", newline="\n") if line.strip()]
    else:
        texts = list(strings(options.seed, options.count))

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "strings.jsonl")
        path.write_text("".join(json.dumps(text) + "\n" for text in texts), encoding="ascii")
        command = ["npx", "tsx", "scripts/encode-jsonl.ts", str(path)]
        ours = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        python, raised = SimpleTokenizer(), 0
        differences = []
        for text, line in zip(texts, ours.stdout, strict=True):
            try:
                expected = python.encode(text)
            except Exception as error:
                raised += 1
                print(f"Python raises {error!r} on {json.dumps(text)[:200]}")
                continue
            if json.loads(line) != expected:
                differences.append(text)
                if len(differences) <= 20:
                    print(f"{json.dumps(text)}\n  Python {expected} {python.decode(expected)!a}\n  ours   {line.strip()} {python.decode(json.loads(line))!a}")
    print(f"ftfy {ftfy.__version__}: {len(texts)} strings, {raised} on which Python raises, {len(differences)} differences")
    return 1 if differences or ours.wait() else 0


sys.exit(main())
