import os
import signal
from collections.abc import Callable
from contextlib import closing
from fcntl import LOCK_EX, flock
from pathlib import Path

import psycopg2
import pytest

from tests.embedded.conftest import User, answers, is_running, leave, line, server_pid, wait_until
from todo_api.embedded.embedded import embedded_server

VISITOR = """
import sys
from pathlib import Path
import psycopg2
from todo_api.embedded.embedded import embedded_server

for _ in range(10):
    with embedded_server(Path(sys.argv[1])) as url:
        psycopg2.connect(url).close()
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


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
