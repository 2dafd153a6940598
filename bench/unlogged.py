"""Our service without its request log, to measure what a line costs: it has no switch for that."""

from todo_api.__main__ import main
from todo_api.request import Request
from todo_api.telemetry import logs


def _nothing(_: Request) -> None:
    pass


logs.log = _nothing  # type: ignore[assignment]  # its argument is called otherwise

if __name__ == "__main__":
    main()
