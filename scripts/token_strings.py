"""
Strings that are hard on a tokenizer, made from a seed: used by record_tokens.py and compare_tokens.py.

Each maker takes a random.Random and returns one string. Nothing is downloaded: the texts are written out below, and the
mojibake is made from them by reading their UTF-8 in the wrong encoding, as damaged files are.
"""

import html
import html.entities
import random
import unicodedata

import ftfy.badness
import ftfy.chardata

SENTENCES = """
A photo of a cat sitting on a red sofa.|Der schnelle braune Fuchs springt über den faulen Hund – wirklich!
L’été dernier, à Nîmes, j’ai mangé une crème brûlée à 5 €.|El niño comió una piña en la montaña, ¿verdad?
Não há às vezes pão de maçã àquela hora.|Il perché è più lontano di così.|Šel jsem na kůň a žlutý pes štěkal.
Zażółć gęślą jaźń.|Árvíztűrő tükörfúrógép.|Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul, Iğdır|Știați că țara și mâine?
Съешь ещё этих мягких французских булок, да выпей чаю.|Їжак і ґава, її об’єкт.|Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ΟΔΥΣΣΕΥΣ Σ.
شخص يركب دراجة في الشارع.|אדם רוכב על אופניים ברחוב.|یک گربه روی مبل نشسته است.|एक लड़का गेंद से खेल रहा है।|একটি ছেলে খেলছে।
ผู้ชายกำลังขี่จักรยาน|一个人在街上骑自行车。|自転車に乗っている人の写真。ｶﾞｷﾞ ﾊﾟﾋﾟ|자전거를 타고 있는 사람|一張貓的照片，坐在沙發上
Một người đàn ông đang đi xe đạp.|მამაკაცი ველოსიპედზე|Մարդը հեծանիվ է վարում|አንድ ሰው ብስክሌት|ខ្មែរ ភាសា|မြန်မာဘာသာ
Ātrā brūnā lapsa pārlec pāri slinkajam sunim.|Įlinkdama fechtuotojo špaga žybčiojo.|Þórður sæll, það er ágætt.|Ærø, Åse og Øystein
“Curly” ‘quotes’ – dashes — and… ellipses™|naïve café façade Zoë coöperate|100 % ½ ¼ 10³ m² ±5 °C ×2 ÷3 µm|¡Hola! «guillemets» ‹single›
😀 😂 ❤️ 👍🏽 👨‍👩‍👧‍👦 🇫🇷 🏴󠁧󠁢󠁷󠁬󠁳󠁿|✔ No problems ✓ ★ ☆ → ← ∞ ≠ ≤|𝒜𝓁𝒾𝒸ℯ 𝔅𝔬𝔟 Ａｌｉｃｅ　Ｂｏｂ ①②③|ﬂuﬃeﬆ ĳsvrĳ Ǆ ŉ ﬁn|(╯°□°)╯︵ ┻━┻ ¯\\_(ツ)_/¯ ಠ_ಠ
""".strip().replace("\n", "|").split("|")

PEOPLE = "man woman boy girl child person couple group chef surfer skier cyclist dog cat horse bird giraffe elephant bear".split()
DOING = "riding holding watching eating chasing painting pushing carrying throwing catching feeding washing".split()
THINGS = "bicycle skateboard frisbee umbrella pizza sandwich kite laptop suitcase surfboard clock vase bench sofa".split()
LOOKS = "red blue yellow black-and-white wooden tiny old well-lit blurry 3-legged half-eaten".split()
PLACES = ["on a beach", "in the street", "near the water", "at night", "in front of St. Mary's", "by the 2nd window", "on I-95"]
CODE = [
    "for (let i = 0; i < n; i++) { sum += a[i] ** 2; }", "def f(x): return x if x>0 else -x  # abs", "SELECT * FROM t WHERE a='b' AND c<>3;",
    "https://example.org/a/b?q=caf%C3%A9&lang=fr#top", "mailto:someone+tag@example.co.uk", "C:\\Users\\me\\file.txt", "$ grep -rn 'x' . | wc -l",
    "<div class=\"a\">it&#39;s &lt;b&gt;</div>", "{\"key\": [1, 2.5e-3, null]}", "\\frac{a}{b} = \\sqrt{x^2}", "#hashtag @user RT: lol :-) <3 ^_^", "1,234,567.89", "v2.0.1-rc.3+build",
]
TOKENS = ["<|startoftext|>", "<|endoftext|>", "<|STARTOFTEXT|>", "<|endoftext", "|>", "<|", "</w>", "<|\u017ftartoftext|>", "'\u017f", "\u0345"]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "\u2019s", "'LL", "'x", "''", "I'm", "they've", "O'Neill's"]
SPACES = list("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2003\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\u180e") + ["\r\n"]
CONTROLS = [chr(i) for i in (*range(0, 32), *range(0x7F, 0xA0), *range(0x206A, 0x2070), *range(0xFFF9, 0x10000), 0xFEFF, 0x200E, 0x202B, 0xAD)]
CODECS = [*ftfy.chardata.CHARMAP_ENCODINGS, "sloppy-windows-1252", "latin-1", "sloppy-windows-1252"]
STRANGE_CODECS = ["koi8-r", "sloppy-windows-1255", "sloppy-windows-1256", "cp850", "iso-8859-15", "mac-cyrillic", "cp866"]
NAMES = list(html.entities.html5)
MARKS = [c for c in map(chr, range(0x110000)) if unicodedata.combining(c)]
MOJIBAKE = "".join(c for part in ftfy.badness.MOJIBAKE_CATEGORIES.values() for c in part) + "\x80\x81\x8d\x92\x9d\x9f"
CLUES = {name: part for name, part in ftfy.chardata.UTF8_CLUES.items()}
BLOCKS = [
    (0x20, 0x7F), (0xA0, 0x250), (0x250, 0x370), (0x370, 0x530), (0x530, 0x700), (0x900, 0xE00), (0xE00, 0x1200), (0x1200, 0x1800), (0x1C80, 0x2000),
    (0x2000, 0x2100), (0x2100, 0x2400), (0x2400, 0x2E80), (0x2E80, 0x3400), (0x4E00, 0xA000), (0xA000, 0xABFF), (0xAC00, 0xD7FF), (0xD800, 0xE000),
    (0xE000, 0xF900), (0xF900, 0xFB00), (0xFB00, 0xFE00), (0xFE00, 0x10000), (0x10000, 0x11000), (0x11000, 0x12000), (0x12000, 0x18000),
    (0x18000, 0x20000), (0x1D000, 0x1D400), (0x1D400, 0x1D800), (0x1E000, 0x1F000), (0x1F000, 0x20000), (0x20000, 0x30000), (0x30000, 0x40000),
    (0x40000, 0xE0000), (0xE0000, 0xE0200), (0xF0000, 0x110000),
]


def piece(r: random.Random, longest: int = 24) -> str:
    """Some of one of the sentences."""
    text = r.choice(SENTENCES)
    start = r.randrange(max(1, len(text) - 4))
    return text[start : start + r.randint(2, longest)]


def caption(r):
    a = f"{r.choice(['A', 'a', 'The', 'An old', 'Two'])} {r.choice(LOOKS)} {r.choice(PEOPLE)} {r.choice(DOING)} {r.choice(['a', 'the', 'its'])} {r.choice(THINGS)} {r.choice(PLACES)}"
    return r.choice([a, a + ".", a.upper(), a.title(), a + ", " + a.lower(), f"  {a}  ", a + " &amp; more", a.replace(" ", "  ")])


def code(r):
    return " ".join(r.choice(CODE) for _ in range(r.randint(1, 3)))


def sentence(r):
    return r.choice([r.choice(SENTENCES), piece(r, 40), piece(r).upper(), piece(r).title(), piece(r).swapcase(), unicodedata.normalize("NFD", piece(r))])


def misread(r, text, codec):
    """The UTF-8 of a text in the wrong encoding; a byte that it lacks becomes U+FFFD, or nothing."""
    data = text.encode("utf-8", "surrogatepass")
    if r.random() < 0.1:  # CESU-8, and Java's null
        data = b"".join(c.encode("utf-16-be", "surrogatepass") and cesu8(c) for c in text)
    return data.decode(codec, r.choice(["replace", "ignore"]))


def cesu8(c):
    if c == "\0":
        return b"\xc0\x80"
    units = c.encode("utf-16-be", "surrogatepass")
    return b"".join(chr(int.from_bytes(units[i : i + 2], "big")).encode("utf-8", "surrogatepass") for i in range(0, len(units), 2))


def damaged(r, text):
    for _ in range(r.choice([0, 0, 0, 1, 1, 2])):
        change = r.randrange(12)
        where = r.randrange(len(text) + 1)
        if change == 0:
            text = text.replace("\xa0", " ")
        elif change == 1:
            text = "".join("\ufffd" if 0x80 <= ord(c) < 0xA0 else c for c in text)
        elif change == 2:
            text = "".join("?" if 0x80 <= ord(c) < 0xA0 else c for c in text)
        elif change == 3:
            text = html.escape(text)
        elif change == 4:
            text = text[where:]
        elif change == 5:
            text = text[:where]
        elif change == 6:
            text = text[:where] + piece(r, 6) + text[where:]
        elif change == 7:
            text = text[:where] + r.choice(SPACES + CONTROLS) + text[where:]
        elif change == 8:
            text = text[:where] + text[where + 1 :]
        elif change == 9:
            text = text.lower() if r.random() < 0.5 else text.upper()
        elif change == 10:
            text = text.encode("ascii", "xmlcharrefreplace").decode()
        else:
            text = text + r.choice(["\n", "\xc0\n", "\xed\n", "\xed\xa0\x80\xed\xb0\n", "\r\n", "\n" + piece(r)])
    return text


def mojibake(r):
    text = piece(r, r.choice([6, 12, 24]))
    for _ in range(r.choice([1, 1, 1, 2, 2, 3])):
        text = misread(r, text, r.choice(CODECS if r.random() < 0.9 else STRANGE_CODECS))[:60]
    return damaged(r, text)


def mixed_mojibake(r):
    return damaged(r, r.choice(["", piece(r), piece(r) + " "]) + misread(r, piece(r, 8), r.choice(CODECS)) + r.choice(["", " ", "\n"]) + piece(r))


def nearly_utf8(r):
    """Bytes that are nearly UTF-8, in one of the encodings."""
    data = bytearray()
    for _ in range(r.randint(1, 6)):
        kind = r.randrange(9)
        follow = lambda: r.choice([r.randint(0x80, 0xBF), r.randint(0x80, 0xBF), 0x20, 0xA0, 0x1A, 0x3F, 0x0A])
        if kind < 2:
            data += bytes([r.randint(0xC0, 0xDF), follow()])
        elif kind < 4:
            data += bytes([r.randint(0xE0, 0xEF), follow(), follow()])
        elif kind == 4:
            data += bytes([r.randint(0xF0, 0xF4), follow(), follow(), follow()])
        elif kind == 5:
            data += bytes([0xED, r.choice([follow(), r.randint(0xA0, 0xAF)]), follow(), 0xED, r.choice([follow(), r.randint(0xB0, 0xBF)]), follow()])
        elif kind == 6:
            data += bytes([0xC0, r.choice([0x80, 0x80, follow()])])
        elif kind == 7:
            data += r.choice([b"\xc3 la", b"\xc3 quele", b"\xc3 s x", b"\xc3 ", b"\xc2 \xe2\x80", b"\xf0 \x9f\x98"])
        else:
            data += r.choice(["a", "é", "it", " ", "\n", "<", "日", "я"]).encode()
    if r.random() < 0.1:
        data += r.choice([b"\xed", b"\xc0", b"\xed\xa0", b"\xed\xa0\x80", b"\xed\xa0\x80\xed", b"\xed\xa0\x80\xed\xb0"]) + r.choice([b"", b"\n"])
    return bytes(data).decode(r.choice(CODECS), "ignore")


def badness_soup(r):
    return "".join(r.choice([r.choice(MOJIBAKE), r.choice(MOJIBAKE), r.choice("aZ0 ?,ГўВЂÃÂ°à√≈‚ÄвЂβ€ā×ØÙœŒ\n")]) for _ in range(r.randint(1, 12)))


def clue_soup(r):
    def one():
        name = r.choice(["utf8_first_of_2", "utf8_first_of_3", "utf8_first_of_4"])
        return r.choice(CLUES[name]) + "".join(r.choice(CLUES["utf8_continuation"]) for _ in range(int(name[-1]) - 1))
    return "".join(r.choice([one(), one(), piece(r, 5), r.choice(MOJIBAKE)]) for _ in range(r.randint(1, 4)))


def entity(r):
    kind = r.randrange(9)
    name = r.choice(NAMES)
    if kind < 2:
        return "&" + name
    if kind == 2:
        return "&" + r.choice([name.upper(), name.lower(), name.rstrip(";"), name[:-2], name[1:]]) + r.choice(["", ";", "x", "é"])
    if kind == 3:
        return "&#%d" % r.choice([r.randrange(0x300), r.randrange(0x110100), 0xD800, 0x80, 0x81, 0x85, 0, 13, 59, 38, 0xFDD0, 10**9, 10**30]) + r.choice(["", ";", "a", "é;"])
    if kind == 4:
        return r.choice(["&#x", "&#X"]) + r.choice(["%x", "%X", "%08x"]) % r.choice([r.randrange(0x300), r.randrange(0x110100), 0xDFFF, 0x9F, 0x26]) + r.choice(["", ";", "g", ";;"])
    if kind == 5:
        return "&amp;" * r.randint(1, 3) + r.choice(["amp;lt;", "lt;", "#38;", "amp"]) + ";"
    if kind == 6:
        return html.escape("&" + name) if r.random() < 0.5 else html.escape(html.escape("é & <"))
    if kind == 7:
        return "&" + "".join(r.choice("abcXYZ12é💩;# ") for _ in range(r.choice([3, 8, 34])))
    return r.choice(["&", "&;", "&#;", "&#x;", "&#xZ;", "& ", "&&amp;", "<", "<br>", "&lt", "\n", "&\u0660;", "&#\u0661;"])


def entities(r):
    return "".join(r.choice([entity(r), entity(r), piece(r, 5), " "]) for _ in range(r.randint(1, 5)))


def code_points(r):
    def one():
        first, last = r.choice(BLOCKS)
        return chr(r.randrange(first, last))
    return "".join(one() for _ in range(r.randint(1, 8)))


def one_block(r):
    first, last = r.choice(BLOCKS)
    return "".join(r.choice([chr(r.randrange(first, last)), chr(r.randrange(first, last)), r.choice("a \u03a3")]) for _ in range(r.randint(1, 8)))


def marks(r):
    base = lambda: r.choice(["a", "e", "ο", "Ω", "か", "ᄀ", "ᅡ", "ᆨ", "각", "가", "ﾀ", "ก", "अ", "ା", "\u0cc6", "\U00011099", "\U0001d157", chr(r.randrange(0xC0, 0x250)), chr(r.randrange(0x1F00, 0x2000)), "\u0378"])
    return "".join(base() + "".join(r.choice([r.choice(MARKS), chr(r.randrange(0x300, 0x370)), "\u3099", "\uff9e", "\u0345"]) for _ in range(r.randint(0, 5))) for _ in range(r.randint(1, 3)))


def case(r):
    return "".join(r.choice(["Σ", "Σ", "σ", "Α", "a", "Z", "İ", "ı", "ſ", "K", "Å", "ẞ", "'", ".", ":", "·", "\u00ad", "\u0301", "\u0345", "ʰ", " ", "1", "Ⅷ", "Ⓐ", "Ა", "Ꭰ", "\u2c2f", "\ua7cb", "\U00010d50", "\U00016ea0", "\U0001e900", "Ǆ", "ǅ"]) for _ in range(r.randint(1, 9)))


def controls(r):
    return "".join(r.choice([r.choice(CONTROLS), r.choice(SPACES), "a", "é", "\x1b[0m", "\x1b[1;31mred", "\x1b[", "\x1b\x1b[[0mm", "\x1b[\u0663m", "\x1b[38;5;2x", "word"]) for _ in range(r.randint(1, 10)))


def whitespace(r):
    return "".join(r.choice([r.choice(SPACES), r.choice(SPACES), "a", "b.", "1"]) for _ in range(r.randint(1, 14)))


def surrogates(r):
    return "".join(r.choice(["\ud83d", "\ude00", "\ud800", "\udfff", "😀", "a", "\x00", "&#1;", "é", "Ã©", "\u0301", chr(r.randrange(0xD800, 0xE000))]) for _ in range(r.randint(1, 7)))


def runs(r):
    unit = r.choice(["a", "ab", "!", "?!", "9", " ", "é", "Ã", "Ã©", "日", "😀", "&amp;", "\u0301", "'s", "na", "lol", "-", "=", "_", "​", "W", "ñ", "</w>", "the", "…"])
    return unit * r.choice([2, 3, 5, 17, 40, 120 // len(unit) + 1]) + r.choice(["", "b", " end", "."])


def specials(r):
    return "".join(r.choice([r.choice(TOKENS), r.choice(TOKENS), r.choice(CONTRACTIONS), " ", "a", "1", "dog"]) for _ in range(r.randint(1, 7)))


def letters(r):
    return "".join(r.choice("abcdefghijklmnopqrstuvwxyzABC'-0123456789 .,!éü") for _ in range(r.randint(1, 40)))


def lines(r):
    return r.choice(["\n", "\r\n", "\r", "\u2028", " \n", "<br>\n"]).join(r.choice(MAKERS[:-2])(r)[:30] for _ in range(r.randint(2, 4)))


def joined(r):
    return r.choice(["", " ", "\xa0"]).join(r.choice(MAKERS[:-2])(r)[:30] for _ in range(r.randint(2, 3)))


MAKERS = [
    caption, code, sentence, mojibake, mojibake, mojibake, mixed_mojibake, mixed_mojibake, nearly_utf8, nearly_utf8, badness_soup, clue_soup, entities, entities,
    code_points, code_points, one_block, marks, case, controls, whitespace, surrogates, runs, specials, letters, lines, joined,
]


def strings(seed: int, count: int):
    """`count` strings, every maker in its turn."""
    r = random.Random(seed)
    for i in range(count):
        text = MAKERS[i % len(MAKERS)](r)
        # A pair of surrogates is one character in JSON and in JavaScript, so it is one here.
        yield text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
