"""The settings: secrets that are in files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.settings.conftest import DATABASE, REDIS, SECRET, load
from tests.settings.test_mistakes import refusal
from todo_api.settings.files import SECRETS
from todo_api.settings.settings import Settings

NOBODY = 65534
OTHERS = {
    "DATABASE_URL": {"JWT_SECRET_KEY": SECRET},
    "RATE_LIMIT_REDIS_URL": {"RATE_LIMIT": "9/minute"},
}
VALUES = {"DATABASE_URL": DATABASE, "JWT_SECRET_KEY": SECRET, "RATE_LIMIT_REDIS_URL": REDIS}
WRONG = {
    "DATABASE_URL": "mysql://todo:hunter2@db.example.com/todo",
    "JWT_SECRET_KEY": "hunter2",
    "RATE_LIMIT_REDIS_URL": "http://hunter2@localhost",
}

every_secret = pytest.mark.parametrize("name", VALUES)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secret"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Do without root's right to read every file, where the tests have it."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)


def test_all_secrets_but_no_other_settings_may_be_in_files() -> None:
    files = {name for name in Settings.model_fields if name.endswith("_file")}

    assert files == {f"{name}_file" for name in SECRETS} == {f"{n.lower()}_file" for n in VALUES}
    secret = {name for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    assert secret == set(SECRETS)


@every_secret
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_read_from_its_file_without_the_line_end(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str, end: str
) -> None:
    file.write_text(VALUES[name] + end, newline="")
    settings = load(monkeypatch, **{f"{name}_FILE": str(file)}, **OTHERS.get(name, {}))

    assert getattr(settings, name.lower()) == SecretStr(VALUES[name])
    assert VALUES[name] not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize("end", ["\n\n", " \n", "\r", "\n\r\n", "\t"])
def test_one_line_end_is_cut_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, file: Path, end: str
) -> None:
    file.write_text(SECRET + end, newline="")
    settings = load(monkeypatch, JWT_SECRET_KEY_FILE=str(file))
    kept = end.removesuffix("\n").removesuffix("\r") if end.endswith("\n") else end

    assert settings.jwt_secret_key == SecretStr(SECRET + kept)


@every_secret
def test_an_empty_variable_is_an_unset_one(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str
) -> None:
    file.write_text(VALUES[name])
    others = OTHERS.get(name, {})
    in_file = load(monkeypatch, **{name: "", f"{name}_FILE": str(file)}, **others)
    in_variable = load(monkeypatch, **{name: VALUES[name], f"{name}_FILE": ""}, **others)

    assert getattr(in_file, name.lower()) == getattr(in_variable, name.lower())


@every_secret
def test_a_secret_in_two_places_is_refused(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str
) -> None:
    file.write_text("hunter2")
    message = refusal(monkeypatch, **{name: WRONG[name], f"{name}_FILE": str(file)})

    assert f"{name}_FILE: is set beside {name}: set one of them only, for example" in message
    assert "hunter2" not in message


@every_secret
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is an empty file"),
        (b"\n", "is an empty file"),
        (b"\r\n", "is an empty file"),
        (b"hunter2\xff", "must be a file of UTF-8 text"),
        (b"hunter2" * 10_000, "must be of at most 64 KiB"),
    ],
)
def test_a_file_that_holds_no_secret_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str, content: bytes, said: str
) -> None:
    file.write_bytes(content)
    message = refusal(monkeypatch, **{f"{name}_FILE": str(file)})

    assert message.startswith(f"{name}_FILE: {said}, for example {name}_FILE=/")
    assert "\n" not in message
    assert "hunter2" not in message


@every_secret
def test_a_wrong_secret_is_told_of_its_file_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, file: Path, name: str
) -> None:
    file.write_text(WRONG[name])
    message = refusal(monkeypatch, **{f"{name}_FILE": str(file)})

    assert message.startswith(f"{name}_FILE: the content ")
    assert "\n" not in message
    assert "hunter2" not in message


def test_a_file_that_is_missing_or_no_file_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    cases = {
        "none": "can't be read (No such file or directory)",
        ".": "can't be read (Is a directory)",
        "pipe": "must be a regular file",
    }
    for name, said in cases.items():
        message = refusal(monkeypatch, DATABASE_URL_FILE=str(tmp_path / name))
        assert message.startswith(f"DATABASE_URL_FILE: {said}")
        assert "\n" not in message


def test_a_file_that_may_not_be_read_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    file.write_text(SECRET)
    file.chmod(0)
    with as_nobody():
        message = refusal(monkeypatch, JWT_SECRET_KEY_FILE=str(file))

    assert message.startswith("JWT_SECRET_KEY_FILE: can't be read (Permission denied), for example")


def test_files_are_told_with_all_other_mistakes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = str(tmp_path / "none")
    message = refusal(
        monkeypatch, PORT="http", DATABASE_URL_FILE=missing, JWT_SECRET_KEY_FILE=missing
    )

    named = {line.partition(":")[0] for line in message.splitlines()}
    assert named == {"PORT", "DATABASE_URL_FILE", "JWT_SECRET_KEY_FILE"}
