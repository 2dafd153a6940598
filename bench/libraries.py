"""What we write by hand, in turns with the libraries that do it: metrics, log lines, tokens.

Needs python-json-logger, which nothing else here does: `.venv/bin/pip install python-json-logger`,
then `.venv/bin/python -m bench.libraries`.
"""

import io
import logging
import os
import tempfile
import time
from contextlib import suppress
from statistics import median
from typing import TYPE_CHECKING

import jwt

from identity.errors import TokenInvalid
from identity.jws import claims_of, header_of
from todo_api.settings.development import token_for

if TYPE_CHECKING:
    from collections.abc import Callable

_REQUESTS = 20_000
_ROUNDS = 7
_TICK = 2_000  # requests between two updates of the shared counts, as at 8,000 a second

_folder = tempfile.mkdtemp(dir="/dev/shm")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder  # is read when the library is imported

from prometheus_client import Counter, Histogram  # noqa: E402 (see above)
from pythonjsonlogger.json import JsonFormatter as LibrarysFormatter  # noqa: E402 (see above)

from todo_api.request import Request  # noqa: E402 (see above)
from todo_api.telemetry.counts import BOUNDS  # noqa: E402 (see above)
from todo_api.telemetry.meter import Meter  # noqa: E402 (see above)
from todo_api.telemetry.request_line import fields_of, json_of  # noqa: E402 (see above)

_counter = Counter("requests", "Requests", ["operation", "status"])
_histogram = Histogram("durations", "Durations", ["operation", "class"], buckets=BOUNDS)
_meter = Meter(_folder)
_request = Request("GET", id="a" * 32, operation="get_task", user="alice", status=200)
_KEY = jwt.PyJWK({"kty": "oct", "alg": "HS256", "k": "a" * 43})
_forged = token_for(
    "k3JvT9qWm2XcY7bN4dRf6HsL1pZgA8uE", "a secret of somebody else, who is no issuer", 900
).encode()
_jws = jwt.PyJWS()
_output = io.StringIO()
_logger = logging.getLogger("bench")
_logger.propagate = False
_logger.setLevel(logging.INFO)


def metrics_of_the_library() -> None:
    """Count as prometheus_client's multiprocess mode does: one file a worker, written at once."""
    for _ in range(_REQUESTS):
        _counter.labels("get_task", "200").inc()
        _histogram.labels("get_task", "2xx").observe(0.0012)


def our_metrics() -> None:
    """Count as a worker does: a list, added to the shared memory several times a second."""
    for at in range(_REQUESTS):
        _meter.add(("get_task", 200, None, 0.0012))
        if at % _TICK == 0:
            _meter.update()
    _meter.update()


def lines_of_the_library() -> None:
    """Write lines with python-json-logger."""
    for _ in range(_REQUESTS):
        _logger.info("request", extra=fields_of(_request, 0.0012, 0.0008))


def our_lines() -> None:
    """Write the same lines as the service does."""
    for _ in range(_REQUESTS):
        _output.write(json_of(_request, time.time(), 0.0012, 0.0008) + "\n")


def tokens_of_the_library() -> None:
    """Refuse a forged token with PyJWT, after a look at its header as for the choice of a key."""
    for _ in range(_REQUESTS):
        with suppress(jwt.InvalidSignatureError):
            header_of(_forged)
            _jws.decode(_forged, _KEY, algorithms=["HS256"])


def our_tokens() -> None:
    """Refuse a forged token as the service does."""
    for _ in range(_REQUESTS):
        with suppress(TokenInvalid):
            header_of(_forged)
            claims_of(_forged, _KEY)


def main() -> None:
    """Print the medians, in microseconds of processor time for each request."""
    handler = logging.StreamHandler(_output)
    handler.setFormatter(LibrarysFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    _logger.addHandler(handler)
    measured: dict[Callable[[], None], list[float]] = {
        each: []
        for each in (
            *(metrics_of_the_library, our_metrics),
            *(lines_of_the_library, our_lines),
            *(tokens_of_the_library, our_tokens),
        )
    }
    for _ in range(_ROUNDS):
        for each, costs in measured.items():
            _output.seek(0)
            _output.truncate()
            started = time.process_time()
            each()
            costs.append((time.process_time() - started) / _REQUESTS * 1e6)
    for each, costs in measured.items():
        print(f"{each.__name__}: {median(costs):.1f} us")


if __name__ == "__main__":
    main()
