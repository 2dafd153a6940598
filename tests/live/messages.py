"""What streams are made of: lines, fields and bodies, right and wrong."""

from tests.conftest import SECRET
from todo_api.settings.development import token_for

USER = f"user-{0:032x}".encode()
"""Stands for a user's name in a stream; the names of all users are as long."""
TOKEN = token_for(USER.decode(), SECRET, 7200).encode()
TASK = 4_503_599_627_370_497
"""The id of a task that every user has."""
UPGRADE = (b"Connection: Upgrade", b"Upgrade: websocket")

PATH = b"/api/%s/tasks" % USER
ITEM = b"%s/%d" % (PATH, TASK)
HOST = b"Host: localhost"
AUTHORIZATION = b"Authorization: Bearer " + TOKEN
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"

Framing = tuple[tuple[bytes, ...], bytes]
"""Header fields, and the body whose end they tell, rightly or not."""


def filled(stream: bytes, user: str) -> bytes:
    """Return the stream as that user sends it, byte for byte as long."""
    sent = stream.replace(TOKEN, token_for(user, SECRET, 7200).encode())
    sent = sent.replace(USER, user.encode())
    assert len(sent) == len(stream)
    return sent


def message(line: bytes, fields: tuple[bytes, ...], body: bytes = b"") -> bytes:
    return b"\r\n".join([line, *fields, b"", body])


def length(body: bytes, more: int = 0) -> bytes:
    return b"Content-Length: %d" % max(0, len(body) + more)


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def creation(title: bytes) -> bytes:
    """Return a whole request that makes a task."""
    body = b'{"title": "%s"}' % title
    return message(
        b"POST %s HTTP/1.1" % PATH, (HOST, AUTHORIZATION, JSON, length(body), b"X-End: a"), body
    )


SMUGGLED = creation(b"smuggled")

LINES = [
    b"POST %s HTTP/1.1" % PATH,
    b"POST %s HTTP/1.1" % PATH,
    b"POST %s HTTP/1.1" % PATH,
    b"PUT %s HTTP/1.1" % ITEM,
    b"PATCH %s HTTP/1.1" % ITEM,
    b"GET %s HTTP/1.1" % ITEM,
    b"GET %s?limit=2 HTTP/1.1" % PATH,
    b"HEAD %s HTTP/1.1" % PATH,
    b"DELETE %s HTTP/1.1" % ITEM,
    b"OPTIONS %s HTTP/1.1" % PATH,
    b"POST http://elsewhere.example%s HTTP/1.1" % PATH,
    b"GET /health HTTP/1.1",
    b"POST /health HTTP/1.1",
    b"POST /nowhere HTTP/1.1",
    b"POST /api/somebody/tasks HTTP/1.1",
    b"GET https://localhost/health HTTP/1.1",
    b"POST %s HTTP/1.0" % PATH,
    b"GET /health HTTP/1.0",
]
STRANGE_LINES = [
    b"CONNECT /health HTTP/1.1",
    b"CONNECT localhost:80 HTTP/1.1",
    b"GET http://localhost HTTP/1.1",
    b"GET http://localhost?q=a HTTP/1.1",
    b"GET ftp://localhost/health HTTP/1.1",
    b"GET http:///health HTTP/1.1",
    b"GET health HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"GET * HTTP/1.1",
    b"DESCRIBE /health RTSP/1.0",
    b"SOURCE /health ICE/1.0",
    b"GET /health HTTP/2.0",
    b"PRI * HTTP/2.0",
    b"GET /health HTTP/1.2",
    b"GET /health HTTP/1.",
    b"GET /health",
    b"GET  /health HTTP/1.1",
    b"GET\t/health HTTP/1.1",
    b"GET /health HTTP/1.1 ",
    b"get /health HTTP/1.1",
    b" GET /health HTTP/1.1",
    b"GET /he\0alth HTTP/1.1",
    b"GET /\xff HTTP/1.1",
    b"GET /a b HTTP/1.1",
    b"\x16\x03\x01\x02\x00\x01",
    b"HTTP/1.1 200 OK",
    b"GET /health HTTP/1.1\nHost: bare",
]
FIELDS = [
    b"Connection: keep-alive",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
    b"connection: upgrade\r\nUPGRADE:websocket",
    b"Upgrade: websocket",
    b"Expect: 100-continue",
    b"Trailer: X-End",
    b"TE: trailers",
    b'If-Match: "1"',
    b"Accept: \t */* \t",
    b"X-Filler: " + b"x" * 300,
    b"X-High: \xe9\xff",
]
STRANGE_FIELDS = [
    b"Connection: close",
    b"Connection: close, keep-alive",
    b"Host: again",
    b"no colon",
    b" folded: a",
    b"X: a\r\n folded",
    b"X : a",
    b": a",
    b"X: a\nBare: feed",
    b"X: a\rBare: return",
    b"X: a\0b",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding : chunked",
    b"Expect: something else",
    b"Authorization: Bearer a.b.c",
]
HUGE_FIELDS = [
    b"X-Huge: " + b"x" * 65_000,
    b"X-Huge: " + b"x" * 66_000,
    b"\r\n".join([b"a:b"] * 90),
    b"\r\n".join([b"a:b"] * 101),
    b"\r\n".join([b"a:b"] * 16_000),
]
BODIES = [
    b'{"title": "Tea"}',
    b'{"title": "Coffee", "complete": true}',
    b'{"complete": true}',
    b'{"title": "%s"}' % (b"t" * 200),
    b"not JSON",
    b"",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    SMUGGLED,
    SMUGGLED * 2,
    b"\r\n" + SMUGGLED,
    b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
]
HUGE_BODIES = [b'{"title": "Huge"}'.ljust(size) for size in (65_535, 65_536, 65_537, 70_000)]
EXTENSIONS = [b"", b"", b";name=value", b';a="b;c"', b";a", b"\t;a=b", b";" + b"e" * 300]
TRAILERS = [
    b"",
    b"",
    b"X-End: a\r\n",
    b"Content-Length: 9\r\nHost: b\r\n",
    AUTHORIZATION + b"\r\n",
]
BROKEN_CHUNKS = [
    b"zz\r\n",
    b"-1\r\n\r\n",
    b"0x4\r\nabcd\r\n0\r\n\r\n",
    b"2\r\nabcd\r\n0\r\n\r\n",
    b"6\r\nabcd\r\n0\r\n\r\n",
    b"4\nabcd\n0\n\n",
    b"4 \r\nabcd\r\n0\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\n",
    b"20000\r\n" + b"a" * 300,
    b"0\r\nno colon\r\n\r\n",
    b"0\r\nX: a\n\n\r\n",
    b"4;" + b"e" * 20_000 + b"\r\nabcd\r\n0\r\n\r\n",
    b"0\r\nX: " + b"e" * 20_000 + b"\r\n\r\n",
]
