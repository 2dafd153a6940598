"""What is found out about Redis at start."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.redis import Redis, redis_server
from todo_api import redis_check
from todo_api.redis_check import trouble_with_redis


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
