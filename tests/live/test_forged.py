"""No forged token gets in, in either mode, over the wire."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.identity.auth.hostile import HOSTILE
from tests.identity.auth.tokens import EC_JWK, ED_JWK, GOOD, LEGACY, RSA_JWK, SECRET, USER, mac
from tests.live.conftest import Server, serving
from tests.live.issuer import Issuer
from tests.live.wire import Answer, exchange


@pytest.fixture(scope="module")
def by_keys(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("keys") / "log"
    issuer = Issuer(ED_JWK, EC_JWK, RSA_JWK)
    with serving(output, DATABASE_URL=database_url, **issuer.settings) as server:
        yield server
    issuer.go_down()


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
    request: pytest.FixtureRequest, mode: str, user: str, figure: Callable[[str], None]
) -> None:
    server: Server = request.getfixturevalue(mode)
    sendable = {name: token for name, token in HOSTILE.items() if b"\n" not in token}
    answers = {name: ask(server, user, token) for name, token in sendable.items()}

    accepted = sum(answer.status != 401 for answer in answers.values())
    figure(f"{len(answers)} hostile tokens, {accepted} accepted")
    assert len(answers) >= 130
    assert {name: answer.status for name, answer in answers.items() if answer.status != 401} == {}
    for answer in answers.values():
        assert answer.headers["www-authenticate"] == 'bearer error="invalid_token"'
        assert json.loads(answer.body)["error_code"] == "AUTH_INVALID"
    assert '"level":"ERROR"' not in server.log()
