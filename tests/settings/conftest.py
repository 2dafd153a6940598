"""Settings that are loaded from a test's own variables."""

import pytest

from todo_api.settings.settings import Settings, load_settings

SECRET = "a secret of thirty-two characters"
AUTH = "https://auth.example.com"
REDIS = "rediss://todo:hunter2@redis.example.com:6379/0"
DATABASE = "postgresql://todo:hunter2@db.example.com:5432/todo"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()
