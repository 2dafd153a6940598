"""Start the example: PostgreSQL, Better Auth with the page, the Todo API. Ctrl-C stops all."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from todo_api.database import embedded_database
from todo_api.embedded.embedded import EmbeddedError
from todo_api.settings.settings import Settings

_HERE = Path(__file__).parent
_CHOSEN = os.environ.get("DATA_DIR")
_DATA = Path(_CHOSEN or ".data")
_AUTH_PORT = os.environ.get("AUTH_PORT", "3000")
_API_PORT = os.environ.get("API_PORT", "8000")
_AUTH = f"http://localhost:{_AUTH_PORT}"
_API = f"http://localhost:{_API_PORT}"
_PATIENCE = 30.0


def main() -> None:
    """Run all of it until Ctrl-C, or until a part of it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    _check_port("AUTH_PORT", _AUTH_PORT)
    _check_port("API_PORT", _API_PORT)
    try:
        with embedded_database(_DATA, chosen=bool(_CHOSEN)) as database:
            _run(database)
    except EmbeddedError as error:
        sys.exit(str(error))
    sys.exit("A part of it has ended: what was printed above may say why.")


def _run(database: str) -> None:
    """Run Better Auth and the API until one of them ends."""
    tokens = _tokens(os.environ.get("TOKENS", "sub"))
    with (
        _running(_auth(database, tokens), f"{_AUTH}/api/auth/ok"),
        _running(_api(database, tokens), f"{_API}/health"),
    ):
        print(f"\nThe page:  {_AUTH}\nThe API:   {_API}/docs\nCtrl-C stops both.\n", flush=True)
        # Not Popen.poll(): a signal in it can leave its lock taken, and Popen.wait() would hang.
        os.wait()


def _check_port(name: str, port: str) -> None:
    """Name the variable that counts here: the API itself knows its port as PORT."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError, ValueError) as error:
            sys.exit(
                f"Can't listen on port {port} ({error}): choose another with {name}, for example "
                f"make example {name}=4000"
            )


def _tokens(kind: str) -> dict[str, str]:
    """Return what the API has to know of the tokens."""
    if kind != "hs256":
        return {"BETTER_AUTH_URL": _AUTH}
    secret = secrets.token_hex(32)
    return {"JWT_SECRET_KEY": secret, "JWT_ISSUER": _AUTH, "JWT_AUDIENCE": _AUTH}


def _auth(database: str, tokens: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["node", _HERE / "server" / "main.mjs"],
        env=_environment()
        | tokens
        | {
            "DATABASE_URL": database,
            "BETTER_AUTH_URL": _AUTH,
            "BETTER_AUTH_SECRET": _kept_secret(),
            "API_URL": _API,
        },
    )


def _api(database: str, tokens: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "todo_api", "serve"],
        env=_environment()
        | tokens
        | {
            "DATABASE_URL": database,
            "DATABASE_DIRECT": "true",
            "PORT": _API_PORT,
            "CORS_ORIGINS": _AUTH,
        },
    )


def _environment() -> dict[str, str]:
    """Return the environment without a developer's own settings of the service, and proxies.

    Node.js is the one beside this Python.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in Settings.model_fields
    }
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
    return kept | {"no_proxy": "localhost", "PATH": path}


def _kept_secret() -> str:
    """Return Better Auth's secret; its keys in the database are encrypted with it."""
    path = _DATA / "better-auth-secret"
    if not path.exists():
        _DATA.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")  # an interrupt must not leave half a secret for good
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.rename(path)
    return path.read_text()


@contextmanager
def _running(process: subprocess.Popen[bytes], url: str) -> Iterator[None]:
    try:
        _wait_for(url, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx2.get(url, trust_env=False).raise_for_status()
        except httpx2.HTTPError:  # also where somebody else has the port
            time.sleep(0.05)
        else:
            return
    sys.exit(f"Nothing answers at {url}: what was printed above may say why.")


def _exit(*_: object) -> None:
    """End by unwinding, so that nothing is left behind."""
    sys.exit(0)


if __name__ == "__main__":
    main()
