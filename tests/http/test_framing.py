"""Where a body ends: against h11 and llhttp, which are nobody's here."""

from itertools import pairwise
from typing import Any

import h11
import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from todo_api.problems.errors import MalformedRequest, PayloadTooLarge
from todo_api.wire.framing import MOST_BYTES, MOST_FRAMING, Chunked, Sized

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BEHIND = b"GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"

sizes = st.integers(0, 40)
extensions = st.sampled_from([b"", b"", b"", b";a=b", b'; a="b;c"', b" ;a", b" ", b";\x01", b"\t;"])
line_ends = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b""])
FRAMING = [b"Content-Length: 3\r\n", b"transfer-encoding: chunked \t;a=b\r\n"]
trailers = st.sampled_from([b"X: a\r\n", *FRAMING, b" folded\r\n", b"no colon\r\n"])


@st.composite
def chunked(draw: st.DrawFn) -> bytes:
    """A chunked body, mostly a right one."""
    parts = []
    for data in draw(st.lists(st.binary(min_size=1, max_size=20), max_size=4)):
        said = draw(st.sampled_from([len(data)] * 9 + [len(data) + 1]))
        size = draw(st.sampled_from([b"%x", b"%X", b"00%x", b"0x%x", b"+%x", b"%x_"])) % said
        parts += [size, draw(extensions), draw(line_ends), data, draw(line_ends)]
    parts += [b"0", draw(extensions), draw(line_ends), *draw(st.lists(trailers, max_size=2))]
    return b"".join([*parts, draw(line_ends)])


def by_us(stream: bytes, cuts: list[int]) -> tuple[str, bytes, bytes]:
    """What comes of a stream that arrives in pieces, its content, and what is left of it."""
    body, received = Chunked(), bytearray()
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        received += stream[start:end]
        try:
            if body.consume(received):
                return "whole", body.content, bytes(received) + stream[end:]
        except (MalformedRequest, PayloadTooLarge) as error:
            return type(error).__name__, b"", b""
    return "unfinished", b"", b""


def by_h11(stream: bytes) -> tuple[str, bytes, bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(HEAD + stream)
    content = b""
    while True:
        try:
            event: Any = connection.next_event()
        except h11.RemoteProtocolError:
            return "MalformedRequest", b"", b""
        if event is h11.NEED_DATA:
            return "unfinished", b"", b""
        if isinstance(event, h11.Data):
            content += bytes(event.data)
        if isinstance(event, h11.EndOfMessage):
            return "whole", content, connection.trailing_data[0]


class Seen:
    def __init__(self) -> None:
        self.content = b""
        self.urls: list[bytes] = []
        self.complete = 0

    def on_url(self, url: bytes) -> None:
        self.urls.append(url)

    def on_body(self, body: bytes) -> None:
        if len(self.urls) == 1:
            self.content += body

    def on_message_complete(self) -> None:
        self.complete += 1


@given(chunked(), st.lists(st.integers(0, 200), max_size=6))
@example(b"5\r\nhello\r\n0\r\n\r\n", [3])
@example(b"5;a\r\nhello\r\n0;b\r\nX: y\r\n\r\n", [])
def test_what_is_whole_here_is_whole_for_h11_and_cuts_change_nothing(
    stream: bytes, cuts: list[int]
) -> None:
    whole = by_us(stream + BEHIND, [])

    assert by_us(stream + BEHIND, cuts) == whole
    assert by_us(stream + BEHIND, list(range(len(stream + BEHIND)))) == whole
    if whole[0] == "whole":
        assert by_h11(stream + BEHIND) == whole


@given(chunked())
def test_what_is_whole_for_llhttp_is_the_same_here(stream: bytes) -> None:
    seen = Seen()
    try:
        httptools.HttpRequestParser(seen).feed_data(HEAD + stream + BEHIND)
    except httptools.HttpParserError:
        return
    outcome, content, rest = by_us(stream + BEHIND, [])

    if seen.complete == 2 and outcome == "whole":
        assert (content, rest) == (seen.content, BEHIND)
        assert seen.urls == [b"/", b"/behind"]


@pytest.mark.parametrize("body", [b"\r\n", b"\n", b"1\n", b"g\r\n", b"-1\r\n", b"1;\x00\r\n"])
def test_a_bad_size_is_malformed(body: bytes) -> None:
    assert by_us(body, [])[0] == "MalformedRequest"


@pytest.mark.parametrize("trailer", FRAMING)
def test_a_trailer_that_frames_a_message_is_malformed(trailer: bytes) -> None:
    assert by_us(b"0\r\nX: y\r\n%b\r\n" % trailer, [])[0] == "MalformedRequest"


def test_a_body_of_64_kib_is_whole_in_chunks_of_144_bytes() -> None:
    chunk = b"90\r\n%b\r\n" % (b"a" * 0x90)
    stream = b"".join([chunk * (MOST_BYTES // 0x90), b"10\r\n", b"a" * 16, b"\r\n0\r\n\r\n"])

    assert by_us(stream, list(range(0, len(stream), 60_000)))[1] == b"a" * MOST_BYTES


def test_a_byte_more_is_too_large_before_it_has_come() -> None:
    stream = b"%x\r\n%b\r\n1\r\n" % (MOST_BYTES, b"a" * MOST_BYTES)

    assert by_us(stream, [])[0] == "PayloadTooLarge"
    assert by_us(b"%x\r\n" % (MOST_BYTES + 1), [])[0] == "PayloadTooLarge"
    assert by_us(b"f" * 16 + b"\r\n", [])[0] == "PayloadTooLarge"
    assert by_us(b"f" * 17 + b"\r\n", [])[0] == "MalformedRequest"


ENDLESS = {
    "an extension": b"1;" + b"a" * MOST_FRAMING * 2,
    "extensions": b"1;aaaa\r\na\r\n" * MOST_FRAMING,
    "chunks of a byte": b"1\r\na\r\n" * MOST_FRAMING,
    "a size": b"0" * MOST_FRAMING * 2,
    "a trailer field": b"0\r\nX: " + b"a" * MOST_FRAMING,
    "trailer fields": b"0\r\n" + b"X: a\r\n" * MOST_FRAMING,
}


@pytest.mark.parametrize("stream", ENDLESS.values(), ids=ENDLESS)
def test_what_has_no_end_is_malformed(stream: bytes) -> None:
    assert by_us(stream, [])[0] == "MalformedRequest"
    assert by_us(stream, list(range(0, len(stream), 999)))[0] == "MalformedRequest"


def test_a_body_of_a_size_ends_there() -> None:
    body, received = Sized(5), bytearray(b"hell")

    assert not body.consume(received)
    received += b"oGET"
    assert body.consume(received)
    assert (body.content, bytes(received)) == (b"hello", b"GET")
    with pytest.raises(PayloadTooLarge):
        Sized(MOST_BYTES + 1).consume(received)
