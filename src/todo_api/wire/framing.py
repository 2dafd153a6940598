"""Where a request's body ends (RFC 9112, 6 and 7).

A body is consumed from the front of the bytes that a connection has received, either to be kept or
to be skipped, and nothing behind its end is touched.
"""

import re
from typing import Protocol

from todo_api.problems.errors import MalformedRequest, PayloadTooLarge

MOST_BYTES = 65_536
MOST_FRAMING = 8_192
"""Bytes of a chunked body that are not its data, with `_PER_LINE` for each line of them."""
_PER_LINE = 12
"""What reading a line counts for beside its bytes, as a chunk of a byte takes as long as any.

So 64 KiB may come in chunks of 144 bytes, and no body takes longer than 500 lines do.
"""

_CHUNK = re.compile(rb"([0-9A-Fa-f]+)(?:;[\t -~\x80-\xff]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n")
_LONGEST_SIZE = 16  # digits, leading zeros among them


class Body(Protocol):
    """A body that is on its way."""

    def consume(self, received: bytearray) -> bool:
        """Take what belongs to the body from the front of `received`, and say whether it is whole.

        Raises `PayloadTooLarge` and `MalformedRequest`; what follows then can't be told.
        """

    @property
    def content(self) -> bytes:
        """The body, once it is whole."""

    @property
    def held(self) -> int:
        """The bytes that were taken and are kept."""


class Sized:
    """A body of so many bytes."""

    held = 0

    def __init__(self, length: int) -> None:
        self._length = length
        self.content = b""

    def consume(self, received: bytearray) -> bool:
        """See `Body`; what has come stays where it is until all has."""
        if self._length > MOST_BYTES:
            raise PayloadTooLarge
        if len(received) < self._length:
            return False
        self.content = bytes(received[: self._length])
        del received[: self._length]
        return True


class Chunked:
    """A body in chunks; their extensions and the trailer are ignored (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self._content = bytearray()
        self._left = 0
        """Bytes that are to come of a chunk."""
        self._in_chunk = self._in_trailer = False
        self._framing = 0

    @property
    def content(self) -> bytes:
        """The body, once it is whole."""
        return bytes(self._content)

    @property
    def held(self) -> int:
        """The bytes that were taken and are kept."""
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
            elif not _TRAILER.fullmatch(line):
                raise MalformedRequest

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
        """Take what has come of a chunk, and say whether it and its line's end are complete."""
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
