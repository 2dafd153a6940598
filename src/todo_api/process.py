"""The process that serves: its open files, and how signals end it."""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def allow_connections() -> None:
    """Allow as many open files, and so connections, as the system permits.

    The usual limit of 1,024 is one for programs that use select(2), which this one doesn't
    (https://0pointer.net/blog/file-descriptor-limits.html).
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS names a limit that it does not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def end_by_unwinding(status: int = 0) -> None:
    """Let SIGTERM and SIGHUP leave the embedded database as it should be, and end with `status`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(status))
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


@contextmanager
def unwinding(status: int) -> Iterator[None]:
    """Let them end what the block does likewise, and only that."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    end_by_unwinding(status)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
