"""The unit for systemd, run by Debian's systemd: process 1 of a container."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.deploy.engine import PYTHON, Engine
from tests.deploy.machine import variables
from tests.deploy.test_systemd import PAGE, UNIT
from tests.live.conftest import free_port, until
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for

MACHINE = "machine"
SERVICE = "todo-api"
PATIENCE = 60.0
"""Seconds; a restart takes five by itself, and two workers come up with it."""

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

    def run(self, *command: str) -> str:
        return self._engine("exec", MACHINE, *command)

    def boots(self) -> None:
        """Wait until systemd has started all that it has."""
        until(lambda: "private" in self.run("sh", "-c", "ls /run/systemd || true"))
        self.run("systemctl", "is-system-running", "--wait")

    def shown(self, name: str) -> str:
        """Return a property of the service."""
        return self.run("systemctl", "show", "--value", f"--property={name}", SERVICE).strip()

    def of_process(self, name: str) -> str:
        """Return a file of the kernel's about the service's supervisor."""
        return self.run("cat", f"/proc/{self.shown('MainPID')}/{name}")

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/ready").status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture(scope="module")
def files(open_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The two files that the page installs, which only root may read."""
    folder = tmp_path_factory.mktemp("etc")
    with embedded_server(open_directory / "machine") as url:
        (folder / "todo-api.database-url").write_text(f"{url}\n")
        (folder / "todo-api.env").write_text(
            f"JWT_SECRET_KEY={SECRET}\nPORT={free_port()}\nWORKERS=2\nMETRICS_PORT={free_port()}\n"
        )
        for path in folder.iterdir():
            path.chmod(0o600)
        yield folder


@pytest.fixture(scope="module")
def machine(engine: Engine, built: str, files: Path) -> Iterator[Machine]:
    """The machine, its service installed, enabled and started as the page says."""
    engine.build_from(f"localhost/{MACHINE}", _MACHINE_FILE % built, unit=UNIT)
    mounts = [f"--volume={path}:/etc/{path.name}:ro" for path in files.iterdir()]
    rights = ("--privileged", "--systemd=always", "--network=host")
    engine.run(MACHINE, *rights, *mounts, f"localhost/{MACHINE}")
    port = variables((files / "todo-api.env").read_text())["PORT"]
    machine = Machine(engine, f"http://127.0.0.1:{port}")
    try:
        machine.boots()
        for command in commands_of_the_page():
            machine.run(*command)
        until(machine.is_ready, PATIENCE)
        yield machine
    finally:
        engine.remove(MACHINE)


def commands_of_the_page() -> list[list[str]]:
    """Return what the page runs once the files are in their places."""
    lines = PAGE.replace("\\\n", "").splitlines()
    commands = [
        shlex.split(line) for line in lines if line.startswith(("systemd-run", "systemctl"))
    ]
    assert [command[0] for command in commands] == ["systemd-run", "systemctl"]
    return commands


def database_url(files: Path) -> str:
    return (files / "todo-api.database-url").read_text().strip()


def test_the_service_keeps_a_task(machine: Machine) -> None:
    headers = {"Authorization": f"Bearer {token_for('alice', SECRET, 3600)}"}
    with httpx2.Client(base_url=machine.url, headers=headers) as client:
        made = client.post("/api/alice/tasks", json={"title": "Buy milk"})
        assert made.status_code == 201
        assert client.get(made.headers["Location"]).json() == made.json()


def test_it_runs_as_a_user_of_its_own_without_rights(machine: Machine) -> None:
    status = machine.of_process("status")
    [user] = re.findall(r"^Uid:\t(\d+)", status, re.MULTILINE)

    assert 61184 <= int(user) <= 65519  # those of DynamicUser
    assert f"CapEff:\t{0:016x}\n" in status
    assert "NoNewPrivs:\t1\n" in status
    assert "Seccomp:\t2\n" in status


def test_the_databases_url_is_in_a_file_that_only_the_service_may_read(
    machine: Machine, files: Path
) -> None:
    environment = variables(machine.of_process("environ").replace("\0", "\n"))
    path = environment["DATABASE_URL_FILE"]

    assert database_url(files) not in environment.values()
    assert machine.run("stat", "--format=%a", path) == "400\n"
    assert machine.run("cat", path).strip() == database_url(files)


def test_it_starts_again_after_a_crash(machine: Machine) -> None:
    before = machine.shown("MainPID")
    machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", SERVICE)

    until(lambda: machine.shown("NRestarts") == "1", PATIENCE)
    until(machine.is_ready, PATIENCE)
    assert machine.shown("MainPID") != before


def test_a_stop_ends_it_in_order_and_leaves_nothing(machine: Machine) -> None:
    machine.run("systemctl", "stop", SERVICE)

    assert machine.shown("Result") == "success"
    assert machine.shown("ExecMainStatus") == "0"
    assert machine.run("ls", "/dev/shm") == ""
    machine.run("systemctl", "start", SERVICE)
    until(machine.is_ready, PATIENCE)
