"""How much the server takes on at once."""

import asyncio
import logging

from starlette.types import Scope

from db.errors import DatabaseOverloaded
from db.pool import Pool
from todo_api.endpoints import PROBES
from todo_api.envelope import Envelope
from todo_api.logs import Request
from todo_api.problems import problem
from todo_api.replies import Reply

_REPORT_INTERVAL = 1.0  # seconds

logger = logging.getLogger("todo_api.intake")


class Intake:
    """Counts what has come and not begun, and what waits for the database: `most` at once.

    What waits for its own client, a body for example, is not counted, so that slow clients take
    nobody's place.
    """

    def __init__(self, pool: Pool, envelope: Envelope, *, most: int = 512) -> None:
        self._pool = pool
        self._envelope = envelope
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._not_begun = 0
        self._reported = 0
        self.refused = 0
        """Requests for which there was no room."""

    def has_room_for(self, scope: Scope) -> bool:
        """Say whether a request can be done; probes can, and what costs next to nothing."""
        if self._not_begun + self._pool.waiting < self._most:
            return True
        return scope["path"] in PROBES or scope["method"] == "OPTIONS"

    def take(self) -> None:
        """Count a request whose task was created just now."""
        self._not_begun += 1
        self._loop.call_soon(self._begun)  # runs right after the task's first step

    def refusal(self, request: Request) -> Reply:
        """Return the answer to a request for which there is no room.

        Its log line is one with those of the same second: one each would cost more than the rest.
        """
        if self.refused == self._reported:
            self._loop.call_later(_REPORT_INTERVAL, self._report)
        self.refused += 1
        request.status, request.error_code = 503, "OVERLOADED"
        request.count()
        return self._envelope.around(problem(DatabaseOverloaded(), request.id), request)

    def _begun(self) -> None:
        self._not_begun -= 1

    def close(self) -> None:
        """Tell the log of refusals that it has not been told of."""
        if self.refused > self._reported:
            self._report()

    def _report(self) -> None:
        refused = self.refused - self._reported
        logger.warning("overloaded", extra={"fields": {"refused": refused}})
        self._reported = self.refused
