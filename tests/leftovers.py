"""What a test leaves behind: the difference between what is there before it and after it."""

import asyncio
import logging
import os
import signal
import socket
import stat
import threading
from contextlib import suppress
from typing import Any

import psutil

DATABASE = "to the shared database"
Held = set[tuple[str, Any]]

SHARED = (
    ("thread", "(asyncio_", "the shared loop keeps its executor"),
    ("thread", "(uvloop_", "likewise"),
    ("thread", "(AnyIO worker", "the shared application's loop keeps idle workers"),
    ("process", " postgres", "fixtures restart the shared servers that a test stopped"),
    ("log handler", "<stderr>", "the first application of the process sets the log up"),
    ("log handler", "<_io.FileIO", "likewise, where pytest captures standard error"),
    ("log handler", "LogCaptureHandler", "pytest's own, also on loggers that do not propagate"),
    ("socket", DATABASE, "the shared application's pool grows on demand"),
)
"""What shared fixtures and pytest create on first use: kind, part of its description, reason."""

_STATE = ("environment variable", "signal handler")
"""Kinds that a test can also leave changed by taking one away."""


def held(loop: asyncio.AbstractEventLoop) -> Held:
    """Return all that this process holds, with the pending tasks of a loop that stands still."""
    root = logging.getLogger()
    loggers = [root, *root.manager.loggerDict.values()]
    found: dict[str, Any] = {
        "thread": [thread for thread in threading.enumerate() if thread.is_alive()],
        "process": psutil.pids(),
        "socket": _sockets(),
        "task": asyncio.all_tasks(loop),
        "log handler": [
            (logger.name, handler)
            for logger in loggers
            if isinstance(logger, logging.Logger)
            for handler in logger.handlers
        ],
        "environment variable": [
            item for item in os.environ.items() if item[0] != "PYTEST_CURRENT_TEST"
        ],
        "signal handler": [
            (signal.Signals(number).name, signal.getsignal(number))
            for number in signal.valid_signals()
            if number in set(signal.Signals) and number != signal.SIGALRM  # pytest-timeout's
        ],
    }
    return {(kind, thing) for kind, things in found.items() for thing in things}


def leftovers(before: Held, after: Held, test: str = "", database: int = 0) -> list[str]:
    """Describe what came to be, shared things excepted; `test` is a node id, `database` a port."""
    new = (after - before) | {thing for thing in before - after if thing[0] in _STATE}
    texts = {
        f"{kind} {text}"
        for kind, thing in new
        if (text := _description(kind, thing, test, database))
    }
    return sorted(text for text in texts if not _is_shared(text))


def _is_shared(text: str) -> bool:
    return any(text.startswith(kind) and part in text for kind, part, _ in SHARED)


def _sockets() -> set[int]:
    """Return the inodes of the open sockets, those that C libraries opened included."""
    found = set()
    for descriptor in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers are wanted
        with suppress(OSError):  # the listing's own descriptor is closed
            status = os.fstat(int(descriptor))
            if stat.S_ISSOCK(status.st_mode):
                found.add(status.st_ino)
    return found


def _description(kind: str, thing: Any, test: str, database: int) -> str:
    """Return an empty text for what isn't the test's."""
    match kind, thing:
        case "thread", thread:
            return repr(thread)
        case "process", pid:
            return _process(pid, test)
        case "socket", inode:
            return _socket(inode, database)
        case "task", task:
            return repr(task)
        case "log handler", (logger, handler):
            return f"{handler!r} of {logger}"
        case _, (name, _):
            return str(name)
    raise AssertionError(kind)


def _process(pid: int, test: str) -> str:
    """Describe a child, or an orphan whose environment names the test; others aren't its own."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        parent = process.parent()
        orphaned = _is_of(test, process) and not (parent and _is_of(test, parent))
        if process.ppid() == os.getpid() or orphaned:
            return f"{pid} {process.name()}"
    return ""


def _is_of(test: str, process: psutil.Process) -> bool:
    """Tell by the variable in which pytest names the test: "test_a (call)"."""
    with suppress(psutil.Error):
        return process.environ().get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0] == test
    return False


def _socket(inode: int, database: int) -> str:
    for descriptor in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers are wanted
        with suppress(OSError):
            if os.fstat(int(descriptor)).st_ino == inode:
                with socket.socket(fileno=os.dup(int(descriptor))) as copy:
                    with suppress(OSError):  # its peer may have left
                        if copy.getpeername()[1:2] == (database,):
                            return DATABASE
                    return repr(copy)
    return ""
