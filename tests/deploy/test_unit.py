"""The unit for systemd, run by Debian's systemd: process 1 of a container."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.deploy.engine import PYTHON, Engine
from tests.deploy.test_systemd import UNIT
from tests.live.conftest import free_port, until
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for

MACHINE = "machine"
SERVICE = "todo-api"

# systemd hands credentials over by a mount that others have to see, which in a container it leaves
# to what started it. systemd-sysctl would set values of this machine's own kernel.
_MACHINE_FILE = f"""
FROM {PYTHON}
COPY --from=localhost/%s /opt/todo-api /opt/todo-api
COPY unit /etc/systemd/system/{UNIT.name}
RUN systemctl mask systemd-sysctl.service
STOPSIGNAL SIGRTMIN+3
CMD ["sh", "-c", "mount --make-rshared / && exec /lib/systemd/systemd"]
"""


class Machine:
    """A container that stands for a machine with systemd."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self.url = url

    def run(self, *command: str, status: int = 0) -> str:
        return self._engine("exec", MACHINE, *command, status=status)

    def shown(self, name: str) -> str:
        """Return a property of the service."""
        return self.run("systemctl", "show", "--value", f"--property={name}", SERVICE).strip()

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def starts(self) -> None:
        """Wait until the service is ready."""
        until(self.is_ready, 60)


@pytest.fixture(scope="module")
def files(open_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The two files that the page installs, which only root may read."""
    folder = tmp_path_factory.mktemp("etc")
    with embedded_server(open_directory / "machine") as url:
        (folder / "todo-api.database-url").write_text(f"{url}\n")
        (folder / "todo-api.env").write_text(
            f"JWT_SECRET_KEY='{SECRET}'\nPORT={free_port()}\nWORKERS=2\nMETRICS_PORT={free_port()}\n"
        )
        for path in folder.iterdir():
            path.chmod(0o600)
        yield folder


@pytest.fixture(scope="module")
def machine(engine: Engine, built: str, files: Path) -> Iterator[Machine]:
    engine.build_from("machine", _MACHINE_FILE % built, unit=UNIT)
    mounts = [f"--volume={path}:/etc/{path.name}:ro" for path in files.iterdir()]
    engine.run(
        MACHINE, "--privileged", "--systemd=always", "--network=host", *mounts, "localhost/machine"
    )
    settings = dict(
        line.split("=", 1) for line in (files / "todo-api.env").read_text().splitlines()
    )
    machine = Machine(engine, f"http://127.0.0.1:{settings['PORT']}")
    until(lambda: "running" in engine.log_of(MACHINE, "systemctl", "is-system-running"))
    yield machine
    engine.remove(MACHINE)
