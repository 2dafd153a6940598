"""How lines are written: as JSON or text, to standard error, several together."""

import asyncio
import json
import logging
import re
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

import orjson

REQUESTS = "todo_api.requests"
"""The logger of the requests' lines."""

Format = Literal["auto", "json", "text"]
Level = Literal["debug", "info", "warning", "error"]

_PLAIN = re.compile(r"[^\s\"'=\\]+")
_WHILE = 0.1  # seconds that a line may be kept


def described(error: BaseException) -> dict[str, Any]:
    """Return where `error` comes from; not its message, which may hold what a user wrote."""
    from db.reasons import reason  # noqa: PLC0415 (11 MB with psycopg2, for who logs no error)

    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return {
        "type": type(error).__qualname__,
        "sqlstate": getattr(error, "pgcode", None),
        "reason": reason(error),
        "frames": frames[-7:],
    }


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's time, level, logger, message and fields."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = [described(record.exc_info[1])]
        return _json(line)


class TextFormatter(logging.Formatter):
    """One line a person can read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's time, level, message and fields."""
        fields = _text(getattr(record, "fields", {}))
        text = fields if record.name == REQUESTS else f"{record.getMessage()} {fields}"
        return f"{_clock(record.created)} {record.levelname:<7} {text}".rstrip()


def _json(line: dict[str, Any]) -> str:
    text = orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str).decode()
    # A user's id may hold what ends a line elsewhere, or turns the direction of writing.
    return text if text.isascii() else json.dumps(orjson.loads(text), separators=(",", ":"))


def _clock(created: float) -> str:
    return f"{datetime.fromtimestamp(created).astimezone():%H:%M:%S}"


def _text(fields: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={_shown(value)}" for name, value in fields.items() if value is not None
    )


def _shown(value: Any) -> str:
    """Return a value as it is, or quoted where it could be taken for something else."""
    text = str(value)
    if not isinstance(value, str) or (_PLAIN.fullmatch(text) and text.isprintable()):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


class Handler(logging.StreamHandler[TextIO]):
    """Writes the requests of a tenth of a second together: each write costs as much as its line.

    What is not a request is written at once, after all that came before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def keep(self, line: str) -> None:
        """Write a line soon; without an event loop, at once."""
        with self.lock or nullcontext():
            self._lines.append(line)
            later = len(self._lines) > 1 or self._flushed_later()
        if not later:
            self.flush()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, a request's soon, others at once."""
        try:
            line = self.format(record)
            if record.name == REQUESTS:
                self.keep(line)
            else:
                self._lines.append(line)
                self.flush()
        except Exception:  # noqa: BLE001 (what can't be logged must not end what is logged)
            self.handleError(record)

    def _flushed_later(self) -> bool:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        loop.call_later(_WHILE, self.flush)
        return True

    def flush(self) -> None:
        """Write the lines that are kept."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join([*lines, ""]))
            super().flush()


def only_handler(logger: logging.Logger) -> Handler | None:
    """Return our handler, if it writes JSON and nothing else sees or filters the lines.

    `logger` is a child of the logger that has the handler.
    """
    parent = logger.parent
    if parent is None or parent.propagate or logger.handlers or logger.filters:
        return None
    handler = parent.handlers[0] if len(parent.handlers) == 1 else None
    if type(handler) is not Handler or handler.filters or handler.level:
        return None
    return handler if type(handler.formatter) is JsonFormatter else None


def configure(log_format: Format, level: Level = "info") -> None:
    """Send the service's and the server's lines from `level` on to standard error.

    `auto` is text on a terminal and JSON elsewhere. A logger that has a handler already is left as
    it is.
    """
    text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    handler = Handler()
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    for name in ("todo_api", "uvicorn"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)
            logger.setLevel(level.upper())
            logger.propagate = False
