"""The image, built from its Dockerfile and run as the pods of the manifests run it."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest

from tests.conftest import SECRET
from tests.deploy.engine import PYTHON, Engine
from tests.deploy.pod import answers, arguments, configuration, options
from tests.deploy.test_images import pod
from tests.live.conftest import PATIENCE, free_port, until
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for

SPEC, CONTAINER = pod("deployment.yaml")
FILES = "/run/secrets/todo-api"
GOES_ON = 2.0  # seconds after SIGTERM, of the five that SHUTDOWN_DRAIN gives


class Running(NamedTuple):
    """A pod's container on this machine's network."""

    name: str
    ports: dict[str, int]

    def client(self) -> httpx2.Client:
        """Return a client of Alice's."""
        url = f"http://127.0.0.1:{self.ports['http']}"
        return httpx2.Client(
            base_url=url, headers={"Authorization": f"Bearer {token_for('alice', SECRET, 3600)}"}
        )


@pytest.fixture(scope="module")
def secret(open_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of the Secret, with the URL of a PostgreSQL without a table."""
    folder = tmp_path_factory.mktemp("secret")
    folder.chmod(0o755)  # as a kubelet mounts it
    with embedded_server(open_directory / "pods") as url:
        (folder / "DATABASE_URL").write_text(url)
        (folder / "JWT_SECRET_KEY").write_text(SECRET)
        yield folder


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """The ConfigMap, with a shared secret in place of an identity server that isn't there."""
    settings = configuration() | {"JWT_SECRET_KEY_FILE": f"{FILES}/JWT_SECRET_KEY"}
    del settings["BETTER_AUTH_URL"]
    return settings


@pytest.fixture(scope="module")
def migrated(engine: Engine, built: str, secret: Path, settings: dict[str, str]) -> str:
    """What the Job says."""
    name = "migration.yaml"
    given = options(name, secret, settings)
    return engine("run", "--rm", "--network=host", *given, built, *arguments(name))


@contextmanager
def serving(
    engine: Engine, image: str, name: str, secret: Path, settings: dict[str, str]
) -> Iterator[Running]:
    """Run the Deployment's pod until the block ends, from when its startup probe succeeds."""
    ports = {"http": free_port(), "metrics": free_port()}
    on_this_machine = {"PORT": str(ports["http"]), "METRICS_PORT": str(ports["metrics"])}
    given = options("deployment.yaml", secret, settings | on_this_machine)
    engine.run(name, "--network=host", *given, image, *arguments("deployment.yaml"))
    try:
        probe = CONTAINER["startupProbe"]
        for _ in range(probe["failureThreshold"]):
            if answers(probe, ports):
                break
            time.sleep(probe["periodSeconds"])
        else:
            pytest.fail(engine.log(name))
        yield Running(name, ports)
    finally:
        engine.remove(name)


@pytest.fixture(scope="module")
def running(
    engine: Engine, built: str, migrated: str, secret: Path, settings: dict[str, str]
) -> Iterator[Running]:
    assert migrated
    with serving(engine, built, "pod", secret, settings) as running:
        yield running


def test_the_image_adds_nothing_to_its_base_but_the_service(
    engine: Engine, built: str, figure: Callable[[str], None]
) -> None:
    changes = json.loads(engine("diff", "--format=json", built, PYTHON))
    sizes = [json.loads(engine("inspect", image))[0]["Size"] for image in (built, PYTHON)]
    figure(f"{(sizes[0] - sizes[1]) / 1e6:.0f} MB on top of the base image")

    assert not changes.get("deleted")
    assert changes["added"]
    for path in (*changes["added"], *changes.get("changed", [])):
        assert path == "/opt" or path.startswith("/opt/todo-api")


def test_the_job_migrates(migrated: str) -> None:
    assert migrated == "The database is up to date.\n"


def test_the_pod_is_alive_and_ready(running: Running) -> None:
    assert answers(CONTAINER["livenessProbe"], running.ports)
    assert answers(CONTAINER["readinessProbe"], running.ports)


def test_the_images_own_health_check_succeeds(engine: Engine, running: Running) -> None:
    assert engine.is_healthy(running.name)


def test_a_task_is_kept_and_counted(running: Running) -> None:
    with running.client() as client:
        made = client.post("/api/alice/tasks", json={"title": "Buy milk"})
        assert made.status_code == 201
        assert client.get(made.headers["Location"]).json() == made.json()

    metrics = httpx2.get(f"http://127.0.0.1:{running.ports['metrics']}/metrics").text
    assert 'operation="create_task"' in metrics


def test_the_process_is_nobody_and_may_write_to_temporary_files_only(
    engine: Engine, running: Running
) -> None:
    status = engine("exec", running.name, "cat", "/proc/1/status")
    state = engine.state(running.name)

    assert "Uid:\t10001\t10001\t10001\t10001\n" in status
    for nothing in ("CapPrm", "CapEff", "CapBnd"):
        assert f"{nothing}:\t{0:016x}\n" in status
    assert "NoNewPrivs:\t1\n" in status
    assert "Seccomp:\t2\n" in status
    assert state["HostConfig"]["Memory"]
    engine("exec", running.name, "touch", "/tmp/here")
    for place in ("/", "/opt/todo-api", "/run", "/var/tmp", FILES):
        engine("exec", running.name, "touch", f"{place}/here", status=1)


def test_no_secret_is_in_the_environment(engine: Engine, running: Running) -> None:
    environment = engine("exec", running.name, "cat", "/proc/1/environ")

    assert "JWT_SECRET_KEY_FILE" in environment
    assert SECRET not in environment
    assert "postgresql://" not in environment


@pytest.mark.usefixtures("migrated")
def test_a_stop_answers_for_as_long_as_requests_may_come_and_ends_in_time(
    engine: Engine,
    built: str,
    secret: Path,
    settings: dict[str, str],
    figure: Callable[[str], None],
) -> None:
    with serving(engine, built, "stopped", secret, settings) as pod, pod.client() as client:
        began = time.monotonic()
        with subprocess.Popen([engine.program, "stop", pod.name]) as stop:
            until(lambda: client.get("/ready").status_code == 503)
            while time.monotonic() < began + GOES_ON:
                assert client.get("/api/alice/tasks").status_code == 200
            assert stop.wait(PATIENCE) == 0
        figure(f"the pod ended {time.monotonic() - began:.1f} s after SIGTERM")
        state = engine.state(pod.name)["State"]

    assert state["ExitCode"] == 0
    assert not state["OOMKilled"]
    assert time.monotonic() - began < SPEC["terminationGracePeriodSeconds"]
