"""A second server, which is a standby and knows a role that has to prove itself."""

from collections.abc import Callable, Iterator

import pytest

from tests.db.postgres import Server, private_server

PASSWORD = "the one that it has"
_RULES = """
host all guarded 127.0.0.1/32 scram-sha-256
host all all     127.0.0.1/32 trust
"""


@pytest.fixture(scope="session")
def running_standby() -> Iterator[Server]:
    with private_server() as server:
        server.sql(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        (server.directory / "cluster" / "pg_hba.conf").write_text(_RULES)
        server.become_standby()
        yield server


@pytest.fixture
def standby(running_standby: Server) -> Iterator[Server]:
    yield running_standby
    running_standby.thaw()
    running_standby.start()


@pytest.fixture
def dsn_of() -> Callable[..., str]:
    """Return the DSN of several ports of this machine, with further parts."""

    def dsn_of(*ports: int, **parts: object) -> str:
        plain = {"sslmode": "disable", "gssencmode": "disable"}
        given = {"user": "postgres", "dbname": "postgres", **plain, **parts}
        others = " ".join(f"{name}='{value}'" for name, value in given.items())
        hosts = ",".join(["127.0.0.1"] * len(ports))
        return f"host={hosts} port={','.join(map(str, ports))} {others}"

    return dsn_of
