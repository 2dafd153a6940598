"""The check for what a test leaves behind finds each kind of it."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.leftovers import DATABASE, SHARED, held, leftovers

Undo = Callable[[], object]


def a_thread() -> Undo:
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="left")
    thread.start()

    def undo() -> None:
        end.set()
        thread.join()

    return undo


def a_process() -> Undo:
    command = [sys.executable, "-c", "input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return process.communicate


def a_socket() -> Undo:
    return socket.create_server(("127.0.0.1", 0)).close


def a_handler() -> Undo:
    logger, handler = logging.getLogger("todo_api.left"), logging.NullHandler()
    logger.addHandler(handler)
    return lambda: logger.removeHandler(handler)


def a_variable() -> Undo:
    os.environ["LEFT"] = "secret"
    return lambda: os.environ.pop("LEFT")


def a_missing_variable() -> Undo:
    value = os.environ.pop("PATH")
    return lambda: os.environ.update(PATH=value)


def a_signal_handler() -> Undo:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    return lambda: signal.signal(signal.SIGUSR1, before)


FINDS: list[tuple[Callable[[], Undo], str]] = [
    (a_thread, "thread <Thread(left"),
    (a_process, "process "),
    (a_socket, "socket <socket"),
    (a_handler, "log handler <NullHandler"),
    (a_variable, "environment variable LEFT"),
    (a_missing_variable, "environment variable PATH"),
    (a_signal_handler, "signal handler SIGUSR1"),
]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop of the test's own, which it can stop and look into."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.parametrize(("leave", "text"), FINDS)
def test_what_is_left_is_found_until_it_is_gone(
    loop: asyncio.AbstractEventLoop, leave: Callable[[], Undo], text: str
) -> None:
    before = held(loop)
    undo = leave()
    found = leftovers(before, held(loop))
    undo()

    assert len(found) == 1, found
    assert text in found[0]
    assert "secret" not in found[0]
    assert leftovers(before, held(loop)) == []


def test_a_pending_task_is_found(loop: asyncio.AbstractEventLoop) -> None:
    before = held(loop)
    task = loop.create_task(asyncio.sleep(60))
    [found] = leftovers(before, held(loop))
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))

    assert "sleep" in found
    assert leftovers(before, held(loop)) == []


def test_only_the_shared_databases_sockets_are_shared(loop: asyncio.AbstractEventLoop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        before = held(loop)
        with socket.create_connection(("127.0.0.1", port)):
            assert leftovers(before, held(loop), database=port) == []
            assert len(leftovers(before, held(loop), database=port + 1)) == 1
    assert [kind for kind, part, _ in SHARED if part == DATABASE] == ["socket"]
