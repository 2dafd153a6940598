"""Changes that make other streams of a stream, most of them wrong (Hypothesis)."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from tests.live.streams import edges_of

_INSERTED = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b" ",
    b"\0",
    b"0\r\n\r\n",
    b"\r\nContent-Length: 5",
    b"\r\nTransfer-Encoding: chunked",
    b"\r\nConnection: upgrade\r\nUpgrade: h2c",
    b"\r\nConnection: close",
]


class Mutation(NamedTuple):
    """A change of a stream, at a place or at one of its edges."""

    kind: str
    place: int
    at_edge: bool
    size: int
    distance: int
    inserted: bytes

    def of(self, stream: bytes) -> bytes:
        near = edges_of(stream)
        place = near[self.place % len(near)] if self.at_edge else self.place % len(stream)
        before, piece, behind = _parted(stream, place, self.size)
        if self.kind == "flip":
            flipped = bytes(byte ^ 1 + self.distance % 255 for byte in piece[:1])
            return before + flipped + piece[1:] + behind
        if self.kind == "swap":
            between, other, rest = _parted(behind, self.distance, self.size)
            return before + other + between + piece + rest
        if self.kind == "insert":
            return before + self.inserted + piece + behind
        return before + (piece * 2 if self.kind == "double" else b"") + behind


def _parted(stream: bytes, place: int, size: int) -> tuple[bytes, bytes, bytes]:
    return stream[:place], stream[place : place + size], stream[place + size :]


mutations = st.builds(
    Mutation,
    st.sampled_from(["flip", "delete", "double", "swap", "insert"]),
    st.integers(0, 10_000),
    st.booleans(),
    st.one_of(st.integers(1, 4), st.integers(1, 400)),
    st.integers(0, 1000),
    st.sampled_from(_INSERTED),
)


def mutated(stream: bytes, changes: Sequence[Mutation]) -> bytes:
    for change in changes:
        stream = change.of(stream) or stream
    return stream
