"""No 5xx from any input: every request of the corpus, and what is left of it afterwards."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

import httpx2
import pytest
from openapi_schema_validator import OAS30Validator

from tests.conftest import SECRET
from tests.live.conftest import PATIENCE, Server
from tests.live.corpus import CORPUS, Case
from tests.live.wire import Answer, exchanges
from todo_api.contract import contract
from todo_api.settings.development import token_for

pytestmark = pytest.mark.timeout(300)  # the first test waits for the whole corpus

MOST_SECONDS = 10.0
MOST_LOG_BYTES = 500  # a request

Task = dict[str, Any]


class Outcome(NamedTuple):
    """What came of a case, sent as a user who does nothing else."""

    name: str
    user: str
    answers: list[Answer]
    seconds: float
    tasks: list[Task]

    @property
    def acknowledged(self) -> dict[int, Task]:
        """The tasks of all 201s, by id."""
        tasks = [json.loads(answer.body) for answer in self.answers if answer.status == 201]
        return {task["id"]: task for task in tasks}


class Account:
    """A new user, as a well-behaved client."""

    def __init__(self, client: httpx2.Client) -> None:
        self.name = f"user-{uuid4().hex}"
        self.token = token_for(self.name, SECRET, 600)
        self._path = f"/api/{self.name}/tasks"
        self._client = client
        self._headers = {"Authorization": f"Bearer {self.token}"}

    def create(self) -> int:
        answer = self._client.post(self._path, json={"title": "Buy milk"}, headers=self._headers)
        task: int = answer.json()["id"]
        return task

    def tasks(self) -> list[Task]:
        tasks: list[Task] = self._client.get(self._path, headers=self._headers).json()["tasks"]
        return tasks

    def task(self, task: int) -> Task:
        found: Task = self._client.get(f"{self._path}/{task}", headers=self._headers).json()
        return found


def outcome_of(server: Server, client: httpx2.Client, name: str, case: Case) -> Outcome:
    account = Account(client)
    task = account.create() if b"{task}" in case.request else 0
    request = case.filled(account.name, account.token, task)
    answers: list[Answer] = []
    started = time.monotonic()
    with suppress(OSError):  # fewer answers than the case has statuses
        answers = exchanges(server, request, len(case.statuses))
    seconds = time.monotonic() - started
    tasks = account.tasks()
    assert [account.task(task["id"]) for task in tasks] == tasks
    return Outcome(name, account.name, answers, seconds, tasks)


class Campaign(NamedTuple):
    """The whole corpus, sent once, and what the server wrote into its log meanwhile."""

    outcomes: dict[str, Outcome]
    log: str


@pytest.fixture(scope="module")
def campaign(server: Server) -> Iterator[Campaign]:
    before = len(server.log())
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        outcomes = {name: outcome_of(server, client, name, case) for name, case in CORPUS.items()}
        yield Campaign(outcomes, log_after(server, client, before))


def log_after(server: Server, client: httpx2.Client, before: int) -> str:
    """Return what was logged until now, when the server has just been found healthy."""
    last = uuid4().hex
    assert client.get("/health", headers={"X-Request-ID": last}).status_code == 200
    deadline = time.monotonic() + PATIENCE
    while last not in server.log():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return server.log()[before:]


@pytest.fixture(scope="module")
def outcomes(campaign: Campaign) -> dict[str, Outcome]:
    return campaign.outcomes


def answers(outcomes: dict[str, Outcome]) -> Iterator[tuple[str, Answer]]:
    for name, outcome in outcomes.items():
        for answer in outcome.answers:
            yield name, answer


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 250


@pytest.mark.parametrize("name", CORPUS)
def test_every_answer_has_its_status(outcomes: dict[str, Outcome], name: str) -> None:
    assert tuple(answer.status for answer in outcomes[name].answers) == CORPUS[name].statuses


def test_no_answer_takes_long(outcomes: dict[str, Outcome], figure: Callable[[str], None]) -> None:
    slowest = max(outcomes.values(), key=lambda outcome: outcome.seconds)
    figure(f"{len(outcomes)} raw requests, the slowest answered in {slowest.seconds:.2f} s")
    assert slowest.seconds < MOST_SECONDS, slowest.name


def test_every_body_comes_whole(outcomes: dict[str, Outcome]) -> None:
    for name, answer in answers(outcomes):
        if answer.status not in {0, 100, 204, 304} and not CORPUS[name].request.startswith(b"HEAD"):
            assert len(answer.body) == int(answer.headers["content-length"]), name
            assert answer.body == b"" if answer.status == 307 else json.loads(answer.body), name


def test_every_refusal_is_a_problem_document(outcomes: dict[str, Outcome]) -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Problem"}]}
    validator = OAS30Validator(schema | {"components": contract()["components"]})
    for name, answer in answers(outcomes):
        if answer.status >= 400:
            assert answer.headers["content-type"] == "application/problem+json", name
        if answer.status >= 400 and not CORPUS[name].request.startswith(b"HEAD"):
            document = json.loads(answer.body)
            assert list(validator.iter_errors(document)) == [], name
            assert document["status"] == answer.status, name
            assert document["request_id"].lower() == answer.headers["x-request-id"], name


def test_no_answer_repeats_what_was_sent(outcomes: dict[str, Outcome]) -> None:
    refusals = [answer.body for _, answer in answers(outcomes) if answer.status >= 400]
    assert max(map(len, refusals)) < 10_000 < max(len(case.request) for case in CORPUS.values())


def test_what_is_acknowledged_can_be_read_back_and_nothing_else_is_there(
    outcomes: dict[str, Outcome],
) -> None:
    for name, outcome in outcomes.items():
        if b"{task}" not in CORPUS[name].request:
            assert {task["id"]: task for task in outcome.tasks} == outcome.acknowledged, name


def test_text_is_stored_as_it_was_sent(outcomes: dict[str, Outcome]) -> None:
    stored = [
        outcome
        for name, outcome in outcomes.items()
        if CORPUS[name].statuses == (201,) and "text" in name.partition(":")[0]
    ]

    assert stored
    for outcome in stored:
        sent = json.loads(CORPUS[outcome.name].request.partition(b"\r\n\r\n")[2])
        [task] = outcome.tasks
        assert {"description": None, **sent}.items() <= task.items(), outcome.name


def test_the_log_holds_no_error_and_stays_small(campaign: Campaign) -> None:
    lines = [json.loads(line) for line in campaign.log.splitlines()]

    assert len(lines) > len(CORPUS)
    assert {line["level"] for line in lines} <= {"INFO", "WARNING"}
    assert "Traceback" not in campaign.log
    assert max(map(len, campaign.log.splitlines())) < MOST_LOG_BYTES
    assert len(campaign.log) < MOST_LOG_BYTES * sum(
        line["logger"] == "todo_api.requests" for line in lines
    )
