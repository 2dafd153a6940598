"""No forged token gets in, in either mode, over the wire."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from tests.live.conftest import Server, free_port, serving
from tests.live.wire import Answer, exchange
from tests.test_auth import BASE, EC_JWK, ED_JWK, GOOD, HOSTILE, LEGACY, RSA_JWK, SECRET, USER, mac


class Jwks(BaseHTTPRequestHandler):
    """The keys of an identity server."""

    fetched = 0

    def do_GET(self) -> None:
        type(self).fetched += 1
        body = json.dumps({"keys": [ED_JWK, EC_JWK, RSA_JWK]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def jwks() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Jwks) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.shutdown()
        thread.join()


def identity(url: str) -> dict[str, str]:
    return {"JWT_JWKS_URL": url, "JWT_ISSUER": BASE, "JWT_AUDIENCE": BASE}


@pytest.fixture(scope="module")
def by_keys(
    jwks: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("keys") / "log"
    with serving(output, DATABASE_URL=database_url, **identity(jwks)) as server:
        yield server


@pytest.fixture(scope="module")
def by_secret(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("secret") / "log"
    with serving(output, DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET) as server:
        yield server


def ask(server: Server, user: str, token: bytes) -> Answer:
    head = f"GET /api/{user}/tasks HTTP/1.1\r\nHost: localhost\r\n".encode()
    return exchange(server, head + b"Authorization: Bearer " + token + b"\r\n\r\n")


def test_the_right_tokens_get_in(by_keys: Server, by_secret: Server) -> None:
    legacy = mac({"alg": "HS256"}, SECRET.encode(), LEGACY)

    assert ask(by_keys, USER, GOOD).status == 200
    assert ask(by_secret, "alice", legacy).status == 200


@pytest.mark.parametrize("mode", ["by_keys", "by_secret"])
@pytest.mark.parametrize("user", [USER, "alice"])
def test_none_of_the_hostile_ones_does(
    request: pytest.FixtureRequest, mode: str, user: str
) -> None:
    server: Server = request.getfixturevalue(mode)
    sendable = {name: token for name, token in HOSTILE.items() if b"\n" not in token}
    answers = {name: ask(server, user, token) for name, token in sendable.items()}

    assert len(answers) >= 130
    assert {name: answer.status for name, answer in answers.items() if answer.status != 401} == {}
    for answer in answers.values():
        assert answer.headers["www-authenticate"] == 'bearer error="invalid_token"'
        assert json.loads(answer.body)["error_code"] == "AUTH_INVALID"
    assert '"level":"ERROR"' not in server.log()


def test_a_flood_of_unknown_keys_asks_for_them_once(by_keys: Server) -> None:
    ask(by_keys, USER, GOOD)
    before = Jwks.fetched
    for number in range(100):
        unknown = mac({"alg": "EdDSA", "kid": f"unknown-{number}"}, b"anything")
        assert ask(by_keys, USER, unknown).status == 401

    assert Jwks.fetched - before <= 2
    assert ask(by_keys, USER, GOOD).status == 200


def test_without_any_key_tokens_can_not_be_checked(database_url: str, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/jwks"
    with serving(tmp_path / "log", DATABASE_URL=database_url, **identity(nowhere)) as server:
        answer = httpx2.get(
            f"{server.url}/api/{USER}/tasks", headers={"Authorization": f"Bearer {GOOD.decode()}"}
        )
        missing = httpx2.get(f"{server.url}/api/{USER}/tasks")

    assert (answer.status_code, answer.json()["error_code"]) == (503, "AUTH_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"
    assert (missing.status_code, missing.json()["error_code"]) == (401, "AUTH_MISSING")
