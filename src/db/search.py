"""Search independently of the database's locale, with a regular expression and a hint.

PostgreSQL's `lower()` depends on the locale, does not fold `ß`, and treats `é` and `e` with a
combining accent as different texts. So the expression lists the spellings of each letter. It costs
three times as much as `lower()`. A hint is a part of the search text that `lower()` always finds,
and filters the tasks first: one in common locales, and one in all others, such as C and the
Turkish, where `lower()` maps no letters beyond ASCII, or I to another letter than i.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise, zip_longest
from unicodedata import category, combining, is_normalized, normalize

_ASSIGNED = 0x30000  # from here on, nothing has a case, a decomposition or an accent
_LONG_KNOWN = 0x590  # below this, every locale but C maps case as Python does
_NEAR = 0x40  # one range that covers other characters, too, is cheaper than many small ones
_KEPT = 4096  # cached parts of searches; a language has few
_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
_MOST_LINKED = 12
"""A limit on `s` in a row: the number of spellings (`ss` or `ß`) grows exponentially."""


def parameters(q: str | None) -> dict[str, str | None]:
    """Return a search's parameters for the statement of a page; all are NULL without a search.

    `q` is the expression. `hint`, for common locales, and `ascii_hint`, for all, may be NULL with a
    search, too. `accents` matches the texts that have to be decomposed before they are compared.
    """
    if q is None:
        return dict.fromkeys(("q", "hint", "ascii_hint", "accents"))
    text = folded(q)
    parts = _parts(text)
    expression = "".join([*map(_ways, parts), _WHOLE_LETTER])
    return {
        "q": expression,
        "hint": _hint(parts, _plain),
        "ascii_hint": _hint(parts, _plain_in_ascii),
        "accents": _accents(text),
    }


def folded(text: str) -> str:
    """Return the same text for texts that differ in case or in the composition of accents.

    It is the lower case of the canonical decomposition (Unicode 3.11, D68), with one small sigma,
    `ss` for `ß`, and no dot above `i`, which only the Turkish capital has.
    """
    # Letter by letter, because a word's final sigma has another lower case.
    lower = "".join(map(str.lower, normalize("NFD", text)))
    return re.sub("i\u0307+", "i", lower).replace("ς", _SIGMA).replace("ß", "ss")


def _spellings() -> dict[str, str]:
    """Return, by folded text, the single characters that fold to it."""
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
    """Return the characters as ranges that bridge gaps of up to `gap` code points."""
    ordered = sorted(characters)
    breaks = [pair for pair in pairwise(ordered) if ord(pair[1]) - ord(pair[0]) > gap]
    firsts = [ordered[0], *(first for _, first in breaks)]
    lasts = [*(last for last, _ in breaks), ordered[-1]]
    ranges = zip(firsts, lasts, strict=True)
    return "".join(f"{_escaped(first)}-{_escaped(last)}" for first, last in ranges)


_WITH_ACCENTS = f"[{_ranges(_MARKS, gap=_NEAR)}]"
_WHOLE_LETTER = f"([^{_ranges(_ACCENTS, gap=1)}]|$)"


def _parts(text: str) -> list[str]:
    """Split a folded text into letters, and into runs that have spellings with fewer characters."""
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
    """Match every spelling of a part: split in the middle, or with a character across the split."""
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
    """Yield how many letters from here on can be a single character, and which characters."""
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
    """Return what matches the texts that have to be decomposed before this search.

    For a search with accents, these are texts with accents, whose order may differ; for a search
    that begins with an accent, all texts; for a search without accents, none (NULL).
    """
    if text[0] in _MARKS:
        return ""
    return _WITH_ACCENTS if any(map(combining, text)) else None


def _hint(parts: list[str], is_plain: Callable[[str], bool]) -> str | None:
    """Return the longest substring that `lower()` of every match contains, or None."""
    runs = [""]
    for part, following in zip_longest(parts, parts[1:], fillvalue=""):
        plain = is_plain(part) and following[:1] not in _MARKS
        runs[-1] += part if plain else ""
        if not plain or part == "i":  # a dot may follow
            runs.append("")
    return max(runs, key=len) or None


@lru_cache(_KEPT)
def _plain(part: str) -> bool:
    """Tell whether the lower case of every spelling of a part begins with the part."""
    if len(part) > 1 or part in _MARKS or category(part) == "Cn":
        return False  # unassigned here, but PostgreSQL's Unicode may be newer
    written = _SPELLINGS.get(part, "")
    known = ord(part) < _LONG_KNOWN or not written
    return known and all(each.lower()[0] == part for each in written)


@lru_cache(_KEPT)
def _plain_in_ascii(part: str) -> bool:
    """Tell whether a part is plain where `lower()` maps nothing but ASCII, and perhaps not I."""
    return _plain(part) and (part + _SPELLINGS.get(part, "")).isascii()
