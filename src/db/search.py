"""What a search finds, whatever locale the database has: a regular expression, and a hint.

PostgreSQL's `lower()` depends on the locale, knows nothing of `ß`, and takes `é` and `e` with an
accent for two texts. So the expression spells out how each letter can be written. It costs three
times as much as `lower()`, so the hint, a part of the text that is always found in lower case,
decides first which tasks are worth it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, zip_longest
from unicodedata import category, combining, is_normalized, normalize

_ASSIGNED = 0x30000  # no letter or accent lies beyond
_LONG_KNOWN = 0x590  # up to here, any locale but C pairs all letters as Python does
_NEAR = 0x40  # matching more than the accents in between costs less than many small ranges
_KEPT = 4096  # parts of searches, of which languages have few
_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
_MOST_LINKED = 12
"""No word has more `s` in a row than this, whose ways to be written multiply."""


def parameters(q: str | None) -> dict[str, str | None]:
    """Return the parameters of a page's statement for a search, NULL where there is none.

    `q` is the expression, `hint` may be NULL nevertheless, and `accents` matches the texts that
    have to be decomposed before they are compared.
    """
    if q is None:
        return {"q": None, "hint": None, "accents": None}
    text = folded(q)
    parts = _parts(text)
    expression = "".join([*map(_ways, parts), _WHOLE_LETTER])
    return {"q": expression, "hint": _hint(parts), "accents": _accents(text)}


def folded(text: str) -> str:
    """Return what is the same in texts that differ in case or in how accents are written.

    That is the lower case of the canonical decomposition (Unicode 3.11, D68), with one small sigma,
    `ss` for `ß`, and without the dot above an `i`, as only the Turkish capital has one.
    """
    # Letter by letter, as the last sigma of a word has another lower case.
    lower = "".join(map(str.lower, normalize("NFD", text)))
    return re.sub("i\u0307+", "i", lower).replace("ς", _SIGMA).replace("ß", "ss")


def _spellings() -> dict[str, str]:
    """Return, by folded text, the single characters that are another writing of it."""
    found: defaultdict[str, str] = defaultdict(str, {"ss": "ß", _SIGMA: "ς"})
    for character in map(chr, range(_ASSIGNED)):
        if character.lower() != character or not is_normalized("NFD", character):
            found[folded(character)] += character
    return dict(found)


_SPELLINGS = _spellings()
_LONGEST = max(map(len, _SPELLINGS))
_SECOND = {text[1] for text in _SPELLINGS if len(text) > 1}
_COMPOSED = "".join(_SPELLINGS.values())
_ACCENTS = {accent for letter in _COMPOSED for accent in normalize("NFD", letter)[1:]}
_ACCENTS |= {accent for accent in _COMPOSED if normalize("NFD", accent)[0] in _ACCENTS}
_MARKS = _ACCENTS | {character for character in map(chr, range(_ASSIGNED)) if combining(character)}


def _escaped(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"  # noqa: PLR2004 (UTF-16's)


def _any_of(characters: str) -> str:
    escaped = "".join(map(_escaped, characters))
    return escaped if len(characters) == 1 else f"[{escaped}]"


def _ranges(characters: set[str], *, gap: int) -> str:
    """Return the ranges of characters, and of what lies in gaps between them."""
    ordered = sorted(characters)
    breaks = [pair for pair in pairwise(ordered) if ord(pair[1]) - ord(pair[0]) > gap]
    firsts = [ordered[0], *(first for _, first in breaks)]
    lasts = [*(last for last, _ in breaks), ordered[-1]]
    ranges = zip(firsts, lasts, strict=True)
    return "".join(f"{_escaped(first)}-{_escaped(last)}" for first, last in ranges)


_WITH_ACCENTS = f"[{_ranges(_MARKS, gap=_NEAR)}]"
_WHOLE_LETTER = f"([^{_ranges(_ACCENTS, gap=1)}]|$)"


def _parts(text: str) -> list[str]:
    """Cut a folded text into letters, and rows of letters that fewer characters can stand for."""
    parts, start = [], 0
    while start < len(text):
        at, end = start, start + 1
        while at < end < start + _MOST_LINKED:
            end = max([end, *(at + length for length, _ in _shorter(text, at))])
            at += 1
        end = min(end, start + _MOST_LINKED)
        parts.append(text[start:end])
        start = end
    return parts


@lru_cache(_KEPT)
def _ways(part: str) -> str:
    """Match every way to write a part: cut in the middle, or with a character across the cut."""
    if len(part) <= 1:
        return _letter(part)
    middle = len(part) // 2
    ways = [_ways(part[:middle]) + _ways(part[middle:])]
    for at in range(middle):
        for length, written in _shorter(part, at):
            if at + length > middle:
                ways.append(_ways(part[:at]) + _any_of(written) + _ways(part[at + length :]))
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _shorter(text: str, at: int) -> Iterator[tuple[int, str]]:
    """Find how many letters from here on are one character, and which characters that can be."""
    if text[at + 1 : at + 2] in _SECOND:
        for length in range(2, min(_LONGEST, len(text) - at) + 1):
            if written := _SPELLINGS.get(text[at : at + length]):
                yield length, written


def _letter(letter: str) -> str:
    if not letter:
        return ""
    written = _any_of(letter + _SPELLINGS.get(letter, ""))
    return rf"{written}\u0307*" if letter == "i" else written


def _accents(text: str) -> str | None:
    """Match what the search, where it has accents, can be found in only once it is decomposed.

    That is a text whose accents could stand in another order; any, for a search that begins with
    one; and none (NULL) for a search without.
    """
    if text[0] in _MARKS:
        return ""
    return _WITH_ACCENTS if any(map(combining, text)) else None


def _hint(parts: list[str]) -> str | None:
    """Return the longest part that is in every match's lower case as it stands, if there is one."""
    runs = [""]
    for part, following in zip_longest(parts, parts[1:], fillvalue=""):
        plain = _plain(part) and following[:1] not in _MARKS
        runs[-1] += part if plain else ""
        if not plain or part == "i":  # which a dot may follow
            runs.append("")
    return max(runs, key=len) or None


@lru_cache(_KEPT)
def _plain(part: str) -> bool:
    """Tell whether every writing of a part has it, and nothing before it, as its lower case."""
    if len(part) > 1 or part in _MARKS or category(part) == "Cn":
        return False  # of the last, PostgreSQL may know more than this Python
    written = _SPELLINGS.get(part, "")
    known = ord(part) < _LONG_KNOWN or not written
    return known and all(each.lower()[0] == part for each in written)
