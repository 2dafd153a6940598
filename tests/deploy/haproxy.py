"""HAProxy as Debian packages it, with the configuration of deploy/, before replicas on loopback."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.debian import debian_file
from tests.deploy.entrance import Entrance, make_certificate, relocated
from tests.deploy.replica import HOSTS
from tests.live.conftest import PATIENCE, free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "haproxy" / "haproxy.cfg"
DRAIN = "2"  # seconds


@contextmanager
def haproxy(
    directory: Path, replicas: Sequence[str], changed: Mapping[str, str] | None = None
) -> Iterator[Entrance]:
    """Run HAProxy before three addresses until the block ends, some of its lines `changed`."""
    entrance = Entrance(free_port(), directory / "todo-api.crt")
    pem = directory / "todo-api.pem"  # certificate and key, in one file as HAProxy wants them
    make_certificate(entrance.certificate, pem)
    pem.write_text(pem.read_text() + entrance.certificate.read_text())
    places = {
        "bind :443": f"bind 127.0.0.1:{entrance.port}",
        "/etc/haproxy/todo-api.pem": f'"{pem}"',
        **dict(zip(HOSTS, replicas, strict=True)),
        **(changed or {}),
    }
    configuration, log = directory / "haproxy.cfg", directory / "haproxy.log"
    configuration.write_text(relocated(CONFIGURATION.read_text(), places))
    program = debian_file("haproxy")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-db", "-dW", "-f", configuration], stdout=output, stderr=output
        )
    try:
        entrance.wait_until_open(process, log)
        yield entrance
    finally:
        process.kill()
        process.wait(PATIENCE)
