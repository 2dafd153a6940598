"""The head of a request, parsed once it is complete (RFC 9112, 2, 3 and 5)."""

import re

from httptools import (
    HttpParserError,
    HttpParserInvalidURLError,
    HttpParserUpgrade,
    HttpRequestParser,
    parse_url,
)

from compiled.bodies import declared_length
from compiled.request import HeaderFields, fields_by_name
from todo_api.problems.errors import HeadTooLarge, MalformedRequest

MOST_BYTES = 65_536
"""The maximum of a head, and of what an inbox holds: `framing.MOST_BYTES` can't be larger."""
MOST_FIELDS = 100  # as many as Apache accepts by default (LimitRequestFields)
LONGEST_PATH = 4096
"""Bytes; the longest that the contract allows has 3,090. It takes 1.5 ms to decode at worst."""

_END = re.compile(rb"\n\r?\n")
_REQUEST_LINE = re.compile(rb"([!-~]+) ([!-~]+) HTTP/1\.([01])\r\n")
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_OPTION = rb"(?:^|,)[ \t]*%b[ \t]*(?:,|$)"
_CLOSE = re.compile(_OPTION % b"close", re.IGNORECASE)
_KEEP_ALIVE = re.compile(_OPTION % b"keep-alive", re.IGNORECASE)
_LINES_BESIDE_FIELDS = 2  # the request line, and the empty one


def end_of_head(data: bytearray, searched: int) -> int:
    """Return the end of the head at the start of `data`, or 0 if it is incomplete.

    `searched` is the number of bytes that were searched before. Raises `MalformedRequest` and
    `HeadTooLarge` as soon as the head can't become valid any more.
    """
    found = _END.search(data, max(0, searched - 2))
    if data[0] not in _TOKEN:
        raise MalformedRequest
    if found is None and len(data) >= MOST_BYTES:
        raise HeadTooLarge
    return found.end() if found else 0


class Head:
    """A parsed head; raises `MalformedRequest` and `HeadTooLarge`.

    It is parsed twice: the request line by our own regular expression, which refuses other
    protocols, and all of it by llhttp in strict mode. Each head has its own parser, so that a body
    is never parsed as a head. Upgrade is ignored, as a server may (RFC 9110, 7.8), and CONNECT is
    refused, because this is not a proxy.
    """

    __slots__ = (
        "authorization",
        "expects_continue",
        "fields",
        "items",
        "keep_alive",
        "length",
        "method",
        "path",
        "query",
        "version",
    )

    length: int | None
    """The number of bytes of the body; None if it is chunked."""

    def __init__(self, data: bytes) -> None:
        line = _REQUEST_LINE.match(data)
        if line is None:
            raise MalformedRequest
        if data.count(b"\n") > MOST_FIELDS + _LINES_BESIDE_FIELDS:
            raise HeadTooLarge
        method, target, minor = line.groups()
        self.method = method.decode()
        self.version = "1.1" if minor == b"1" else "1.0"
        self.path, self.query = _split(target)
        if len(self.path) > LONGEST_PATH:
            raise HeadTooLarge
        self.items: list[tuple[bytes, bytes]] = []
        self.authorization: list[bytes] = []
        parser = HttpRequestParser(self)
        try:
            parser.feed_data(data)
        except HttpParserUpgrade:
            pass  # the head was parsed whole
        except HttpParserError:
            raise MalformedRequest from None
        self.fields: HeaderFields = fields_by_name(self.items)
        self._interpret(minor)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header field, without the white space around its value (RFC 9110, 5.5)."""
        name, value = name.lower(), value.strip(b" \t")
        self.items.append((name, value))
        if name == b"authorization":
            self.authorization.append(value)

    def _interpret(self, minor: bytes) -> None:
        fields = self.fields
        if self.method == "CONNECT" or (b"host" not in fields and minor == b"1"):
            raise MalformedRequest
        if len(fields) < len(self.items) and [name for name, _ in self.items].count(b"host") > 1:
            raise MalformedRequest
        self.expects_continue = (
            minor == b"1" and fields.get(b"expect", b"").lower() == b"100-continue"
        )
        self.keep_alive = _keeps_alive(fields.get(b"connection"), minor)
        coding = fields.get(b"transfer-encoding")
        if coding is None:
            self.length = int(declared_length(fields))
        elif coding.lower() == b"chunked" and minor == b"1" and b"content-length" not in fields:
            self.length = None
        else:
            raise MalformedRequest  # codings other than chunked are not supported (RFC 9112, 6.1)


def _keeps_alive(connection: bytes | None, minor: bytes) -> bool:
    """Tell whether the connection is kept open (RFC 9112, 9.3)."""
    if connection is None:
        return minor == b"1"
    if _CLOSE.search(connection):
        return False
    return minor == b"1" or _KEEP_ALIVE.search(connection) is not None


def _split(target: bytes) -> tuple[bytes, bytes]:
    """Return the path and the query of a target, in origin or absolute form (RFC 9112, 3.2)."""
    if target[:1] != b"/" and target != b"*":
        if target[:7].lower() != b"http://" and target[:8].lower() != b"https://":
            raise MalformedRequest
        try:
            address = parse_url(target)
        except HttpParserInvalidURLError:
            raise MalformedRequest from None
        return address.path or b"/", address.query or b""
    path, _, query = target.partition(b"#")[0].partition(b"?")
    return path, query
