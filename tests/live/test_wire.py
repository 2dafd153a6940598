"""What no well-behaved client sends: raw bytes to the real server."""

import json
from collections.abc import Callable
from uuid import uuid4

import httpx2
import pytest

from tests.live.conftest import Server
from tests.live.wire import Answer, answer_of, connect, exchange, exchanges


@pytest.fixture
def send(
    server: Server, user: str, token: Callable[[str], str]
) -> Callable[[bytes, bytes, bytes], Answer]:
    """Send a request line's method and path below the user's, with more head and a body."""
    authorization = f"Authorization: Bearer {token(user)}\r\n".encode()

    def send(line: bytes, head: bytes = b"", body: bytes = b"") -> Answer:
        method, path = line.split(b" ", 1)
        request = b"%s /api/%s/%s HTTP/1.1\r\nHost: localhost\r\n" % (method, user.encode(), path)
        return exchange(server, request + authorization + head + b"\r\n" + body)

    return send


Send = Callable[..., Answer]


@pytest.mark.parametrize(
    "garbage",
    [
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: minus one\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_problem_too(server: Server, garbage: bytes) -> None:
    answer = exchange(server, garbage)

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["request_id"] == answer.headers["x-request-id"]
    assert httpx2.get(f"{server.url}/health").status_code == 200


JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def sized(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


def test_a_chunked_body_is_read_whole(send: Send) -> None:
    body = b'9\r\n{"title":\r\n8\r\n"chunks"\r\n1\r\n}\r\n0\r\n\r\n'
    answer = send(b"POST tasks", JSON + CHUNKED, body)

    assert answer.status == 201
    assert json.loads(answer.body)["title"] == "chunks"


@pytest.mark.parametrize(
    ("head", "body", "status"),
    {
        "declared too large": (JSON + b"Content-Length: 10000000\r\n", b"", 413),
        "declared beyond any number": (
            JSON + b"Content-Length: 18446744073709551615\r\n",
            b"",
            413,
        ),
        "chunked too large": (
            JSON + CHUNKED,
            b"11000\r\n" + b" " * 0x11000 + b"\r\n0\r\n\r\n",
            413,
        ),
        "no media type": (sized(b"{}"), b"{}", 415),
        "chunked without media type": (CHUNKED, b"2\r\n{}\r\n0\r\n\r\n", 415),
        "two media types": (JSON + b"Content-Type: text/plain\r\n" + sized(b"{}"), b"{}", 415),
        "media type that is not ascii": (b"Content-Type: \xff\r\n" + sized(b"{}"), b"{}", 415),
        "gzip": (JSON + b"Content-Encoding: gzip\r\n" + sized(b"{}"), b"{}", 415),
        "nothing": (JSON + b"Content-Length: 0\r\n", b"", 400),
        "nothing at all": (b"", b"", 400),
        "key that is not ascii": (JSON + b"Idempotency-Key: \xe9\r\n" + sized(b"{}"), b"{}", 400),
        "two keys": (
            JSON + b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n" + sized(b"{}"),
            b"{}",
            400,
        ),
    }.values(),
)
def test_a_strange_body_is_refused(send: Send, head: bytes, body: bytes, status: int) -> None:
    answer = send(b"POST tasks", head, body)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET tasks/", 404),
        (b"GET tasks//1", 404),
        (b"GET tasks/1/", 404),
        (b"GET tasks/1/2", 404),
        (b"GET tasks%2F1", 404),
        (b"GET %74asks", 404),
        (b"GET tasks/..", 400),
        (b"GET tasks/%00", 400),
        (b"GET tasks/%ff", 400),
        (b"GET tasks/1%20", 400),
        (b"GET tasks/+1", 400),
        (b"GET tasks/" + b"9" * 4000, 400),
        (b"GET tasks?q=%00", 400),
        (b"GET tasks?q=%ff", 400),
        (b"GET tasks?q=%", 200),
        (b"GET tasks?limit=1&limit=2", 400),
        (b"GET tasks?limit=%31", 200),
        (b"GET tasks?%6cimit=1", 200),
        (b"GET tasks?=1", 400),
        (b"GET tasks?&&", 200),
        (b"OPTIONS tasks", 405),
        (b"TRACE tasks", 405),
        (b"QUERY tasks", 405),
    ],
)
def test_a_strange_path_has_its_status(send: Send, line: bytes, status: int) -> None:
    assert send(line).status == status


def test_head_answers_like_get_without_a_body(send: Send) -> None:
    get, head = send(b"GET tasks"), send(b"HEAD tasks")

    assert (head.status, head.headers["etag"]) == (get.status, get.headers["etag"])
    assert head.headers["content-length"] == get.headers["content-length"]


def test_an_encoded_slash_does_not_lead_to_another_path(
    server: Server, token: Callable[[str], str]
) -> None:
    user = f"user-{uuid4().hex}"
    headers = {"Authorization": f"Bearer {token(user)}"}

    assert httpx2.get(f"{server.url}/api/{user}%2Ftasks", headers=headers).status_code == 404
    assert httpx2.get(f"{server.url}/api/x%2F{user}/tasks", headers=headers).status_code == 403


def test_two_authorization_headers_prove_nothing(send: Send) -> None:
    answer = send(b"GET tasks", b"Authorization: Bearer a.b.c\r\n")

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'bearer error="invalid_token"'


TASK = b'{"title": "Buy milk"}'


@pytest.mark.parametrize(
    "upgrade",
    [
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n",
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        b"connection: upgrade\r\nUPGRADE: h2c\r\n",
    ],
)
def test_an_upgrade_is_ignored_and_the_body_read(send: Send, upgrade: bytes) -> None:
    assert send(b"POST tasks", JSON + upgrade + sized(TASK), TASK).status == 201
    assert send(b"GET tasks", upgrade).status == 200


def test_a_trailer_is_no_header(server: Server, user: str, token: Callable[[str], str]) -> None:
    head = f"POST /api/{user}/tasks HTTP/1.1\r\nHost: localhost\r\n".encode() + JSON + CHUNKED
    trailer = f"Authorization: Bearer {token(user)}\r\n\r\n".encode()
    chunks = b"%x\r\n%s\r\n0\r\n" % (len(TASK), TASK)

    assert exchange(server, head + b"\r\n" + chunks + trailer).status == 401


def test_white_space_around_a_value_is_no_part_of_it(send: Send) -> None:
    made = json.loads(send(b"POST tasks", JSON + sized(TASK), TASK).body)
    answer = send(b"GET tasks/%d" % made["id"], b'If-None-Match: \t "1" \t \r\n')

    assert answer.status == 304


def test_a_request_is_answered_before_the_garbage_behind_it(
    server: Server, user: str, token: Callable[[str], str]
) -> None:
    head = f"GET /api/{user}/tasks HTTP/1.1\r\nHost: localhost\r\n"
    request = f"{head}Authorization: Bearer {token(user)}\r\n\r\nGARBAGE\r\n\r\n".encode()

    assert exchange(server, request).status == 200


def test_an_upgrade_is_ignored_on_a_later_request_too(
    server: Server, user: str, token: Callable[[str], str]
) -> None:
    head = f"POST /api/{user}/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token(user)}\r\n"
    plain = f"{head}Content-Type: application/json\r\nContent-Length: 13\r\n".encode()
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    with connect(server) as connection, connection.makefile("rb") as reader:
        for extra in (b"", upgrade, upgrade):
            connection.sendall(plain + extra + b'\r\n{"title":"a"}')
            assert answer_of(reader).status == 201


def test_many_requests_in_one_packet_are_all_answered(server: Server) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Filler: " + b"x" * 2000 + b"\r\n\r\n"
    answers = exchanges(server, request * 200, 200)  # in several reads, which end within a head

    assert [answer.status for answer in answers] == [200] * 200


def test_two_requests_in_one_packet_are_both_answered(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
        reader = connection.makefile("rb")
        assert [answer_of(reader).status, answer_of(reader).status] == [200, 200]


def test_an_endless_head_is_cut_off(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Endless: ")
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(b"a" * 10_000_000)


@pytest.mark.parametrize("depth", [10, 260, 1000, 30_000])
def test_depth_is_refused_as_any_other_wrong_body(send: Send, depth: int) -> None:
    body = b'{"title": %s1%s}' % (b"[" * depth, b"]" * depth)

    assert send(b"POST tasks", JSON + sized(body), body).status == (400 if depth > 1020 else 422)
