"""As many answers as requests: another parser sees a request for each, and nothing else is done."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TextIO
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FIGURES, SECRET
from tests.live.conftest import Server, serving, until
from tests.live.delivery import Delivery, Service, Way
from tests.live.messages import TASK
from tests.live.mutations import Mutation, mutated, mutations
from tests.live.oracle import Message, Reading, reading_of
from tests.live.streams import Cutting, cuttings, streams
from tests.live.wire import Answer, exchange
from todo_api.telemetry.log_output import REQUESTS

pytestmark = pytest.mark.timeout(1800)  # the campaign's; shrinking takes a while, too

STREAMS = int(os.environ.get("CAMPAIGN_STREAMS", "400"))
AT_ONCE = 20  # a stream, and what mutations make of it
REQUEST_TIMEOUT = 4
DONE = {"GET": 200, "HEAD": 200, "POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 204}
WITH_BODY = {"POST", "PUT", "PATCH"}


class Variant(NamedTuple):
    """A stream with some changes, and cut."""

    changes: Sequence[Mutation]
    cutting: Cutting

    def of(self, stream: bytes) -> Way:
        changed = mutated(stream, self.changes)
        return Way(changed, *self.cutting.of(changed))


variants = st.builds(Variant, st.lists(mutations, max_size=3), cuttings)


class Log:
    """The lines of requests, each read once."""

    def __init__(self, server: Server, file: TextIO) -> None:
        self._server = server
        self._file = file

    def lines(self) -> list[dict[str, Any]]:
        """Return what was written since the last time; nothing may run meanwhile."""
        last, text = uuid4().hex, ""
        exchange(self._server, b"GET /health HTTP/1.0\r\nX-Request-ID: %s\r\n\r\n" % last.encode())

        def complete() -> bool:
            nonlocal text
            text += self._file.read()
            return last in text and text.endswith("\n")

        until(complete)
        assert "Traceback" not in text, text
        lines = [json.loads(line) for line in text.splitlines()]
        assert {line["level"] for line in lines} <= {"INFO", "WARNING"}, text
        return [line for line in lines if line["logger"] == REQUESTS][:-1]


def checked(answers: list[Answer], reading: Reading) -> dict[int, str]:
    """Compare answers with the requests that another parser sees; return the tasks they make."""
    messages = reading.messages
    assert len(answers) <= len(messages) + bool(reading.rest)
    tasks = {TASK: "Buy milk"}
    for number, answer in enumerate(answers):
        if answer.status < 300:
            assert number < len(messages)
            _do(answer, messages[number], tasks)
    return tasks


def _do(answer: Answer, message: Message, tasks: dict[int, str]) -> None:
    """Do what is said to be done, as the request that another parser sees asks for it."""
    assert answer.status == DONE[message.method]
    if message.method in WITH_BODY:
        assert message.whole
        task = json.loads(answer.body)
        assert task["title"] == message.document.get("title", task["title"])
        tasks[task["id"]] = task["title"]
    elif message.method == "DELETE":
        del tasks[TASK]


def logged(deliveries: Sequence[Delivery], lines: list[dict[str, Any]]) -> None:
    """Compare the log's lines with the answers: one for each, of the method that was asked."""
    answers = [answer for delivery in deliveries for answer in delivery.answers]
    written = Counter((line["request_id"].lower(), line["status"]) for line in lines)
    assert written == Counter((answer.headers["x-request-id"], answer.status) for answer in answers)
    methods = {line["request_id"].lower(): line["method"] for line in lines}
    for delivery in deliveries:
        messages = reading_of(delivery.sent).messages
        for answer, message in zip(delivery.answers, messages, strict=False):
            assert methods[answer.headers["x-request-id"]] in {message.method, "-"}


@pytest.fixture(scope="module")
def service(
    database_url: str,
    sql: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    with serving(
        tmp_path_factory.mktemp("counted") / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        REQUEST_TIMEOUT=str(REQUEST_TIMEOUT),
        LOG_FORMAT="json",
    ) as server:
        yield Service(server, sql, REQUEST_TIMEOUT + 4.0)


@pytest.fixture(scope="module")
def log(service: Service) -> Iterator[Log]:
    with service.server.output.open() as file:
        log = Log(service.server, file)
        log.lines()  # of the request that found the server healthy
        yield log


@pytest.fixture(scope="module")
def counted(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    counted: Counter[str] = Counter()
    yield counted
    figure = ", ".join(f"{number} {name}" for name, number in counted.items())
    request.config.stash[FIGURES].append(f"{request.node.nodeid}: {figure}")


@settings(
    max_examples=max(1, STREAMS // AT_ONCE),
    derandomize="CAMPAIGN_STREAMS" not in os.environ,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stream=streams, variants=st.lists(variants, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_nothing_is_answered_or_done_that_was_not_asked_for(
    service: Service, log: Log, counted: Counter[str], stream: bytes, variants: list[Variant]
) -> None:
    sent = await service.deliver([variant.of(stream) for variant in variants])
    lines = log.lines()
    stored = service.tasks_of([user for user, _ in sent])
    for user, delivery in sent:
        reading = reading_of(delivery.sent)
        counted.update(streams=1, requests=len(reading.messages), answers=len(delivery.answers))
        assert stored[user] == checked(delivery.answers, reading), delivery.sent
    logged([delivery for _, delivery in sent], lines)
