"""More work than can be done is refused at once; slow clients cost only their own connection."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import orjson
import psycopg2
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import Server, serving, until
from tests.live.open_loop import Outcome, load
from tests.live.wire import Answer, answer_of, connect
from tests.live.wire import exchange as answer_to
from todo_api.settings.development import token_for

MOST = 512  # requests that may wait
ORIGIN = "https://app.example.com"
SECONDS = float(os.environ.get("CAMPAIGN_SECONDS", "1"))
SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_sleep(0.002);
    RETURN NEW;
END $$;
CREATE TRIGGER slow BEFORE INSERT ON tasks
FOR EACH ROW WHEN (NEW.title LIKE 'Slow%') EXECUTE FUNCTION slow();
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        postgres.sql(SLOW)
        yield postgres


@pytest.fixture(scope="module")
def service(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("overload") / "output",
        DATABASE_URL=f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres",
        JWT_SECRET_KEY=SECRET,
        CORS_ORIGINS=ORIGIN,
        LOG_FORMAT="json",
    ) as server:
        yield server


def head(method: str, path: str, user: str = "alice", **headers: str) -> bytes:
    token = token_for(user, SECRET, 3600)
    fields = {"Host": "localhost", "Authorization": f"Bearer {token}", **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def creating(title: str) -> bytes:
    body = f'{{"title":"{title}"}}'
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return head("POST", "/api/alice/tasks", **fields) + body.encode()


LISTING = head("GET", "/api/alice/tasks?limit=1")
USERS = ("bob", "carol", "dan", "erin")  # none of whom has more than a share of the queue
LISTINGS = [head("GET", f"/api/{user}/tasks?limit=1", user) for user in USERS]
FROM_A_PAGE = head("GET", "/api/alice/tasks?limit=1", Origin=ORIGIN)


class Flood(ExitStack):
    """Connections, each with one request that is not read before it is asked for."""

    def __init__(self, service: Server) -> None:
        super().__init__()
        self._service = service

    def send(self, data: bytes) -> socket.socket:
        connection = self.enter_context(connect(self._service))
        connection.sendall(data)
        return connection


def answer(connection: socket.socket) -> Answer:
    with connection.makefile("rb") as reader:
        return answer_of(reader)


@contextmanager
def flooded(service: Server, postgres: Postgres) -> Iterator[Flood]:
    """Hold up every statement, and send more requests than may wait."""
    with (
        Flood(service) as flood,
        closing(psycopg2.connect(postgres.dsn)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("LOCK TABLE tasks")
        held = [flood.send(LISTINGS[number % len(USERS)]) for number in range(MOST + 100)]
        yield flood
        session.rollback()
        assert {answer(connection).status for connection in held} <= {200, 503}


def is_refusal(answer: Answer) -> bool:
    return answer.status == 503 and orjson.loads(answer.body)["error_code"] == "OVERLOADED"


def test_what_is_too_much_is_refused_while_the_rest_waits(
    service: Server, postgres: Postgres
) -> None:
    def attempt() -> bool:
        with flooded(service, postgres) as flood:
            refused = answer(flood.send(FROM_A_PAGE))
            assert answer(flood.send(head("GET", "/health"))).status == 200
        return is_refusal(refused) and refused.headers["access-control-allow-origin"] == ORIGIN

    until(attempt)  # what waits gives up after a while, so that a slow flood is none
    assert answer_to(service, LISTING).status == 200
    until(lambda: '"refused":' in service.log())


def test_slow_clients_cost_only_their_own_connection(service: Server) -> None:
    begun = creating("Slow client")
    ends = [20, -5] * MOST  # in the head, in the body
    with Flood(service) as flood:
        slow = [flood.send(begun[:end]) for end in ends]
        assert [answer_to(service, LISTING).status for _ in range(20)] == [200] * 20
        for connection, end in zip(slow, ends, strict=True):
            connection.sendall(begun[end:])
            assert answer(connection).status == 201


LOADS = {
    "reads, the database beside the server": LISTING,
    "writes, the database beside the server": creating("Quick"),
    "writes, a database that takes 2 ms": creating("Slow"),
}


@pytest.mark.parametrize("request_", LOADS.values(), ids=LOADS)
async def test_three_times_the_load_is_answered_or_refused(
    service: Server, request_: bytes, figure: Callable[[str], None]
) -> None:
    peak = await load(service.url, request_, connections=64, rate=None, seconds=SECONDS)
    rate = 3 * sum(map(peak.rate, peak.latencies))
    over = await load(service.url, request_, connections=2000, rate=rate, seconds=SECONDS)

    assert over.lost == 0
    assert set(over.latencies) <= {200, 201, 503}
    assert answer_to(service, head("GET", "/health")).status == 200
    figure(described(peak, over))


def described(peak: Outcome, over: Outcome) -> str:
    done = next(status for status in peak.latencies if status < 300)
    share = over.rate(done) / peak.rate(done)
    text = f"{peak.rate(done):.0f}/s at peak; offered three times that, {share:.0%} of it done"
    if 503 in over.latencies:
        slowest = over.percentile(503, 0.99) * 1000
        text += f", {over.rate(503):.0f}/s refused within {slowest:.0f} ms (p99)"
    return f"{text}, {over.unsent} unsent"
