"""
Records test/fixtures/tokens.jsonl: lines [string, ids], the ids from OpenAI's Python (SimpleTokenizer.encode with ftfy
6.3.1), ASCII-escaped. Hand-made strings first, then strings on which one rule of ftfy decides (found by taking the rule
away), then 3,700 from a fixed seed (scripts/token_strings.py).

Run: .venv/bin/python scripts/record_tokens.py
"""

import json
import pathlib
import random
import re
from unittest import mock

import ftfy
from clip_python import SimpleTokenizer
from token_strings import CODECS, SENTENCES, misread, strings

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "test" / "fixtures" / "tokens.jsonl"
SEED, COUNT = 20210226, 3_700

HAND_MADE = [
    "", " ", "\n", "Hello World!", "a diagram", "a photo of a sweet_pepper", "A\tB\u00a0C\u3000D", "it's they're I'll we've I'm he'd isn't",
    "<|startoftext|>a dog<|endoftext|>", "<|STARTOFTEXT|>", "<|\u017ftartoftext|>", "it'\u017f", "\u0345", "a\u0345b", "1\u03452", "!\u0345!",
    "sÃ³", "voilÃ le travail", "Ã la mode", "Ã quele", "â€œquotesâ€�", "âœ” No problems", "&macr;\\_(ã\x83\x84)_/&macr;", "&ATILDE;&SUP3;", "&nTILDE;",
    "<b>&eacute;</b>", "&lt;b&gt; &amp;lt;", "a&lt;b\n&eacute;", "<\n&eacute;", "this&not that &notit; &amp", "&#59; &#x3B; &#38;amp;", "&#1;\x01&#0;&#13;&#x80;",
    "\ud800", "\udc00\ud800", "\ud83d&#1;\ude00", "😀 \ud83d", "&#xD83D;&#xDE00;", "\x1b[31mred\x1b[0m", "\x1b[\u0663m", "Ã©\xc0\nb", "Ã©\xed\xa0\x80\xed\xb0\n",
    "\xed\xa0\xbd\xed\xb8\x80", "\xc0\x80Ã©", "ΟΔΥΣΣΕΥΣ", "ΑΣ'", "ΑΣ.Α", "Σ", "ʰΣ", "İstanbul DIŞ", "ẞß ﬁn ŉ Ǆ ĳ", "ＦＵＬＬ　ｗｉｄｔｈ ｶﾞ", "e\u0301 q\u0323\u0307 각",
    "\ua7cb\U00010d50\U00016ea0", "\u0378a\u0301", "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\x1f", "\ufeffbom\ufeff", "zero\u200bwidth\u200djoiner\u00adhyphen", "1234 ½ ① Ⅷ ٣",
    "a" * 300, "ab" * 120, "!" * 200, "日" * 60, "Ã©" * 40, "Ã" * 40, "word " * 80, "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
]


RULES = [  # where ftfy keeps a regular expression that is a list of alternatives
    ["ftfy.badness.BADNESS_RE"],
    ["ftfy.chardata.ALTERED_UTF8_RE", "ftfy.fixes.ALTERED_UTF8_RE"],
    ["ftfy.fixes.LOSSY_UTF8_RE"],
]
EACH = 3


def alternatives(pattern) -> list:
    """The top-level alternatives of a pattern; in ftfy's, a "|" inside of a character class or a comment does not occur."""
    bar, comment = ("|", r"#.*") if isinstance(pattern.pattern, str) else (b"|", rb"\Z.")
    return re.sub(comment, bar[:0], pattern.pattern).split(bar)


def decided_by_one_rule() -> list:
    """For each alternative, a few strings that ftfy would treat otherwise without it."""
    r = random.Random(SEED)
    pool = []
    for _ in range(250_000):
        first, last = r.choice([(0xA0, 0x180), (0x100, 0x800), (0x800, 0x3100), (0x2000, 0x2300), (0x3000, 0x10000 - 0x2800), (0x1F300, 0x1FA00)])
        text = misread(r, "".join(chr(r.randrange(first, last)) for _ in range(r.randint(1, 2))), r.choice(CODECS))
        if r.random() < 0.1:
            text = misread(r, misread(r, chr(r.randrange(0x2010, 0x2040)), "latin-1"), "sloppy-windows-1251")
        elif r.random() < 0.4:
            where = r.randrange(len(text) + 1)
            text = text[:where] + r.choice(["\ufffd", "?", " "]) + text[where + 1 :]
        pool.append(r.choice(["", "", "a", "a ", ".", "x"]) + text.replace("\xa0", r.choice(["\xa0", " "])) + r.choice(["", "", " b", "A", "."]))
    found = []
    for names in RULES:
        module, name = names[0].rsplit(".", 1)
        whole = getattr(__import__(module, fromlist=[name]), name)
        parts = alternatives(whole)
        for i, part in enumerate(parts):
            bar = "|" if isinstance(part, str) else b"|"
            alone = re.compile(part, whole.flags & re.VERBOSE)
            rest = re.compile(bar.join(parts[:i] + parts[i + 1 :]), whole.flags & re.VERBOSE)
            if isinstance(part, str):
                candidates = [text for text in pool if alone.search(text) and not rest.search(text)]
            else:
                candidates = [text for text in pool if any(alone.search(b) for b in encodings(text))]
            expected = [ftfy.fix_text(text) for text in candidates]
            with mock.patch.multiple(module, **{name: rest}):
                with mock.patch.multiple(names[-1].rsplit(".", 1)[0], **{name: rest}):
                    decided = [text for text, fixed in zip(candidates, expected) if ftfy.fix_text(text) != fixed]
            if not decided:
                print(f"no string found for {name}: {part.strip()[:70]!r}")
            found += decided[:EACH]
    return found


def encodings(text: str):
    for codec in ftfy.chardata.CHARMAP_ENCODINGS:
        if ftfy.chardata.possible_encoding(text, codec):
            yield text.encode(codec)


def main() -> None:
    tokenizer = SimpleTokenizer()
    texts = list(dict.fromkeys([*HAND_MADE, *SENTENCES, *decided_by_one_rule(), *strings(SEED, COUNT)]))
    pairs = [[text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"), tokenizer.encode(text)] for text in texts]
    FIXTURE.write_text("".join(json.dumps(pair, separators=(",", ":")) + "\n" for pair in pairs), encoding="ascii")
    print(f"{len(pairs)} strings, {FIXTURE.stat().st_size} bytes")


main()
