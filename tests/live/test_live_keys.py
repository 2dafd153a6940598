"""Keys survive their server: it may be away, slow, wrong or rotating."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple
from uuid import uuid4

import pytest

from tests.identity.auth.tokens import (
    ATTACKER,
    ATTACKER_JWK,
    CLAIMS,
    ED_JWK,
    HEADER,
    USER,
    mac,
    signed,
)
from tests.live.conftest import Server, serving, until
from tests.live.issuer import Issuer
from tests.live.test_forged import ask
from tests.live.wire import Answer

NEW_JWK = {**ATTACKER_JWK, "kid": "new"}
OFTEN = {"JWKS_COOL_DOWN": "0.1", "JWKS_REFRESH_INTERVAL": "0.1"}
ON_DEMAND = {"JWKS_COOL_DOWN": "1", "JWKS_REFRESH_INTERVAL": "86400"}


class Service(NamedTuple):
    """A server, and the issuer whose keys it checks tokens with."""

    server: Server
    issuer: Issuer

    def ask(self, token: bytes) -> Answer:
        return ask(self.server, USER, token)

    def status(self, token: bytes) -> int:
        return self.ask(token).status

    def failures(self) -> int:
        """Say how many fetches have failed."""
        return self.server.log().count("No signing keys from")

    def fetches(self) -> int:
        """Say how many fetches began, those that were refused included."""
        refused = self.server.log().count("No signing keys from 127.0.0.1: ConnectError")
        return self.issuer.fetches + refused


Serve = Callable[..., AbstractContextManager[Service]]


@pytest.fixture(scope="module")
def serve(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    @contextmanager
    def serve(issuer: Issuer, **settings: str) -> Iterator[Service]:
        output = tmp_path_factory.mktemp("keys") / "log"
        variables = {"DATABASE_URL": database_url, **issuer.settings, **settings}
        with serving(output, **variables) as server:
            yield Service(server, issuer)
        issuer.hurry()
        issuer.go_down()

    return serve


@pytest.fixture(scope="module")
def service(serve: Serve) -> Iterator[Service]:
    """A service that fetches its keys all the time."""
    with serve(Issuer(ED_JWK), **OFTEN) as service:
        yield service


@pytest.fixture(scope="module")
def on_demand(serve: Serve) -> Iterator[Service]:
    """A service that fetches its keys at start, and then for unknown ones only."""
    with serve(Issuer(ED_JWK), **ON_DEMAND) as service:
        yield service


def known() -> bytes:
    """Return a good token that was never seen before."""
    return signed({**CLAIMS, "jti": uuid4().hex})


def rotated() -> bytes:
    return signed({**CLAIMS, "jti": uuid4().hex}, {**HEADER, "kid": "new"}, ATTACKER)


def unknown() -> bytes:
    return mac({**HEADER, "kid": uuid4().hex}, b"anything")


def recover(service: Service) -> None:
    """Wait until the service has fetched the one key again."""
    service.issuer.publish(ED_JWK, NEW_JWK)
    until(lambda: service.status(rotated()) == 200)
    service.issuer.publish(ED_JWK)
    until(lambda: service.status(rotated()) == 401)


STATES: dict[str, Callable[[Issuer], None]] = {
    "up": lambda issuer: issuer.publish(ED_JWK),
    "down": Issuer.go_down,
    "sending HTML": lambda issuer: issuer.answer(b"<html>Sign in</html>"),
    "failing": lambda issuer: issuer.answer(b"{}", 500),
    "without keys": Issuer.publish,
    "slow": lambda issuer: issuer.delay(3),
    "silent": lambda issuer: issuer.delay(60),
}


@contextmanager
def while_it_is(state: str, issuer: Issuer) -> Iterator[None]:
    STATES[state](issuer)
    try:
        yield
    finally:
        issuer.hurry()
        if state == "down":
            issuer.come_back()


def wait_for_fetches(service: Service, count: int) -> None:
    """Wait until so many fetches have begun; all but the last have ended by then."""
    before = service.fetches()
    until(lambda: service.fetches() >= before + count)


@pytest.mark.parametrize("state", ["down", "sending HTML", "failing", "without keys", "slow"])
def test_known_keys_go_on_working(service: Service, state: str) -> None:
    recover(service)
    cached = known()
    assert service.status(cached) == 200
    with while_it_is(state, service.issuer):
        wait_for_fetches(service, 2)
        assert [service.status(cached), service.status(known())] == [200, 200]


def test_no_request_that_needs_no_fetch_waits_for_one(service: Service) -> None:
    recover(service)
    cached = known()
    assert service.status(cached) == 200

    assert any(answered_during_a_fetch(service, cached) for _ in range(5))


def answered_during_a_fetch(service: Service, cached: bytes) -> bool:
    with while_it_is("silent", service.issuer):
        wait_for_fetches(service, 1)
        failures = service.failures()
        statuses = [service.status(token) for token in (cached, known(), b"", b"x.y.z")]
        still_under_way = service.failures() == failures  # it is given up after 3 s
    assert statuses == [200, 200, 401, 401]
    return still_under_way


def test_a_key_that_leaves_the_set_stops_working(service: Service) -> None:
    recover(service)
    cached = known()
    assert {service.status(cached) for _ in range(20)} == {200}
    service.issuer.publish(NEW_JWK)
    wait_for_fetches(service, 2)  # nobody asks meanwhile

    assert [service.status(cached), service.status(known())] == [401, 401]
    assert service.status(rotated()) == 200


def test_a_new_key_is_picked_up_within_the_cool_down(
    on_demand: Service, figure: Callable[[str], None]
) -> None:
    assert on_demand.status(known()) == 200
    on_demand.issuer.publish(ED_JWK, NEW_JWK)
    before = on_demand.fetches()
    seconds = until(lambda: on_demand.status(rotated()) == 200)
    fetches = on_demand.fetches() - before

    assert 1 <= fetches <= 2 + int(seconds)
    assert on_demand.status(known()) == 200
    figure(f"a new key worked after {seconds:.1f} s of a cool-down of 1 s, fetches: {fetches}")


def flood(service: Service) -> None:
    with ThreadPoolExecutor(20) as crowd:
        assert set(crowd.map(service.status, [unknown() for _ in range(100)])) == {401}


@pytest.mark.parametrize("state", ["up", "down", "failing"])
def test_a_flood_of_unknown_keys_makes_one_fetch_in_a_cool_down(
    on_demand: Service, figure: Callable[[str], None], state: str
) -> None:
    assert on_demand.status(known()) == 200
    with while_it_is(state, on_demand.issuer):
        before, began, floods = on_demand.fetches(), time.monotonic(), 0
        while on_demand.fetches() == before:
            flood(on_demand)
            floods += 1
        fetches, seconds = on_demand.fetches() - before, time.monotonic() - began

    assert fetches <= 2 + int(seconds)
    assert on_demand.status(known()) == 200
    figure(
        f"{floods * 100} unknown kids in {seconds:.1f} s of a cool-down of 1 s, fetches: {fetches}"
    )


def test_a_service_with_the_defaults_is_flooded_in_vain(
    serve: Serve, figure: Callable[[str], None]
) -> None:
    began = time.monotonic()
    with serve(Issuer(ED_JWK)) as service:
        assert service.status(known()) == 200
        for state in STATES:
            with while_it_is(state, service.issuer):
                flood(service)
        assert service.status(known()) == 200
        fetches, seconds = service.fetches(), time.monotonic() - began

    assert 1 <= fetches <= 2 + seconds // 10
    figure(
        f"{len(STATES)} x 100 unknown kids within {seconds:.1f} s of the start, fetches: {fetches}"
    )


def test_without_any_key_tokens_can_not_be_checked(serve: Serve) -> None:
    with serve(Issuer(), **OFTEN) as service:
        for state in ("down", "sending HTML", "failing", "without keys"):
            with while_it_is(state, service.issuer):
                wait_for_fetches(service, 2)
                check_unavailable(service)
        with while_it_is("silent", service.issuer):
            wait_for_fetches(service, 1)
            check_unavailable(service)
            assert service.status(b"") == 401
        service.issuer.publish(ED_JWK)
        until(lambda: service.status(known()) == 200)


def check_unavailable(service: Service) -> None:
    answer = service.ask(known())
    assert (answer.status, json.loads(answer.body)["error_code"]) == (503, "AUTH_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
