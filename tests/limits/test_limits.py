"""Limits: what is counted for whom, what is refused, and what clients are told."""

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import throttled.utils
from starlette.testclient import TestClient

from identity import auth
from identity.errors import TokenInvalid
from tests.conftest import SECRET, problem
from todo_api.app import create_app
from todo_api.limits import limits
from todo_api.limits.limits import Limits
from todo_api.limits.rate import Rate
from todo_api.problems.errors import RateLimited
from todo_api.request import Request
from todo_api.settings.development import token_for
from todo_api.settings.settings import Settings

RATES = ["1/second", "3/second", "100/second", "7/minute", "1/hour", "5/hour"]


class Clock:
    """One that goes when it is told to, and a little whenever it is read, as all clocks do."""

    now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 0.000_001
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttled.utils, "now_mono_f", clock)
    return clock


def coming_from(host: str | None) -> Request:
    return Request("GET", id="an-id", client=(host, 50_000) if host else None)


async def count(limits: Limits, user: str = "alice") -> str:
    """Count a request, and return the header that says what is left."""
    request = Request("GET", id="an-id")
    await limits.count_user(request, user)
    return dict(request.limits)[b"ratelimit"].decode()


async def refusal(limits: Limits, user: str = "alice") -> int:
    """Count a request that is one too many, and return how long to wait."""
    with pytest.raises(RateLimited) as refused:
        await count(limits, user)
    return refused.value.wait


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("text", RATES)
async def test_the_whole_quota_can_be_spent_at_once_and_no_more(text: str) -> None:
    rate = Rate.parse(text)
    limits = Limits(rate)
    left = [await count(limits) for _ in range(rate.requests)]

    assert [each.split(";")[1] for each in left] == [
        f"r={remaining}" for remaining in reversed(range(rate.requests))
    ]
    assert await refusal(limits) >= 1


@pytest.mark.parametrize("text", RATES)
async def test_to_wait_as_long_as_is_said_suffices_however_often_one_asks(
    text: str, clock: Clock
) -> None:
    rate = Rate.parse(text)
    limits = Limits(rate)
    for _ in range(rate.requests):
        await count(limits)
    waits = [await refusal(limits) for _ in range(10)]
    clock.now += waits[0]

    assert set(waits) == {
        max(1, rate.seconds // rate.requests + bool(rate.seconds % rate.requests))
    }
    await count(limits)


async def test_what_was_spent_comes_back_one_by_one(clock: Clock) -> None:
    limits = Limits(Rate(4, 3600))
    for _ in range(4):
        await count(limits)
    clock.now += 899
    assert await refusal(limits) == 1
    clock.now += 1
    assert await count(limits) == '"user";r=0;t=900'
    assert await refusal(limits) == 900
    clock.now += 3600
    assert await count(limits) == '"user";r=3;t=900'


async def test_a_clock_that_went_back_makes_nothing_negative_and_no_promise_untrue(
    clock: Clock,
) -> None:
    limits = Limits(Rate(100, 1))
    await count(limits)
    clock.now -= 5
    request = Request("GET", id="an-id")
    with pytest.raises(RateLimited) as refused:
        await limits.count_user(request, "alice")
    assert dict(request.limits)[b"ratelimit"] == b'"user";r=0;t=5'

    clock.now += refused.value.wait
    await count(limits)


async def test_nobody_is_told_to_wait_longer_than_the_contract_has_it(clock: Clock) -> None:
    limits = Limits(Rate(1, 3600))
    await count(limits)
    clock.now -= 10

    assert await refusal(limits) == 3600


@pytest.mark.usefixtures("clock")
async def test_what_is_no_address_takes_little_memory() -> None:
    limits = Limits(Rate(1, 3600))
    await limits.count_address(coming_from("x" * 60_000))
    with pytest.raises(RateLimited):
        await limits.count_address(coming_from("x" * 60_001))


@pytest.mark.usefixtures("clock")
async def test_nobody_pays_for_another() -> None:
    limits = Limits(Rate(1, 3600))
    await count(limits, "alice")
    await count(limits, "bob")
    await refusal(limits, "alice")

    request = coming_from("alice")
    await limits.count_address(request)
    assert dict(request.limits)[b"ratelimit"] == b'"address";r=0;t=3600'


@pytest.mark.usefixtures("clock")
async def test_memory_is_bounded_and_floods_of_addresses_let_no_user_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MOST_REMEMBERED", 2)
    few = Limits(Rate(1, 3600))
    await count(few, "alice")
    for number in range(5):
        await few.count_address(coming_from(f"10.0.0.{number}"))

    assert await refusal(few, "alice") == 3600
    await few.count_address(coming_from("10.0.0.0"))  # forgotten


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("unknown", "hidden", False),
        (None, None, True),
    ],
)
@pytest.mark.usefixtures("clock")
async def test_an_ipv6_address_counts_as_its_network(
    one: str | None, other: str | None, same: bool
) -> None:
    limits = Limits(Rate(1, 3600))
    await limits.count_address(coming_from(one))
    try:
        await limits.count_address(coming_from(other))
    except RateLimited:
        assert same
    else:
        assert not same


@pytest.fixture
def limited(database_url: str) -> Iterator[TestClient]:
    """A client of a service that lets three requests through."""
    settings = Settings(
        database_url=database_url, jwt_secret_key=SECRET, rate_limit="3/hour", cors_origins="*"
    )
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def bearer(token: Callable[[str], str], user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user)}"}


@pytest.mark.usefixtures("clock")
def test_a_user_who_sends_too_much_is_told_when_to_come_back(
    limited: TestClient, bearer: dict[str, str], user: str
) -> None:
    answers = [limited.get(f"/api/{user}/tasks", headers=bearer) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert problem(answers[3]) == (429, "RATE_LIMITED")
    assert answers[3].headers["Retry-After"] == "1200"
    assert answers[3].headers["RateLimit"] == '"user";r=0;t=1200'
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"user";q=3;w=3600'}
    assert [answer.headers["RateLimit"][7:10] for answer in answers] == ["r=2", "r=1", "r=0", "r=0"]


def test_a_forged_token_is_refused_before_its_signature_is_checked(
    limited: TestClient, token: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = []

    def check(token: bytes, _key: object) -> NoReturn:
        checked.append(token)
        raise TokenInvalid("signature", "It is forged.")

    monkeypatch.setattr(auth, "claims_of", check)
    forged = [
        limited.get("/api/alice/tasks", headers={"Authorization": f"Bearer {token('bob')}{number}"})
        for number in range(5)
    ]

    assert [answer.status_code for answer in forged] == [401, 401, 401, 429, 429]
    assert len(checked) == 3
    assert forged[0].headers["RateLimit"].startswith('"address";r=2;')


def test_who_is_known_already_does_not_pay_for_the_address(
    limited: TestClient, bearer: dict[str, str], user: str
) -> None:
    path = f"/api/{user}/tasks"
    assert limited.get(path, headers=bearer).status_code == 200
    refused = [limited.get(path).status_code for _ in range(3)]
    another = {"Authorization": f"Bearer {token_for(user, SECRET, 61)}"}

    assert refused == [401, 401, 429]
    assert limited.get(path, headers=another).status_code == 429
    assert limited.get(path, headers=bearer).status_code == 200


def test_a_user_is_counted_before_the_path_is_compared(
    limited: TestClient, bearer: dict[str, str]
) -> None:
    statuses = [limited.get("/api/bob/tasks", headers=bearer).status_code for _ in range(4)]

    assert statuses == [403, 403, 403, 429]


def test_what_is_outside_of_the_contract_is_not_counted(limited: TestClient) -> None:
    for path in ("/health", "/ready", "/openapi.yaml", "/docs"):
        for answer in [limited.get(path) for _ in range(5)]:
            assert answer.status_code == 200
            assert "RateLimit" not in answer.headers
    assert limited.get("/api/alice/tasks").headers["RateLimit"].startswith('"address";r=2;')


def test_a_page_of_another_origin_may_read_what_is_left(limited: TestClient) -> None:
    exposed = limited.get("/api/alice/tasks", headers={"Origin": "https://app.example.com"})

    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
        exposed.headers["Access-Control-Expose-Headers"].split(", ")
    )


def test_without_a_limit_nothing_is_said_of_one(client: TestClient) -> None:
    assert "RateLimit" not in client.get("tasks").headers
