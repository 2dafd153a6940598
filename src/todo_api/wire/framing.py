"""The end of a request's body (RFC 9112, 6 and 7).

A body is consumed from the front of the received bytes, to be kept or skipped, and nothing after
its end is touched.
"""

import re
from typing import Protocol

from todo_api.problems.errors import MalformedRequest, PayloadTooLarge

MOST_BYTES = 65_536
"""The maximum of a body: at most `head.MOST_BYTES`, as the inbox holds one of known length."""
MOST_FRAMING = 8_192
"""The maximum of a chunked body's bytes that are not data, plus `_PER_LINE` for each line.

`_PER_LINE` says what this allows.
"""
_PER_LINE = 12
"""Bytes that each line counts in addition, because a chunk of one byte takes as long as any.

So 64 KiB may come in chunks of 144 bytes, and no body has more than 546 lines of framing.
"""

_CHUNK = re.compile(rb"([0-9A-Fa-f]+)(?:;[\t -~\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t -~\x80-\xff]*\r\n")
_NO_TRAILERS = frozenset({b"content-length", b"transfer-encoding"})
"""They frame a message: who takes them for fields of the head reads another (RFC 9110, 6.5.1)."""
_LONGEST_SIZE = 16  # digits, including leading zeros; as many as 64 bits have


class Body(Protocol):
    """A body that is being received."""

    def consume(self, received: bytearray) -> bool:
        """Take the body's bytes from the front of `received`, and tell whether it is complete.

        Raises `PayloadTooLarge` and `MalformedRequest`; the body's end is unknown then.
        """

    @property
    def content(self) -> bytes:
        """The body, once it is complete."""

    @property
    def held(self) -> int:
        """The number of bytes taken and kept."""


class Sized:
    """A body of known length."""

    held = 0

    def __init__(self, length: int) -> None:
        self._length = length
        self.content = b""

    def consume(self, received: bytearray) -> bool:
        """See `Body`; bytes stay in `received` until the body is complete."""
        if self._length > MOST_BYTES:
            raise PayloadTooLarge
        if len(received) < self._length:
            return False
        self.content = bytes(received[: self._length])
        del received[: self._length]
        return True


class Chunked:
    """A chunked body; extensions and trailers are ignored (RFC 9112, 7.1), once they are valid."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._left = 0
        """Missing bytes of the current chunk."""
        self._in_chunk = self._in_trailer = False
        self._framing = 0

    @property
    def content(self) -> bytes:
        """The body, once it is complete."""
        return bytes(self._content)

    @property
    def held(self) -> int:
        """The number of bytes taken and kept."""
        return len(self._content)

    def consume(self, received: bytearray) -> bool:
        """See `Body`."""
        while True:
            if self._in_chunk and not self._end_chunk(received):
                return False
            line = self._line(received)
            if line is None:
                return False
            if not self._in_trailer:
                self._begin_chunk(line)
            elif line == b"\r\n":
                return True
            else:
                _check_trailer(line)

    def _line(self, received: bytearray) -> bytes | None:
        end = received.find(b"\n") + 1
        length = (end or len(received)) + _PER_LINE
        if self._framing + length > MOST_FRAMING:
            raise MalformedRequest
        if not end:
            return None
        self._framing += length
        line = bytes(received[:end])
        del received[:end]
        return line

    def _begin_chunk(self, line: bytes) -> None:
        found = _CHUNK.fullmatch(line)
        if found is None or len(found[1]) > _LONGEST_SIZE:
            raise MalformedRequest
        self._left = int(found[1], 16)
        if len(self._content) + self._left > MOST_BYTES:
            raise PayloadTooLarge
        self._in_chunk = self._left > 0
        self._in_trailer = self._left == 0

    def _end_chunk(self, received: bytearray) -> bool:
        """Take what has arrived of a chunk; tell whether it is complete, with its line end."""
        part = received[: self._left]
        self._content += part
        self._left -= len(part)
        del received[: len(part)]
        if self._left or len(received) < len(b"\r\n"):
            return False
        if received[:2] != b"\r\n":
            raise MalformedRequest
        del received[:2]
        self._in_chunk = False
        return True


def _check_trailer(line: bytes) -> None:
    trailer = _TRAILER.fullmatch(line)
    if trailer is None or trailer[1].lower() in _NO_TRAILERS:
        raise MalformedRequest
