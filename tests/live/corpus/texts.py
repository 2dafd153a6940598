"""Titles and descriptions: all that may be stored, and what may not."""

import json

from tests.live.corpus.case import Cases, creation

_STORED = {
    "ASCII": "".join(map(chr, range(0x20, 0x7F))),
    "control characters": "".join(map(chr, range(1, 0x20))) + "\x7f\x80\x9f",
    "a separator that only Python takes for white": "\x1c",
    "a zero-width space alone": "\u200b",
    "a zero-width joiner alone": "\u200d",
    "a soft hyphen alone": "\xad",
    "a former white space alone": "\u180e",
    "white space around": " \t\nmilk\u2003\u3000",
    "a byte order mark inside": "\ufeffmilk",
    "line and paragraph separators": "a\u2028b\u2029c\x85d",
    "carriage returns": "a\r\nb\rc\n",
    "emoji": "🥛👩‍👩‍👧‍👦🇪🇺",
    "200 beyond the basic plane": "🥛" * 200,
    "a combining character alone": "\u0301",
    "stacked marks": "Z" + "\u0335\u0322\u0489" * 60,
    "composed and decomposed": "é e\u0301 ﬁ Å \u212b",
    "right to left": "\u202eקנה חלב\u202c \u2067חלב\u2069",
    "noncharacters": "\ufffe\uffff\ufdd0\U0010ffff",
    "private use": "\ue000\U000f0000",
    "a replacement character": "\ufffd",
    "case that changes its length": "ß İ ŉ ΐ",
    "quotes": "'; DROP TABLE tasks; -- \" ` $$ $tag$ E'\\''",
    "backslashes": "\\ \\\\ \\x00 \\u0000 \\0 \\",
    "placeholders": "% %s %(user)s %% {} {0} ${x} :x $1 ?",
    "markup": "<script>alert(1)</script>&amp;<![CDATA[",
    "JSON in JSON": '{"title": null}',
    "words of programs": "null undefined NaN true __proto__",
    "a formula": "=cmd|' /C calc'!A0",
    "a forged log line": '\n{"level":"ERROR","message":"Traceback"}\n',
    "terminal escapes": "\x1b]0;owned\x07\x1b[2J",
}
_WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_REFUSED = {
    "nothing": "",
    "201 characters": "a" * 201,
    "201 beyond the basic plane": "🥛" * 201,
    "NUL alone": "\0",
    "NUL inside": "a\0b",
    "NUL at the end": "a\0",
    "all white space there is": _WHITE,
} | {f"U+{ord(white):04X} alone": white for white in _WHITE}
_DESCRIPTIONS = {
    "none": (None, 201),
    "empty": ("", 201),
    "white": (_WHITE, 201),
    "1000 characters": ("a" * 1000, 201),
    "1000 beyond the basic plane": ("🥛" * 1000, 201),
    "1001 characters": ("a" * 1001, 422),
    "1001 beyond the basic plane": ("🥛" * 1001, 422),
    "NUL": ("\0", 422),
}


def _titled(title: str) -> dict[str, str]:
    return {"title": title}


def _cases(*, escaped: bool) -> Cases:
    """Return every text, as ASCII or as the characters themselves."""
    texts = {f"title, {name}": (_titled(text), 201) for name, text in _STORED.items()}
    texts |= {f"title, {name}": (_titled(text), 422) for name, text in _REFUSED.items()}
    described = {
        f"description, {name}": ({"title": "a", "description": text}, status)
        for name, (text, status) in _DESCRIPTIONS.items()
    }
    return {
        name: creation(json.dumps(body, ensure_ascii=escaped).encode(), status)
        for name, (body, status) in {**texts, **described}.items()
    }


GROUPS = {"text in UTF-8": _cases(escaped=False), "escaped text": _cases(escaped=True)}
