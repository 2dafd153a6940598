"""What a sync costs in which nothing has changed: the table of the page."""

from collections.abc import Callable, Iterator
from time import perf_counter

import pytest

from tests.docs.copies.conftest import Start
from tests.docs.copies.history import History
from tests.docs.copies.program import Program
from tests.docs.recorder import Exchange, Recorder, recording
from tests.live.conftest import Server

TASKS = 1000


@pytest.fixture
def recorder(server: Server, history: History) -> Iterator[Recorder]:
    history.rows(
        "INSERT INTO tasks (user_id, title, description)"
        " SELECT 'alice', 'Buy milk, list ' || n, 'Two litres, whole'"
        " FROM generate_series(1, %s) AS n",
        (TASKS,),
    )
    with recording(server.url) as recorder:
        yield recorder


@pytest.mark.parametrize("limit", [50, 200, 1000])
def test_a_sync_without_changes_has_a_304_for_each_page(
    start: Start, limit: int, recorder: Recorder, server: Server, figure: Callable[[str], None]
) -> None:
    with start(recorder.url, limit) as program:
        program.ask("sync")
        first, recorder.exchanges = recorder.exchanges, []
        assert program.ask("sync")
    with start(server.url, limit) as program:  # the recorder takes time of its own
        seconds = min(timed(program) for _ in range(6))

    again = recorder.exchanges
    assert [answer.status_code for _, answer in first] == [200] * (TASKS // limit)
    assert [answer.status_code for _, answer in again] == [304] * (TASKS // limit)
    figure(f"first {bytes_of(first):,} bytes, again {bytes_of(again):,}, {1000 * seconds:.1f} ms")


def timed(program: Program) -> float:
    started = perf_counter()
    assert program.ask("sync")
    return perf_counter() - started


def bytes_of(exchanges: list[Exchange]) -> int:
    """Return the bytes of requests and answers, without those of TCP and TLS."""
    messages = [message for exchange in exchanges for message in exchange]
    head = len("HTTP/1.1 304 Not Modified\r\n\r\n")
    fields = [len(name) + len(value) + 4 for m in messages for name, value in m.headers.raw]
    return sum(fields) + sum(head + len(m.content) for m in messages)
