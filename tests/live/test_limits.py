"""Limits of the running service: of one process, of several that share a Redis, and without it."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET, problem
from tests.declared import Declared
from tests.live.conftest import Server, free_port, run, serving, until
from tests.live.redis import PASSWORD, Redis, redis_server
from tests.live.test_metrics import watched
from tests.live.wire import answer_of, connect
from todo_api.contract import contract
from todo_api.limits.limits import Limits
from todo_api.limits.rate import Rate
from todo_api.limits.shared_counts import SharedCounts
from todo_api.request import Request
from todo_api.settings.development import token_for

HEADERS = contract()["components"]["headers"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with redis_server(tmp_path) as redis:
        yield redis


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "RATE_LIMIT": "5/hour"}


@contextmanager
def client_of(server: Server, user: str = "alice") -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token_for(user, SECRET, 600)}"}
    with httpx2.Client(base_url=f"{server.url}/api/{user}/", headers=headers) as client:
        yield client


def statuses(client: httpx2.Client, count: int) -> list[int]:
    return [client.get("tasks").status_code for _ in range(count)]


def test_each_user_has_a_quota_of_their_own(settings: dict[str, str], tmp_path: Path) -> None:
    with (
        serving(tmp_path / "output", **settings) as server,
        client_of(server, "alice") as alice,
        client_of(server, "bob") as bob,
    ):
        assert statuses(alice, 6) == [200] * 5 + [429]
        assert statuses(bob, 6) == [200] * 5 + [429]


def test_what_a_client_is_told_is_as_the_contract_says(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "output", **settings) as server, client_of(server) as alice:
        answers = [alice.get("tasks") for _ in range(6)]
        answers.append(alice.head("tasks"))

    assert problem(answers[5]) == (429, "RATE_LIMITED")
    assert (answers[6].status_code, answers[6].content) == (429, b"")
    for answer in answers:
        declared = contract()["paths"]["/api/{user_id}/tasks"]["get"]["responses"]
        assert str(answer.status_code) in declared
        for name in ("RateLimit", "RateLimit-Policy"):
            assert Declared(HEADERS[name]["schema"]).accepts(answer.headers[name])
        if answer.status_code == 429:
            assert Declared(HEADERS["Retry-After"]["schema"]).accepts(
                int(answer.headers["Retry-After"])
            )


def test_forged_tokens_cost_a_count_and_no_signature(
    settings: dict[str, str], tmp_path: Path
) -> None:
    forged = token_for("alice", f"not {SECRET}", 600)
    with watched(tmp_path / "output", **settings) as service:
        url = f"{service.server.url}/api/alice/tasks"
        with httpx2.Client() as client:
            answers = [
                client.get(url, headers={"Authorization": f"Bearer {forged}{number}"})
                for number in range(20)
            ]
        until(lambda: service.total("todo_api_errors_total", error_code="RATE_LIMITED") == 15)
        verified = service.total("todo_api_token_cache_misses_total")

    assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 15}
    assert verified == 5


def test_a_proxy_that_is_believed_does_not_share_its_address(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "output", **settings | {"FORWARDED_ALLOW_IPS": "127.0.0.1"}) as server:
        answers = [
            httpx2.get(f"{server.url}/api/alice/tasks", headers={"X-Forwarded-For": address})
            for address in ["192.0.2.1"] * 6 + ["2001:db8::1"] * 3 + ["2001:db8::2"] * 3
        ]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429] + [401] * 5 + [429]


def test_a_refusal_leaves_the_connection_usable_whatever_body_was_sent(
    settings: dict[str, str], tmp_path: Path
) -> None:
    authorization = f"Authorization: Bearer {token_for('alice', SECRET, 600)}\r\n"
    body = b'{"title": "Buy milk"}'
    head = f"Host: localhost\r\nContent-Length: {len(body)}\r\n{authorization}\r\n"
    post = f"POST /api/alice/tasks HTTP/1.1\r\n{head}".encode()
    with serving(tmp_path / "output", **settings) as server, client_of(server) as alice:
        assert statuses(alice, 5) == [200] * 5
        with connect(server) as connection, connection.makefile("rb") as reader:
            connection.sendall(post)
            refused = answer_of(reader)  # its body is not even sent yet
            connection.sendall(body + b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            after = answer_of(reader)

    assert refused.status == 429
    assert "connection" not in refused.headers
    assert after.status == 200


async def test_a_user_may_have_the_name_of_an_address(redis: Redis) -> None:
    limits = Limits(Rate(100, 3600), SharedCounts(redis.url))
    request = Request("GET", id="an-id", client=("192.0.2.1", 50_000))
    for _ in range(50):
        await limits.count_user(request, "192.0.2.1")
    request.limits = ()
    while not request.limits:
        await limits.count_address(request)
    await limits.counts.close()

    [_, remaining, _] = dict(request.limits)[b"ratelimit"].split(b";")
    assert int(remaining.removeprefix(b"r=")) > 50


def left(client: httpx2.Client, count: int) -> list[str]:
    """What is said to be left after each of so many requests that were counted."""
    said: list[str] = []
    while len(said) < count:
        if counted := client.get("tasks").headers.get("RateLimit"):
            said.append(counted.split(";")[1])
    return said


def test_servers_that_share_a_redis_share_the_count(
    settings: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    shared = settings | {"RATE_LIMIT": "20/hour", "RATE_LIMIT_REDIS_URL": redis.url}
    with (
        serving(tmp_path / "one", **shared) as one,
        serving(tmp_path / "two", "--workers", "2", **shared) as two,
        client_of(one) as at_one,
        client_of(two) as at_two,
    ):
        counts = [*left(at_one, 4), *left(at_two, 4), *left(at_one, 4)]
        until(lambda: at_one.get("tasks").status_code == 429)
        until(lambda: at_two.get("tasks").status_code == 429)

    assert counts == sorted(set(counts), key=lambda said: -int(said.removeprefix("r=")))
    for output in ("one", "two"):
        assert PASSWORD not in (tmp_path / output).read_text()


def test_requests_pass_while_redis_is_frozen_and_are_counted_again_after(
    settings: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    shared = settings | {"RATE_LIMIT_REDIS_URL": redis.url}
    with watched(tmp_path / "output", **shared) as service, client_of(service.server) as alice:
        until(lambda: alice.get("tasks").status_code == 429)
        outages = service.server.log().count("limits are off")
        redis.process.send_signal(signal.SIGSTOP)
        passed = [alice.get("tasks") for _ in range(20)]
        until(lambda: service.total("todo_api_uncounted_requests_total") >= 20)
        redis.process.send_signal(signal.SIGCONT)
        until(lambda: alice.get("tasks").status_code == 429)
        log = service.server.log()

    assert {answer.status_code for answer in passed} == {200}
    assert not any("RateLimit" in answer.headers for answer in passed)
    assert log.count("limits are off") == log.count("limits are on again") == outages + 1


def test_requests_pass_while_redis_is_gone_and_are_counted_by_its_successor(
    settings: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    redis.kill()
    shared = settings | {"RATE_LIMIT_REDIS_URL": redis.url}
    with serving(tmp_path / "output", **shared) as server, client_of(server) as alice:
        assert statuses(alice, 10) == [200] * 10
        redis.start()
        until(lambda: "RateLimit" in alice.get("tasks").headers)
        until(lambda: alice.get("tasks").status_code == 429)
        redis.kill()
        assert statuses(alice, 10) == [200] * 10
        log = server.log()

    assert log.count("limits are off") == log.count("limits are on again") + 1 >= 2
    assert PASSWORD not in log
    assert "ERROR" not in log


def test_a_wrong_password_is_told_and_lets_requests_pass(
    settings: dict[str, str], redis: Redis, tmp_path: Path
) -> None:
    wrong = redis.url.replace("what", "hunter2")
    with (
        watched(tmp_path / "output", **settings, RATE_LIMIT_REDIS_URL=wrong) as service,
        client_of(service.server) as alice,
    ):
        assert statuses(alice, 6) == [200] * 6
        until(lambda: "AuthenticationError" in service.server.log())
        # Its token was new to one of them, which counts for its address, too.
        until(lambda: service.total("todo_api_uncounted_requests_total") == 7)
        assert "hunter2" not in service.server.log()


@pytest.mark.parametrize("variable", [True, False])
def test_workers_that_would_count_on_their_own_are_refused(
    settings: dict[str, str], variable: bool
) -> None:
    options = [] if variable else ["--workers", "2"]
    workers = {"WORKERS": "2"} if variable else {}
    refused = run("serve", "--port", str(free_port()), *options, **settings, **workers)

    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: RATE_LIMIT with WORKERS above 1")
    assert "RATE_LIMIT_REDIS_URL=redis://" in refused.stderr


@pytest.mark.parametrize("options", [("--workers", "1"), ("--reload",)])
def test_one_worker_by_option_may_count_for_itself(
    settings: dict[str, str], tmp_path: Path, options: tuple[str, ...]
) -> None:
    with (
        serving(tmp_path / "output", *options, **settings, WORKERS="2") as server,
        client_of(server) as alice,
    ):
        assert statuses(alice, 6) == [200] * 5 + [429]
