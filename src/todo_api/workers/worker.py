"""A worker: one of several processes that serve, started by the supervisor."""

import sys
from contextlib import suppress
from functools import partial
from socket import socket


def main() -> None:
    """Serve; the arguments are the descriptors of the supervisor's socket and the listeners."""
    with suppress(KeyboardInterrupt):
        supervisor, *listeners = (socket(fileno=int(file)) for file in sys.argv[1:])
        _serve(supervisor, listeners)


def _serve(supervisor: socket, listeners: list[socket]) -> None:
    # All of the application: what is loaded after this line, a Ctrl-C ends without a traceback.
    from todo_api import process, server  # noqa: PLC0415 (see above)
    from todo_api.app import create_app  # noqa: PLC0415 (see above)
    from todo_api.settings.settings import SettingsError, load_settings  # noqa: PLC0415 (see above)

    process.end_by_unwinding()
    try:
        settings = load_settings()
    except SettingsError as error:  # a file that they name was changed
        raise SystemExit(f"Error: {error}") from None
    application = partial(create_app, settings, supervisor.fileno())
    server.work(settings, application, listeners, supervisor)


if __name__ == "__main__":
    main()
