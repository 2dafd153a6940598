"""The servers that are measured side by side, each started the way its documentation says."""

from dataclasses import dataclass, field, replace
from pathlib import Path

_BENCH = Path(__file__).resolve().parent
_ROOT = _BENCH.parent
_SERVERS = _BENCH / "peers"


@dataclass(frozen=True)
class Peer:
    """A server that listens on 127.0.0.1:$PORT until SIGTERM.

    It also reads DATABASE_URL and JWT_SECRET_KEY, beside what `environment` adds.
    """

    name: str
    command: list[str]
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    pooled: bool = False
    """Whether PgBouncer stands between it and PostgreSQL."""

    @property
    def title(self) -> str:
        """The name, which tells the two ways to PostgreSQL apart."""
        return f"{self.name}, through PgBouncer" if self.pooled else self.name


def _uvicorn(name: str, app: str, environment: dict[str, str]) -> Peer:
    program = _BENCH / ".venv/bin/uvicorn"
    # The shell becomes uvicorn, which does not read PORT itself.
    command = ["sh", "-c", 'exec "$0" "$1" --port "$PORT"', str(program), app]
    return Peer(name, command, _SERVERS, environment)


def _fastify(name: str, environment: dict[str, str]) -> Peer:
    return Peer(name, ["node", "server.js"], _SERVERS / "fastify", environment)


def _ours(name: str, environment: dict[str, str]) -> Peer:
    command = [str(_ROOT / ".venv/bin/python"), "-m", "todo_api", "serve"]
    return Peer(name, command, _ROOT, {"LOG_FORMAT": "json", **environment})


PEERS = {
    "todo-api": _ours("Todo API", {"DATABASE_DIRECT": "true"}),
    "fastapi": _uvicorn("FastAPI + SQLModel + psycopg2", "fastapi_sync.app:app", {}),
    "fastapi-async": _uvicorn("FastAPI + SQLModel + asyncpg", "fastapi_async.app:app", {}),
    "connexion": _uvicorn(
        "Connexion + SQLModel, as it comes",
        "connexion_stock.app:app",
        {"BEARERINFO_FUNC": "connexion_stock.handlers.decode_token"},
    ),
    "litestar": _uvicorn("Litestar + asyncpg", "litestar_asyncpg.app:app", {}),
    "fastify": _fastify("Fastify + pg", {}),
    "fastify-cache": _fastify("Fastify + pg, tokens cached", {"TOKEN_CACHE": "1"}),
    "go": Peer("Go + pgx, tokens cached", ["./todo"], _SERVERS / "go"),
}

_TOLD = {"DATABASE_DIRECT": "false", "PGBOUNCER": "1"}
"""The first is ours, and its default; the second is for the peers that have to do otherwise."""


def through(pooler: str) -> dict[str, Peer]:
    """Return the same servers, but with the URL of a PgBouncer in transaction mode."""
    told = {"DATABASE_URL": pooler, **_TOLD}
    return {
        key: replace(peer, environment={**peer.environment, **told}, pooled=True)
        for key, peer in PEERS.items()
    }
