"""The secret and the tokens of a developer's machine."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.conftest import SECRET
from todo_api.settings.development import signing_secret, token_for
from todo_api.settings.settings import Settings

ONE_PROCESS = """
import sys
from pathlib import Path
from todo_api.settings import development
from todo_api.settings.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(development.signing_secret(settings))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "not" / "yet")


def test_the_shared_secret_is_used_as_it_is(tmp_path: Path) -> None:
    assert signing_secret(Settings(jwt_secret_key=SECRET, data_dir=tmp_path)) == SECRET
    assert list(tmp_path.iterdir()) == []


def test_the_development_secret_is_made_once_and_kept(settings: Settings) -> None:
    secret = signing_secret(settings)

    assert len(secret) == 64
    assert signing_secret(settings) == secret
    assert (settings.data_dir / "jwt-secret").read_text() == secret


def test_every_data_directory_has_a_secret_of_its_own(settings: Settings, tmp_path: Path) -> None:
    assert signing_secret(settings) != signing_secret(Settings(data_dir=tmp_path / "other"))


def test_only_its_owner_may_read_the_development_secret(settings: Settings) -> None:
    signing_secret(settings)
    [file] = settings.data_dir.iterdir()

    assert file.stat().st_mode & 0o777 == 0o600


DAMAGED = {"nothing": b"", "half": b"0123456789", "no text": b"\xff" * 64}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_secret_is_made_anew_and_told_of_once(
    settings: Settings, content: bytes, log: Callable[[], list[dict[str, Any]]]
) -> None:
    signing_secret(settings)
    (settings.data_dir / "jwt-secret").write_bytes(content)
    secret = signing_secret(settings)

    assert len(secret) == 64
    assert signing_secret(settings) == secret
    [line] = log()
    assert line["level"] == "WARNING"
    assert "jwt-secret was damaged and is replaced" in line["message"]
    assert secret not in str(line)


@pytest.mark.parametrize("damaged", [False, True])
def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path, damaged: bool) -> None:
    if damaged:
        (tmp_path / "jwt-secret").touch()
    command = [sys.executable, "-c", ONE_PROCESS, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    secrets = {process.communicate()[0].strip() for process in processes}

    assert secrets == {(tmp_path / "jwt-secret").read_text()}
    assert [file.name for file in tmp_path.iterdir()] == ["jwt-secret"]


def test_a_token_is_for_its_user_and_its_time() -> None:
    claims = jwt.decode(token_for("alice", SECRET, 60), SECRET, algorithms=["HS256"])

    assert claims["user_id"] == "alice"
    assert claims["exp"] - claims["iat"] == 60
