"""The line of a request that is joined from pieces is the one that its record is formatted to."""

import json
import logging
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from todo_api.request import Request
from todo_api.telemetry.log_output import REQUESTS, JsonFormatter
from todo_api.telemetry.request_line import fields_of, json_of

ROUTED: dict[str, Any] = {
    "method": st.sampled_from(["GET", "PATCH"]),
    "operation": st.just("get_task"),
    "route": st.just("/api/{user_id}/tasks/{task_id}"),
}
UNKNOWN: dict[str, Any] = {"method": st.from_regex(r"[!-~]+", fullmatch=True)}
CLIENTS = st.tuples(st.text(st.characters(max_codepoint=0xFF), min_size=1), st.just(1))
SPANS = st.just(SimpleNamespace(trace_id="0af7651916cd43dd8448eb211c80319c"))
CODES = st.sampled_from(["NOT_FOUND", "OVERLOADED"]) | st.none()
OTHERS: dict[str, Any] = {
    "id": st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    "client": CLIENTS | st.none(),
    "state": st.fixed_dictionaries({}, optional={"log_client": st.booleans()}),
    "path": st.binary(max_size=150),
    "user": st.text(min_size=1, max_size=20) | st.none(),
    "status": st.integers(200, 599),
    "error_code": CODES,
    "reason": st.just("two users") | st.none(),
    "span": SPANS | st.none(),
}
DRAWN = st.builds(Request, **ROUTED, **OTHERS) | st.builds(Request, **UNKNOWN, **OTHERS)
SECONDS = st.floats(0, 100)
NOW = st.floats(0, 4_000_000_000)


@given(DRAWN, NOW, SECONDS, SECONDS)
def test_both_lines_say_the_same(
    request: Request, now: float, seconds: float, in_database: float
) -> None:
    line = json_of(request, now, seconds, in_database)
    assert line.isascii()
    assert line.isprintable()

    fields = fields_of(request, seconds, in_database)
    record = logging.makeLogRecord(
        {"name": REQUESTS, "levelname": "INFO", "msg": "request", "created": now, "fields": fields}
    )
    joined, formatted = json.loads(line), json.loads(JsonFormatter().format(record))
    times = [datetime.fromisoformat(each.pop("time")) for each in (joined, formatted)]
    assert abs(times[0] - times[1]) <= timedelta(microseconds=1)
    assert [*joined.items()] == [*formatted.items()]
