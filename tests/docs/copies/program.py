"""An example in a process of its own, which takes commands as lines of JSON."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from tests.live.conftest import environment

Json = dict[str, Any]


class Killed(Exception):
    """The program ended before it answered."""


class Program:
    """A local copy, whose state is in `folder`."""

    def __init__(self, command: Sequence[str | Path], folder: Path, **variables: str) -> None:
        self._command = command
        self._environment = environment(FOLDER=str(folder), **variables)
        self._process = self._started()

    def ask(self, *command: Any) -> Any:
        """Return what the command does."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        if line := self._process.stdout.readline():
            return json.loads(line)
        assert self._process.wait() < 0, "it failed, and says above why"
        raise Killed

    def tasks(self) -> dict[int | str, Json]:
        tasks = self.ask("tasks")
        by_id = {task["id"]: task for task in tasks}
        assert len(by_id) == len(tasks), "a task is there twice"
        return by_id

    def sync_and_be_killed(self, seconds: float) -> bool:
        """Kill the program so long after it began, start it again, and tell whether it was done."""
        timer = Timer(seconds, self._process.kill)
        timer.start()
        try:
            done: bool = self.ask("sync")
        except Killed:
            done = False
        timer.cancel()
        timer.join()
        self.restart()
        return done

    def restart(self) -> None:
        self.end()
        self._process = self._started()

    def end(self) -> None:
        with self._process as process:
            process.kill()

    def _started(self) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._command, env=self._environment, stdin=pipe, stdout=pipe, text=True
        )


@contextmanager
def running(command: Sequence[str | Path], folder: Path, **variables: str) -> Iterator[Program]:
    """Run it until the block ends."""
    program = Program(command, folder, **variables)
    try:
        yield program
    finally:
        program.end()
