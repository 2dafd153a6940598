"""PgBouncer with the configuration that the compose file gives it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg2.extensions import parse_dsn

from tests.debian import debian_file
from tests.deploy.image import ROOT
from tests.live.conftest import free_port
from tests.live.pgbouncer import running, wait_for


@contextmanager
def shipped_pgbouncer(directory: Path, url: str) -> Iterator[str]:
    """Run it in front of `url`, on this machine's addresses, and yield its own URL."""
    server, port = parse_dsn(url), free_port()
    directory.mkdir()
    configuration = directory / "pgbouncer.ini"
    text = (ROOT / "deploy/pgbouncer/pgbouncer.ini").read_text()
    for old, new in {
        "host=postgres port=5432": f"host=127.0.0.1 port={server['port']}",
        "listen_addr = 0.0.0.0": "listen_addr = 127.0.0.1",
        "listen_port = 6432": f"listen_port = {port}",
        "/etc/pgbouncer/users": f"{directory}/users",
    }.items():
        assert old in text
        text = text.replace(old, new)
    configuration.write_text(text)
    (directory / "users").write_text(f'"{server["user"]}" "{server["password"]}"\n')
    pooled = url.replace(f":{server['port']}/", f":{port}/")
    with running(debian_file("pgbouncer"), configuration):
        wait_for(pooled)
        yield pooled
