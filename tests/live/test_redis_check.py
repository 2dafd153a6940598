"""What is found out about Redis at start."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.live.conftest import serving
from tests.live.redis import Redis, redis_server
from todo_api.limits import redis_check
from todo_api.limits.redis_check import trouble_with_redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with redis_server(tmp_path) as redis:
        yield redis


@pytest.fixture
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer than any machine is busy."""
    monkeypatch.setattr(redis_check, "_MOST", 30.0)


@pytest.mark.usefixtures("_patience")
def test_redis_that_answers_is_no_trouble(redis: Redis) -> None:
    assert trouble_with_redis(redis.url) is None


@pytest.mark.usefixtures("_patience")
def test_redis_that_refuses_the_password_is_trouble(redis: Redis) -> None:
    wrong = redis.url.replace("what", "hunter2")

    assert trouble_with_redis(wrong) == "AuthenticationError"


@pytest.mark.usefixtures("_patience")
def test_redis_that_is_gone_is_trouble(redis: Redis) -> None:
    redis.kill()

    assert trouble_with_redis(redis.url) == "ConnectionError"


@pytest.mark.usefixtures("_patience")
def test_a_host_that_has_no_name_is_trouble() -> None:
    assert trouble_with_redis("redis://a..b") == "UnicodeError"


def test_redis_that_is_frozen_at_start_is_told_in_one_line(
    redis: Redis, database_url: str, tmp_path: Path
) -> None:
    redis.process.send_signal(signal.SIGSTOP)
    limits = {"RATE_LIMIT": "5/hour", "RATE_LIMIT_REDIS_URL": redis.url}
    service = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with serving(tmp_path / "output", **service, **limits) as server:
        warnings = [line for line in server.log().splitlines() if line.startswith("Warning")]

    rest = "serving all the same, without limits until it can."
    assert warnings == [f"Warning: Redis can't be used (TimeoutError); {rest}"]
