"""Byte streams as a client may send them: series of requests, right and wrong (Hypothesis)."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from hypothesis import strategies as st

from tests.live.messages import (
    AUTHORIZATION,
    BODIES,
    BROKEN_CHUNKS,
    CHUNKED,
    EXTENSIONS,
    FIELDS,
    HOST,
    HUGE_BODIES,
    HUGE_FIELDS,
    JSON,
    LINES,
    STRANGE_FIELDS,
    STRANGE_LINES,
    TRAILERS,
    Framing,
    chunk,
    length,
    message,
)

_MOST_PIECES = 3000  # of a stream: what is longer is cut in its first bytes only
_MOST_PAUSING = 0.1  # seconds, in all

_bodies = st.sampled_from(BODIES)


@st.composite
def _in_chunks(draw: st.DrawFn) -> Framing:
    body = draw(_bodies)
    sizes = draw(st.lists(st.integers(1, 40), max_size=4))
    chunks = []
    for size in sizes:
        data, body = body[:size], body[size:]
        if data:
            chunks.append(chunk(data, draw(st.sampled_from(EXTENSIONS))))
    rest = [chunk(body)] if body else []
    end = b"0%s\r\n%s\r\n" % (draw(st.sampled_from(EXTENSIONS)), draw(st.sampled_from(TRAILERS)))
    return (CHUNKED,), b"".join([*chunks, *rest, end])


def _sized(body: bytes, more: int = 0) -> Framing:
    return (length(body, more),), body


_without: st.SearchStrategy[Framing] = st.just(((), b""))
_right = st.one_of(_bodies.map(_sized), _bodies.map(_sized), _in_chunks(), _without)
_wrong = st.one_of(
    st.builds(_sized, _bodies, st.sampled_from([-9, -2, -1, 1, 2, 7, 70_000, 10**12])),
    st.tuples(
        st.just((CHUNKED,)),
        st.builds(
            bytes.__add__, st.sampled_from([b"", chunk(b"{")]), st.sampled_from(BROKEN_CHUNKS)
        ),
    ),
    _in_chunks().map(lambda framing: ((*framing[0], b"Content-Length: 4"), framing[1])),
    st.sampled_from([b"Content-Length: +4", b"Content-Length: 4, 4", b"Content-Length: 4 4"]).map(
        lambda field: ((field,), b"abcd")
    ),
)
_huge = st.sampled_from(HUGE_BODIES).flatmap(
    lambda body: st.sampled_from([_sized(body), ((CHUNKED,), chunk(body) + b"0\r\n\r\n")])
)


def _composed(line: bytes, more: list[bytes], framing: Framing) -> bytes:
    fields, body = framing
    return message(line, (HOST, *more, AUTHORIZATION, JSON, *fields), body)


_a_few = partial(st.lists, max_size=2)
_good = st.builds(_composed, st.sampled_from(LINES), _a_few(st.sampled_from(FIELDS)), _right)
_bad = st.one_of(
    st.builds(_composed, st.sampled_from(STRANGE_LINES), _a_few(st.sampled_from(FIELDS)), _right),
    st.builds(
        _composed,
        st.sampled_from(LINES),
        _a_few(st.sampled_from(FIELDS + STRANGE_FIELDS), min_size=1),
        _right,
    ),
    st.builds(_composed, st.sampled_from(LINES), _a_few(st.sampled_from(FIELDS)), _wrong),
    st.binary(min_size=1, max_size=40),
)
_big = st.one_of(
    st.builds(
        _composed, st.sampled_from(LINES), st.sampled_from(HUGE_FIELDS).map(lambda f: [f]), _right
    ),
    st.builds(_composed, st.sampled_from(LINES), _a_few(st.sampled_from(FIELDS)), _huge),
)
_empty_lines = st.sampled_from([b"", b"", b"", b"\r\n", b"\r\n\r\n"])
_kinds = st.sampled_from([_good] * 12 + [_bad] * 3 + [_big])

streams = st.lists(
    st.builds(bytes.__add__, _empty_lines, _kinds.flatmap(lambda kind: kind)),
    min_size=1,
    max_size=5,
).map(b"".join)
"""A series of requests, of which most are right."""


def edges_of(stream: bytes) -> list[int]:
    """Return the places around the ends of lines and names, where a parser changes its state."""
    ends = [place for place, byte in enumerate(stream) if byte in b"\r\n:;"]
    return sorted({end + more for end in ends for more in (-1, 0, 1, 2)} | {0})


class Cutting(NamedTuple):
    """A way to cut any stream: every `step` bytes, or at places and next to its edges."""

    step: int
    places: Sequence[int]
    edges: Sequence[int]
    pause: float

    def of(self, stream: bytes) -> tuple[list[int], float]:
        cuts = list(range(self.step, len(stream), self.step))[:_MOST_PIECES] if self.step else []
        cuts += [place % len(stream) for place in self.places]
        near = edges_of(stream)
        cuts += [near[edge % len(near)] for edge in self.edges]
        return cuts, min(self.pause, _MOST_PAUSING / (len(cuts) + 1))


_pauses = st.sampled_from([0.0, 0.001, 0.003])
cuttings = st.one_of(
    st.builds(Cutting, st.sampled_from([1, 2, 3, 7, 64, 1460]), st.just(()), st.just(()), _pauses),
    st.builds(
        Cutting,
        st.just(0),
        st.lists(st.integers(0, 2**17), max_size=6),
        st.lists(st.integers(0, 2000), max_size=6),
        _pauses,
    ),
)
