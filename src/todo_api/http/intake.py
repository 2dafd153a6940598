"""Admission control: how many requests wait at once, and the cheap refusal of the rest."""

import asyncio
import logging
import re
from time import perf_counter

from db.errors import DatabaseOverloaded
from db.pool.pool import Pool
from todo_api.http.envelope import Envelope
from todo_api.problems.documents import problem
from todo_api.request import Request
from todo_api.telemetry.logs import request_id
from todo_api.telemetry.meter import Meter

_REPORT_INTERVAL = 1.0  # seconds; all refusals within them share a log line
_MOST_AT_ONCE = 1_000  # refusals a second; they take a tenth of a core

_PROBE = re.compile(rb"(?:GET|HEAD) /(?:health|ready)[ ?]")
_FIELD = rb"\n%b[ \t]*:([^\r\n]*)"  # linear: white space is stripped afterwards
_ORIGIN = re.compile(_FIELD % b"origin", re.IGNORECASE)
_ID = re.compile(_FIELD % b"x-request-id", re.IGNORECASE)

logger = logging.getLogger("todo_api.intake")


class Intake:
    """Admits at most `most` requests that have not begun or wait for the database.

    Requests that wait for their own client, such as for a body, are not counted, so that slow
    clients take nobody's place. By default, `most` equals the pool's `queue_limit`.
    """

    def __init__(
        self, pool: Pool, envelope: Envelope, meter: Meter | None = None, *, most: int = 512
    ) -> None:
        self._pool = pool
        self._envelope = envelope
        self._meter = meter
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._not_begun = 0
        self._report_due: asyncio.TimerHandle | None = None
        self._reported = 0
        self._second = self._at_once = 0
        self.refused = 0
        """The number of requests refused for overload."""

    def take(self) -> None:
        """Count a request whose asyncio task was just created."""
        self._not_begun += 1

    def begun(self) -> None:
        """Note that such a request has begun."""
        self._not_begun -= 1

    def has_room_for(self, head: bytes) -> bool:
        """Tell whether there is room for the request with this unparsed head; always for probes."""
        room = self._not_begun + self._pool.waiting < self._most
        return room or _PROBE.match(head) is not None

    def refusal(self, head: bytes, scheme: str, date: bytes) -> bytes:
        """Return the 503 for a request for which there is no room.

        Its head is not parsed: a refusal must cost almost nothing, or no other work gets done.
        """
        started = perf_counter()
        request = Request(head.partition(b" ")[0].decode("latin-1"), id=_request_id(head))
        request.scheme = scheme
        if origin := _ORIGIN.search(head):
            request.headers = {b"origin": origin[1].strip(b" \t")}
        self._count(perf_counter() - started)
        answer = problem(DatabaseOverloaded(), request.id)
        return self._envelope.rendered(answer, request, date, last=False)

    def may_refuse(self) -> bool:
        """Tell whether one more refusal may be sent at once, or should be delayed."""
        now = int(self._loop.time())
        if now != self._second:
            self._second, self._at_once = now, 0
        self._at_once += 1
        return self._at_once <= _MOST_AT_ONCE

    def close(self) -> None:
        """Log the refusals that were not logged yet."""
        if self._report_due is not None:
            self._report_due.cancel()
            self._report()

    def _count(self, seconds: float) -> None:
        """Count a refusal; those of the same second share a log line."""
        if self._report_due is None:
            self._report_due = self._loop.call_later(_REPORT_INTERVAL, self._report)
        self.refused += 1
        if self._meter is not None:
            self._meter.add((None, 503, "OVERLOADED", seconds))

    def _report(self) -> None:
        self._report_due = None
        refused = self.refused - self._reported
        logger.warning("overloaded", extra={"fields": {"refused": refused}})
        self._reported = self.refused


def _request_id(head: bytes) -> str:
    chosen = _ID.search(head)
    return request_id({b"x-request-id": chosen[1].strip(b" \t")} if chosen else {})
