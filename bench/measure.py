"""The measurement itself: a slice of load on a server, with its CPU time before and after."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.database import Database
from bench.load import Answers, load
from bench.peers import Peer
from bench.results import Slice
from bench.servers import Server, serving
from bench.workload import SPEED, Operation

T = TypeVar("T")

_LATE = 0.1  # seconds until a server is done with what wrk did not wait for
_WARM_UP = 1  # seconds
_BAD_REQUEST = 400


@dataclass(frozen=True)
class Bench:
    """What every stage needs; a slice takes `seconds`."""

    database: Database
    operations: dict[str, Operation]
    folder: Path
    rounds: int
    seconds: int

    @contextmanager
    def serving(self, peers: list[Peer]) -> Iterator[list[Server]]:
        """Run servers side by side; one that is not asked anything costs next to nothing."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.starting(peer)) for peer in peers]

    @contextmanager
    def starting(self, peer: Peer) -> Iterator[Server]:
        """Run a server, from its first 200 on."""
        request = self.operations[SPEED[0]].requests[0]
        with serving(peer, self.database, request, self.folder) as server:
            yield server

    def warm_up(self, server: Server, names: tuple[str, ...]) -> None:
        """Let a server open its connections and its compiler see the code."""
        for name in names:
            self.check(server, name)
            self.slice(server, name, _WARM_UP)

    def check(self, server: Server, name: str) -> None:
        """Make sure that a server answers as it should, which wrk sees only in part."""
        operation = self.operations[name]
        answer = server.answer(operation.requests[0])
        if not answer.startswith(f"HTTP/1.1 {operation.status} ".encode()):
            raise server.error(f"answers {name} with {answer!r}")

    def slice(self, server: Server, name: str, seconds: int | None = None) -> Slice:
        """Measure one operation on one server, and leave the database as it was."""
        operation = self.operations[name]
        before = server.cpu_seconds()
        answers = load(server.port, operation.file, seconds or self.seconds)
        time.sleep(_LATE)
        used = server.cpu_seconds() - before
        if not _as_expected(answers, operation):
            raise server.error(f"fails at {name}: {answers}")
        server.forget_log()
        self.tidy(name)
        return Slice(answers.count / answers.seconds, used / answers.count * 1e6)

    def tidy(self, name: str) -> None:
        """Undo what an operation did to the tasks."""
        if self.operations[name].writes:
            self.database.fill()

    def turns(self, what: str, of_each: int = 1) -> Iterator[int]:
        """Count the rounds, of which a stage may have several `of_each`, and tell where we are."""
        for turn in range(self.rounds * of_each):
            say(f"{what}, round {turn + 1} of {self.rounds * of_each}")
            yield turn


def rotated(everyone: list[T], turn: int) -> list[T]:
    """Let another one begin at each turn."""
    first = turn % len(everyone)
    return everyone[first:] + everyone[:first]


def say(line: str) -> None:
    """Tell whoever waits what is going on."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def _as_expected(answers: Answers, operation: Operation) -> bool:
    refused = answers.count if operation.status >= _BAD_REQUEST else 0
    return answers.count > 0 and answers.broken == 0 and answers.refused == refused
