"""Where a message ends: lengths, chunks, versions, several messages at once, and no message."""

from tests.live.corpus.case import HOST, JSON, TASK, TOKEN, Case, Cases, case, creation, sized

_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_ONE_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(TASK), TASK)
_SIZE = b"%d" % len(TASK)

_LENGTHS = {
    b"00" + _SIZE: 201,
    b"0" * 5000 + _SIZE: 201,
    b" \t" + _SIZE + b" \t": 201,
    b"": 400,
    b"-1": 400,
    b"+" + _SIZE: 400,
    b"0x15": 400,
    b"2_1": 400,
    b"2e1": 400,
    b"21.0": 400,
    b"21, 21": 400,
    b"21 21": 400,
    b"\xd9\xa2\xd9\xa1": 400,
    b"65537": 413,
    b"18446744073709551615": 413,
    b"18446744073709551616": 400,
    b"9" * 5000: 400,
}
_CHUNKS = {
    "one": (201, _ONE_CHUNK),
    "a byte each": (201, b"".join(b"1\r\n%c\r\n" % byte for byte in TASK) + b"0\r\n\r\n"),
    "an extension": (201, _ONE_CHUNK.replace(b"\r\n", b";name=value\r\n", 1)),
    "leading zeros": (201, b"0000" + _ONE_CHUNK),
    "a trailer": (201, _ONE_CHUNK[:-2] + b"X-Trailer: a\r\n\r\n"),
    "nothing": (400, b"0\r\n\r\n"),
    "a bad size": (400, b"zz\r\n\r\n"),
    "a negative size": (400, b"-1\r\n\r\n"),
    "a size with 0x": (400, b"0x15\r\n%s\r\n0\r\n\r\n" % TASK),
    "a size beyond any": (400, b"f" * 17 + b"\r\n"),
    "no size": (400, b"\r\n\r\n"),
    "a size too small": (400, b"2\r\n%s\r\n0\r\n\r\n" % TASK),
    "too much": (413, b"11000\r\n%s\r\n0\r\n\r\n" % (b" " * 0x11000)),
}
_CODINGS = {
    b"Chunked": 201,
    b"gzip": 400,
    b"chunked, gzip": 400,
    b"xchunked": 400,
    b"chunked;a=b": 400,
    b"\x0bchunked": 400,
    b"": 400,
}
_VERSIONS = {
    b"HTTP/1.0": 200,
    b"HTTP/1.2": 400,
    b"HTTP/11.1": 400,
    b"HTTP/1.": 400,
    b"http/1.1": 400,
    b"HTTPS/1.1": 400,
    b"ICE/1.0": 400,
    b"": 400,
}
_HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
_LIST = b"GET /api/{user}/tasks HTTP/1.1\r\n" + HOST + TOKEN + b"\r\n"
_HUGE = b"GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n" % (b"x" * 70_000)
_GARBAGE = {
    "words": b"hello world how are you\r\n\r\n",
    "a method": b"GET\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "http 2 in words": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "http before its time": b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "a name without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "an empty name": b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    "a space before a colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "a name in brackets": b"GET / HTTP/1.1\r\n[a]: a\r\n\r\n",
    "a folded first line": b"GET / HTTP/1.1\r\n a: b\r\n\r\n",
    "NUL in a name": b"GET / HTTP/1.1\r\nX\0Y: a\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
    "a bare return in a value": b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nContent-Length: 1\r\n" + _CHUNKED + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "PostgreSQL": b"\x00\x00\x00\x08\x04\xd2\x16\x2f\r\n\r\n",
    "NULs": b"\0" * 1000,
    "high bytes": b"\xff" * 1000,
    "a proxy's greeting": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + _HEALTH,
}


def _posted(path: bytes, body: bytes) -> bytes:
    return b"POST %s HTTP/1.1\r\n" % path + HOST + sized(body) + b"\r\n" + body


_SEVERAL = {
    "two at once": Case(_HEALTH * 2, (200, 200)),
    "twenty at once": Case(_LIST * 20, (200,) * 20),
    "empty lines before": Case(b"\r\n\r\n" + _HEALTH, (200,)),
    "garbage behind": Case(_HEALTH + b"GARBAGE\r\n\r\n", (200,)),
    "a creation and a list": Case(creation(TASK, 201).request + _LIST, (201, 200)),
    "refused, then taken": Case(creation(b"{}", 422).request + _LIST, (422, 200)),
    "a body that looks like a request": Case(creation(_HEALTH).request + _LIST, (400, 200)),
    "a body for nobody": Case(_posted(b"/nowhere", _HEALTH) + _LIST, (404, 200)),
    "a body for another user": Case(_posted(b"/api/a/tasks", _HEALTH) + _LIST, (401, 200)),
    "a body for no method": Case(_posted(b"/health", _HEALTH) + _LIST, (405, 200)),
    "a body of no type": Case(
        case(b"POST tasks", head=sized(TASK), body=TASK).request + _LIST, (415, 200)
    ),
    "a body too large, and the end": Case(creation(b" " * 70_000).request + _LIST, (413, 0)),
    "a body on GET": Case(_HEALTH[:-2] + sized(_HEALTH) + b"\r\n" + _HEALTH * 2, (200, 200)),
}


def _of_length(length: bytes, status: int) -> Case:
    return case(b"POST tasks", status, head=JSON + b"Content-Length: %s\r\n" % length, body=TASK)


def _chunked(body: bytes, status: int, coding: bytes = b"chunked") -> Case:
    head = JSON + b"Transfer-Encoding: %s\r\n" % coding
    return case(b"POST tasks", status, head=head, body=body)


def _of_version(version: bytes, status: int) -> Case:
    return Case(b"GET /health %s\r\n" % version + HOST + b"\r\n", (status,))


GROUPS: dict[str, Cases] = {
    "length": {repr(text[:30]): _of_length(text, status) for text, status in _LENGTHS.items()},
    "chunks": {name: _chunked(body, status) for name, (status, body) in _CHUNKS.items()},
    "transfer": {
        repr(text): _chunked(_ONE_CHUNK, status, text) for text, status in _CODINGS.items()
    },
    "version": {repr(text): _of_version(text, status) for text, status in _VERSIONS.items()},
    "several": _SEVERAL,
    "garbage": {name: Case(request, (400,)) for name, request in _GARBAGE.items()},
    "head": {"of 70 kB at once": Case(_HUGE, (431, 0))},
}
