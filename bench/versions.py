"""The versions of all that took part."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from bench.database import Database
from bench.pooler import PROGRAM

_OURS = ("todo-api", "connexion", "uvicorn", "uvloop", "httptools", "psycopg2-binary", "pyjwt")
_PEERS = (
    *("fastapi", "sqlmodel", "sqlalchemy", "psycopg2-binary", "asyncpg", "connexion", "litestar"),
    "uvicorn",
)
_GO = ("jackc-pgx-v4", "golang-jwt-jwt", "hashicorp-golang-lru", "rs-zerolog")
_BENCH = Path(__file__).resolve().parent
_ASK = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"


def versions(database: Database) -> dict[str, str]:
    """Return the versions by what they are versions of."""
    ((server,),) = database.sql("SHOW server_version")
    return {
        "machine": _machine(),
        "Python": sys.version.partition(" ")[0],
        "PostgreSQL": server,
        "wrk": _found(r"wrk (?:debian/)?(\S+)", _said("wrk", "-v")),
        "Node.js": _said("node", "--version").strip(),
        "PgBouncer": _found(r"PgBouncer (\S+)", _said(PROGRAM, "--version")),
        "Go": _found(r"go(\d\S+)", _said("go", "version")),
        "our service": _listed(_OURS, [version(name) for name in _OURS]),
        "peers in Python": _listed(_PEERS, _in_venv()),
        "peers on Node.js": _npm_packages(),
        "peer in Go": _go_packages(),
    }


def _machine() -> str:
    processor = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    kind = _found(r"model name\s*: (.+)", processor)
    return f"{kind}, Linux {_said('uname', '-r').strip()}"


def _in_venv() -> list[str]:
    return _said(str(_BENCH / ".venv/bin/python"), "-c", _ASK, *_PEERS).split()


def _npm_packages() -> str:
    folder = _BENCH / "peers/fastify"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    return ", ".join(f"{name} {locked[f'node_modules/{name}']['version']}" for name in wanted)


def _go_packages() -> str:
    ask = ("dpkg-query", "--show", "--showformat", "${Version}")
    return ", ".join(f"{name} {_said(*ask, f'golang-github-{name}-dev')}" for name in _GO)


def _listed(names: tuple[str, ...], numbers: list[str]) -> str:
    return ", ".join(" ".join(pair) for pair in zip(names, numbers, strict=True))


def _said(*command: str) -> str:
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else "unknown"
