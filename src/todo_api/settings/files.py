"""Read secrets from files (`NAME_FILE`), as Docker, Kubernetes and systemd provide them."""

import os
from pathlib import Path
from stat import S_ISREG
from typing import Annotated, Any

from pydantic import BeforeValidator

SECRETS = ("database_url", "jwt_secret_key", "rate_limit_redis_url")
"""The settings that may be in a file."""

_MOST = 64 * 1024
"""Bytes; no URL or key has more."""


def _raised(found: Any) -> Any:
    if isinstance(found, ValueError):
        raise found
    return found


SecretFile = Annotated[Path, BeforeValidator(_raised)]
"""The content of a file, or the error with which reading it failed."""


def with_secrets(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with the secrets from files.

    A file that can't be used becomes an error, which is reported with all other mistakes.
    """
    filled = dict(given)
    for name in SECRETS:
        if path := given.get(f"{name}_file"):
            try:
                filled[name] = _read_once(name, path, given.get(name))
            except ValueError as error:
                filled[f"{name}_file"] = error
    return filled


def is_in_file(name: str) -> bool:
    """Tell whether this setting comes from a file."""
    return name in SECRETS and bool(os.environ.get(f"{name.upper()}_FILE"))


def _read_once(name: str, path: str | Path, beside: object) -> str:
    if beside:
        raise ValueError(f"is set beside {name.upper()}: set one of them only")
    return _read(Path(path))


def _read(path: Path) -> str:
    """Return the text without a final line end; errors never contain any of it."""
    try:
        # Without O_NONBLOCK, opening a pipe without a writer would block.
        with open(
            path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
        ) as file:
            if not S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValueError("must be a regular file, as every process reads it again")
            content = file.read(_MOST + 1)
    except OSError as error:
        raise ValueError(f"can't be read ({error.strerror})") from None
    if len(content) > _MOST:
        raise ValueError("must be of at most 64 KiB")
    return _text(content)


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError("must be a file of UTF-8 text") from None
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not text:
        raise ValueError("is an empty file")
    return text
