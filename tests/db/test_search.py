"""What a search finds, as Unicode's own tables have it, in databases of different locales.

Two texts match where `str.casefold` makes their canonical decompositions the same (Unicode 3.13,
D145). That goes beyond capitals and small letters in VARIANTS alone, which tests leave out, and
keeps the dot of the Turkish capital I.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from unicodedata import normalize

import psycopg2
import pytest
from psycopg2.extensions import make_dsn
from sqlalchemy import literal_column

from db import pages, schema, search
from db.parts import Statement
from tests.db.postgres import Server
from tests.db.test_plans import ALONG_THE_KEY, FILL, kinds, steps

ROUNDS = 400
TEXTS = 20

CHARACTERS = [chr(code) for code in range(0x30000) if not 0xD800 <= code < 0xE000]
COMPOSED = [each for each in CHARACTERS if normalize("NFD", each) != each]
CASED = [each for each in CHARACTERS if each.lower() != each or each.upper() != each]
ACCENTS = {accent for each in COMPOSED for accent in normalize("NFD", each)[1:]}
ACCENTS |= {each for each in COMPOSED if normalize("NFD", each)[0] in ACCENTS}
VARIANTS = {
    each
    for each in CASED
    if each not in COMPOSED
    and each not in "ßẞς"
    and each.casefold() not in {each.lower(), each.upper()}
} | {each for each in CASED if len(each.casefold()) > 1 and each not in {*COMPOSED, *"ßẞ"}}

WRITTEN = (
    "straßeẞsSRAbcde",
    "οδοςΟΔΣάΰΐϊΆ ",
    "iİI\N{LATIN SMALL LETTER DOTLESS I}îÍ\u0307 ",
    "milkK\N{KELVIN SIGN}Å\N{ANGSTROM SIGN}ω\N{OHM SIGN}",
    "résuméÉS",
    "thuếẾểẹệ ",
    "молокоёЁйЙ",
    "각하가나글\u1100\u1161\u11a8",
    "%_\\.*'[]()\"^$?+{}|-#&\n ",
    "アガカか゛",
    "ǅǆǄნᲜᏸᏰꭰᎠ",
    "xao\u0301\u0302\u0323\u0331",
)

Matched = Callable[[list[str], list[dict[str, str | None]]], list[bool]]
Found = Callable[[list[tuple[str, str]]], list[bool]]


def folded(text: str) -> str:
    return re.sub("i\u0307+", "i", normalize("NFD", normalize("NFD", text).casefold()))


@cache
def contains(text: str, q: str) -> bool:
    """Tell whether a part of the text, between whole letters, is the other but for its case."""
    text, wanted = normalize("NFD", text), folded(q)
    ends = [end for end in range(1, len(text) + 1) if text[end : end + 1] not in ACCENTS]
    return any(folded(text[start:end]) == wanted for end in ends for start in range(end))


@pytest.fixture(scope="session")
def locale_c(running_server: Server) -> str:
    return running_server.dsn


@pytest.fixture(scope="session")
def locale_of_libc(running_server: Server) -> str:
    """A database of the same server, with the locale that glibc always has."""
    running_server.sql("CREATE DATABASE libc TEMPLATE template0 LOCALE 'C.UTF-8'")
    return str(make_dsn(running_server.dsn, dbname="libc"))


@pytest.fixture(scope="module", params=["database_url", "locale_c", "locale_of_libc"])
def matched(request: pytest.FixtureRequest) -> Iterator[Matched]:
    """Tell of texts and the parameters of searches whether PostgreSQL finds one by the other."""
    clause = Statement.of("matched", "", pages._contains(literal_column("text")))
    columns = {name: name for name in search.parameters(None)}
    arrays = ", ".join(["%s::text[]"] * (len(columns) + 1))
    names = f"WITH ORDINALITY AS given (text, {', '.join(columns)}, number)"
    select = f"SELECT {clause % columns} FROM unnest({arrays}) {names} ORDER BY number"
    with closing(psycopg2.connect(request.getfixturevalue(request.param))) as connection:

        def matched(texts: list[str], asked: list[dict[str, str | None]]) -> list[bool]:
            given = [texts, *([each[name] for each in asked] for name in columns)]
            with connection.cursor() as cursor:
                cursor.execute(select, given)
                return [answer for (answer,) in cursor]

        yield matched


@pytest.fixture(scope="module")
def found(matched: Matched) -> Found:
    def found(pairs: list[tuple[str, str]]) -> list[bool]:
        return matched([text for text, _ in pairs], [search.parameters(q) for _, q in pairs])

    return found


def wrong(found: Found, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    answers = zip(pairs, found(pairs), strict=True)
    return [pair for pair, answer in answers if answer != contains(*pair)]


def written_otherwise(character: str) -> set[str]:
    cases = {character, character.lower(), character.upper(), character.title(), f"x{character}y"}
    return {normalize(form, each) for each in cases for form in ("NFC", "NFD")} | cases


def test_every_letter_is_found_however_it_is_written(found: Found) -> None:
    letters = [each for each in {*CASED, *COMPOSED} if not VARIANTS & {*normalize("NFD", each)}]
    pairs = [(text, each) for each in sorted(letters) for text in written_otherwise(each)]

    assert len(letters) > 15_000
    assert wrong(found, pairs) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_search_finds_what_unicode_says(found: Found, seed: int) -> None:
    chance = random.Random(seed)
    pairs = [pair for _ in range(ROUNDS) for pair in some(chance)]
    expected = [contains(*pair) for pair in pairs]

    assert 0.2 < sum(expected) / len(expected) < 0.8
    assert wrong(found, pairs) == []


def some(chance: random.Random) -> Iterator[tuple[str, str]]:
    q = word(chance)
    for _ in range(TEXTS):
        around = [word(chance) if chance.random() < 0.5 else "" for _ in range(2)]
        inner = rewritten(q, chance)
        inner = inner if chance.random() < 0.6 else inner[:-1] + inner[1:]
        yield inner.join(around), q


def word(chance: random.Random) -> str:
    letters = chance.choice([*WRITTEN, CASED, COMPOSED])
    drawn = "".join(chance.choices(letters, k=chance.randint(1, 6)))
    return "".join(each for each in drawn if not VARIANTS & {*normalize("NFD", each)}) or "x"


def rewritten(text: str, chance: random.Random) -> str:
    for _ in range(3):
        way: Callable[[str], str] = chance.choice(
            [
                str.upper,
                str.lower,
                str.swapcase,
                lambda text: normalize("NFC", text),
                lambda text: normalize("NFD", text),
                lambda text: text.replace("ss", "ß"),
                lambda text: text.replace("ß", "ẞ"),
                lambda text: re.sub(
                    "[\u0301\u0302\u0323\u0331]{2,}",
                    lambda accents: "".join(chance.sample(accents[0], len(accents[0]))),
                    text,
                ),
            ]
        )
        text = way(text)
    return text


def test_other_forms_of_a_letter_are_letters_of_their_own(found: Found) -> None:
    assert len(VARIANTS) == 34
    assert all(found([(variant, variant) for variant in VARIANTS]))
    assert not any(found([(variant, variant.casefold()) for variant in VARIANTS]))
    assert not any(found([(variant.casefold(), variant) for variant in VARIANTS]))


@pytest.mark.parametrize("order", ALONG_THE_KEY)
@pytest.mark.parametrize("q", ["no such words", "no such café", "한국어"])
def test_the_locale_c_changes_no_plan(locale_c: str, order: str, q: str) -> None:
    schema.upgrade(locale_c)
    values = {"user": "busy", "limit": 51, **search.parameters(q)}
    text = pages.page(order, frozenset({"q"}), goes_on=False)
    with closing(psycopg2.connect(locale_c)) as connection, connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", values)
        [[[explained]]] = cursor

    assert kinds(list(steps(explained["Plan"]))) == ["Limit", "Index Scan", "Function Scan"]


@pytest.mark.parametrize(
    ("q", "hint", "in_ascii"),
    [
        ("MILK", "mi", "m"),
        ("First", "rst", "rst"),
        ("work", "work", "wor"),
        ("Straße", "stra", "stra"),
        ("молоко", "молоко", None),
        ("ΟΔΟΣ", "οδο", None),
        ("café au lait", " au lai", " au la"),
        ("买牛奶", "买牛奶", None),
        ("100%", "100%", "100%"),
        ("각하", None, None),
    ],
)
def test_most_tasks_are_passed_over_by_a_part_of_the_text(
    q: str, hint: str | None, in_ascii: str | None
) -> None:
    asked = search.parameters(q)

    assert (asked["hint"], asked["ascii_hint"]) == (hint, in_ascii)


def test_a_hint_passes_tasks_over_in_every_locale(matched: Matched) -> None:
    def with_hint(hint: str) -> dict[str, str | None]:
        return {"q": "", "hint": hint, "ascii_hint": hint, "accents": None}

    assert matched(["Buy BREAD"] * 2, [with_hint("bread"), with_hint("milk")]) == [True, False]
