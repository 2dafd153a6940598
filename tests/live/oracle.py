"""What h11, a parser of its own, sees in a byte stream."""

import json
from contextlib import suppress
from typing import Any, NamedTuple

import h11

_MOST_HEAD_BYTES = 1_000_000  # more than the service takes

# The service may take what h11 refuses for these reasons only:
# - Empty lines before a request: "a server ... SHOULD ignore at least one" (RFC 9112, 2.2).
# - HTTP/1.0 with keep-alive (RFC 9112, 9.3): h11 ends these connections for simplicity.


class Message(NamedTuple):
    """A request whose head is complete."""

    method: str
    target: str
    body: bytes
    whole: bool
    """Whether its end was seen."""

    @property
    def document(self) -> Any:
        """The body's JSON, or None."""
        with suppress(ValueError):
            return json.loads(self.body)
        return None


class Reading(NamedTuple):
    """The requests of a stream, and whether something is behind them that is none."""

    messages: list[Message]
    rest: bytes


def reading_of(stream: bytes) -> Reading:
    """Read a stream as a server does that answers each request before it reads the next."""
    messages: list[Message] = []
    goes_on, rest = True, stream
    while goes_on and (rest := rest.lstrip(b"\r\n")):
        connection = h11.Connection(h11.SERVER, _MOST_HEAD_BYTES)
        connection.receive_data(rest)
        try:
            request = connection.next_event()
        except h11.RemoteProtocolError:
            return Reading(messages, rest)
        if not isinstance(request, h11.Request):
            return Reading(messages, rest)
        body, whole = _body_of(connection)
        method, target = request.method.decode(), request.target.decode()
        messages.append(Message(method, target, body, whole))
        goes_on = whole and _keeps_alive(request)
        rest = connection.trailing_data[0]
    return Reading(messages, b"")


def _body_of(connection: h11.Connection) -> tuple[bytes, bool]:
    body = bytearray()
    with suppress(h11.RemoteProtocolError):
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
        return bytes(body), isinstance(event, h11.EndOfMessage)
    return bytes(body), False


def _keeps_alive(request: h11.Request) -> bool:
    options = {
        option.strip().lower()
        for name, value in request.headers
        if name == b"connection"
        for option in value.split(b",")
    }
    if b"close" in options:
        return False
    return request.http_version > b"1.0" or b"keep-alive" in options
