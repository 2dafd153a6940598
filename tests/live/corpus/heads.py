"""Header fields: preconditions, Idempotency-Key, and what the contract does not know."""

from tests.live.corpus.case import HOST, JSON, TASK, WHOLE, Case, Cases, case, creation, sized

_MOST = b"Z" * 997

_PRECONDITIONS = {
    b'"1"': 200,
    b"*": 200,
    b'"1", "2"': 200,
    b'"2","1"': 200,
    b' \t"1"\t ': 200,
    b'"1",': 200,
    b',"1"': 200,
    b'"2",, \t,"1" ,': 200,
    b'%s"1"' % (b", " * 498): 200,
    b'"2"': 412,
    b'W/"1"': 412,
    b'""': 412,
    b'"01"': 412,
    b'"1 OR 1=1"': 400,
    b'"\'; --"': 400,
    b'"%s"' % _MOST: 412,
    b'"%sZZ"' % _MOST: 400,
    b"": 400,
    b"1": 400,
    b'"': 400,
    b'"1': 400,
    b"**": 400,
    b"*, *": 400,
    b'*, "1"': 400,
    b'"1" "2"': 400,
    b"*,": 400,
    b",": 400,
    b", " * 500: 400,
    b'%s"1"x' % (b", " * 498): 400,
    b"'1'": 400,
    b'w/"1"': 400,
    b'"\xe9"': 400,
    b'"\x01"': 400,
}
_KEYS = {
    b"a": 201,
    b"%s %(user)s".replace(b" ", b"-"): 201,
    b"';DROP-TABLE-tasks;--": 201,
    b"\\": 201,
    b'"quoted"': 201,
    b"k" * 255: 201,
    b"k" * 256: 400,
    b"k" * 20_000: 400,
    b"": 400,
    b"two words": 400,
    b"a\tb": 400,
    b"\xc3\xa9": 400,
    b"\x7f": 400,
}
_INDIFFERENT = {
    "Accept: text/html": b"Accept: text/html\r\n",
    "Accept: nonsense": b"Accept: ;;;,,,\xff\r\n",
    "Accept-Encoding": b"Accept-Encoding: br;q=x, gzip;q=9\r\n",
    "Range": b"Range: bytes=0-0\r\n",
    "dates": b"If-Modified-Since: never\r\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
    "another method": b"X-HTTP-Method-Override: DELETE\r\n",
    "another path": b"X-Original-URL: /api/alice/tasks\r\nX-Rewrite-URL: /admin\r\n",
    "forwarded": b"X-Forwarded-For: \xff, ::1\r\nForwarded: for=_\r\nX-Forwarded-Proto: gopher\r\n",
    "an origin that is none": b"Origin: http://[::1\r\n",
    "a null origin": b"Origin: null\r\n",
    "cookies": b"Cookie: " + b"a=b; " * 2000 + b"\r\n",
    "98 fields": b"".join(b"X-%d: a\r\n" % number for number in range(98)),
    "a name of 10,000 bytes": b"X-%s: a\r\n" % (b"n" * 10_000),
    "a value that is not ASCII": b"X-Name: \xff\xfe\xe9\r\n",
    "an empty value": b"X-Name:\r\n",
    "odd letters in a name": b"!#$%&'*+-.^_`|~: a\r\n",
    "Expect on GET": b"Expect: 100-continue\r\n",
    "an unknown expectation": b"Expect: the unexpected\r\n",
    "an unknown connection": b"Connection: \xff, keep-alive, nonsense\r\n",
    "an upgrade": b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
    "an endless request id": b"X-Request-ID: " + b"a" * 20_000 + b"\r\n",
    "a request id with quotes": b'X-Request-ID: ","level":"ERROR\r\n',
    "a request id that is not ASCII": b"X-Request-ID: \xff\r\n",
    "two request ids": b"X-Request-ID: a\r\nX-Request-ID: b\r\n",
    "an If-Match on a list": b"If-Match: nonsense\r\n",
    "an Idempotency-Key on a list": b"Idempotency-Key: \xff\r\n",
}
_AUTHORIZATIONS = {
    "none": b"",
    "empty": b"Authorization:\r\n",
    "a scheme alone": b"Authorization: Bearer\r\n",
    "another scheme": b"Authorization: Basic YWxpY2U6YQ==\r\n",
    "not ASCII": b"Authorization: Bearer \xff\xfe\r\n",
    "60,000 bytes": b"Authorization: Bearer " + b"a" * 60_000 + b"\r\n",
    "twice": b"Authorization: Bearer {token}\r\n" * 2,
    "in the query": b"X-Api-Key: {token}\r\n",
}


def _changes(tags: bytes, status: int) -> Cases:
    precondition = b"If-Match: %s\r\n" % tags
    changing = precondition + JSON + sized(WHOLE)
    gone = 204 if status == 200 else status
    name = repr(tags[:30])[1:] + f" {len(tags)}"
    return {
        f"PUT {name}": case(b"PUT tasks/{task}", status, head=changing, body=WHOLE),
        f"PATCH {name}": case(b"PATCH tasks/{task}", status, head=changing, body=WHOLE),
        f"DELETE {name}": case(b"DELETE tasks/{task}", gone, head=precondition),
    }


def _reads(tags: bytes, status: int) -> Cases:
    # A weak tag is as good as a strong one here (RFC 9110, 13.1.2).
    status = 304 if tags == b'W/"1"' else {200: 304, 412: 200}.get(status, status)
    head = b"If-None-Match: %s\r\n" % tags
    name = repr(tags[:30])[1:] + f" {len(tags)}"
    return {
        f"{method.decode()} {name}": case(method + b" tasks/{task}", status, head=head)
        for method in (b"GET", b"HEAD")
    }


def _keyed(key: bytes, status: int) -> Case:
    return creation(TASK, status, head=b"Idempotency-Key: %s\r\n" % key)


def _authorized(head: bytes) -> Case:
    return Case(b"GET /api/{user}/tasks HTTP/1.1\r\n" + HOST + head + b"\r\n", (401,))


_KEY = b"Idempotency-Key: same\r\n"

GROUPS: dict[str, Cases] = {
    "If-Match": {
        name: each
        for tags, status in _PRECONDITIONS.items()
        for name, each in _changes(tags, status).items()
    },
    "If-None-Match": {
        name: each
        for tags, status in _PRECONDITIONS.items()
        for name, each in _reads(tags, status).items()
    },
    "Idempotency-Key": {
        f"{key[:30]!r} {len(key)}": _keyed(key, status) for key, status in _KEYS.items()
    }
    | {
        "sent twice": _keyed(b"a\r\nIdempotency-Key: a", 400),
        "again": Case(creation(TASK, head=_KEY).request * 2, (201, 201)),
        "reused": Case(
            creation(TASK, head=_KEY).request + creation(b'{"title": "Tea"}', head=_KEY).request,
            (201, 422),
        ),
    },
    "indifferent": {
        name: case(b"GET tasks", 200, head=head) for name, head in _INDIFFERENT.items()
    },
    "too many": {
        f"{count} fields": case(b"GET tasks", 431, 0, head=b"X: a\r\n" * count)
        for count in (99, 500, 10_000)
    },
    "authorization": {name: _authorized(head) for name, head in _AUTHORIZATIONS.items()},
    "expectation": {
        "the usual": creation(TASK, 100, 201, head=b"Expect: 100-continue\r\n"),
        "too large": case(
            b"POST tasks",
            413,
            head=JSON + b"Expect: 100-continue\r\nContent-Length: 70000\r\n",
        ),
    },
}
