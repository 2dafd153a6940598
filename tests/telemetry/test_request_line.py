"""The line of a request that is joined from pieces is the one that its record is formatted to."""

import json
import logging
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from todo_api.request import Request
from todo_api.telemetry.log_output import REQUESTS, JsonFormatter
from todo_api.telemetry.request_line import fields_of, json_of

PATHS = st.just("/api/{user_id}/tasks/{task_id}") | st.none()
CODES = st.sampled_from(["NOT_FOUND", "OVERLOADED"]) | st.none()
REQUESTS_DRAWN = st.builds(
    Request,
    st.sampled_from(["GET", "PATCH"]),
    id=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    client=st.tuples(st.ip_addresses().map(str), st.just(1)) | st.none(),
    state=st.fixed_dictionaries({}, optional={"log_client": st.booleans()}),
    path=st.binary(max_size=150),
    operation=st.just("get_task") | st.none(),
    route=PATHS,
    user=st.text(min_size=1, max_size=20) | st.none(),
    status=st.integers(200, 599),
    error_code=CODES,
    reason=st.just("two users") | st.none(),
)
SECONDS = st.floats(0, 100)
NOW = st.floats(0, 4_000_000_000)


@given(REQUESTS_DRAWN, NOW, SECONDS, SECONDS)
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
