"""What nginx, as deploy/ has it, answers by itself is a problem document of the contract."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.debian import debian_file
from tests.deploy.entrance import Entrance
from tests.deploy.nginx import nginx
from tests.deploy.problems import assert_of_the_contract
from tests.deploy.replica import Ending, answering
from tests.live.conftest import PATIENCE, free_port

HASTE = {"proxy_read_timeout 30s": "proxy_read_timeout 100ms"}
IMPATIENCE = {
    "client_header_timeout 10s": "client_header_timeout 100ms",
    "client_body_timeout 10s": "client_body_timeout 100ms",
}
FAULT = {"    location / {": "    location = /fault { return 500; }\n    location / {"}


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    replicas = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    with nginx(tmp_path_factory.mktemp("dead"), replicas, FAULT) as entrance:
        yield entrance


@pytest.fixture(params=[False, True], ids=["HTTP/1.1", "HTTP/2"])
def client(dead: Entrance, request: pytest.FixtureRequest) -> Iterator[httpx2.Client]:
    trust = dead.trust()
    with httpx2.Client(base_url=dead.url, verify=trust, http2=request.param) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_where_no_replica_lives_it_says_so_and_when_to_come_again(
    client: httpx2.Client, method: str
) -> None:
    answer = client.request(method, "/api/alice/tasks")

    assert_of_the_contract(answer, 503, "OVERLOADED")
    assert answer.headers["Retry-After"] == "1"


def test_an_answer_to_head_has_no_body(client: httpx2.Client) -> None:
    answer = client.head("/api/alice/tasks")

    assert (answer.status_code, answer.content) == (503, b"")


@pytest.mark.parametrize("sent", ["mine", "a.b_c-" + "1" * 58])
def test_an_answer_of_its_own_has_the_clients_request_id(client: httpx2.Client, sent: str) -> None:
    assert client.get("/", headers={"X-Request-ID": sent}).json()["request_id"] == sent


@pytest.mark.parametrize("sent", ['a"b', "", "a b", "a" * 65, "a,b", "<!--#echo"])
def test_an_id_that_the_contract_does_not_allow_is_replaced(
    client: httpx2.Client, sent: str
) -> None:
    answer = client.get("/", headers={"X-Request-ID": sent})

    assert_of_the_contract(answer, 503, "OVERLOADED")
    assert answer.json()["request_id"] != sent


def test_a_fault_of_its_own_is_an_internal_error(client: httpx2.Client) -> None:
    assert_of_the_contract(client.get("/fault"), 500, "INTERNAL_ERROR")


def test_the_page_of_its_errors_is_no_path(client: httpx2.Client) -> None:
    assert_of_the_contract(client.get("/ problem"), 404, "NOT_FOUND")


def test_a_method_that_it_refuses_leads_to_those_it_takes(client: httpx2.Client) -> None:
    answer = client.request("TRACE", "/api/alice/tasks")

    assert_of_the_contract(answer, 405, "METHOD_NOT_ALLOWED")
    assert "PATCH" in answer.headers["Allow"]


def test_a_path_that_is_none_is_refused(client: httpx2.Client) -> None:
    assert_of_the_contract(client.get("/%00"), 400, "VALIDATION_ERROR")


HEAD = b"GET /api/alice/tasks HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "error_code"),
    [
        (b"hello\r\n\r\n", 400, "VALIDATION_ERROR"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "VALIDATION_ERROR"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "VALIDATION_ERROR"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 400, "VALIDATION_ERROR"),
        (HEAD + b"Content-Length: minus one\r\n\r\n", 400, "VALIDATION_ERROR"),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400, "VALIDATION_ERROR"),
        (b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"a" * 70_000), 414, "VALIDATION_ERROR"),
        (HEAD + b"X: %b\r\n\r\n" % (b"a" * 70_000), 431, "VALIDATION_ERROR"),
    ],
)
def test_what_it_does_not_pass_on_has_its_status(
    dead: Entrance, sent: bytes, status: int, error_code: str
) -> None:
    with dead.connect() as connection:
        assert_of_the_contract(answer_to(sent, connection), status, error_code)


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_a_body_too_large_to_pass_on_is_refused(dead: Entrance, version: str) -> None:
    # httpx2 reads no answer before its body is sent, which HTTP/2 does not let it do.
    curl = debian_file("curl")
    options = ("--silent", "--include", "--raw", version, "--cacert", dead.certificate)
    done = subprocess.run(
        [curl, *options, "--data-binary", "@-", dead.url],
        input=b" " * 200_000,
        capture_output=True,
        check=True,
    )

    assert_of_the_contract(parsed(done.stdout), 413, "PAYLOAD_TOO_LARGE")


def test_http_where_https_belongs_is_a_bad_request(dead: Entrance) -> None:
    with socket.create_connection(("127.0.0.1", dead.port), PATIENCE) as plain:
        assert_of_the_contract(answer_to(HEAD + b"\r\n", plain), 400, "VALIDATION_ERROR")


def answer_to(sent: bytes, connection: socket.socket) -> httpx2.Response:
    """Read the answer to its end, which is the connection's: after these, none is kept."""
    connection.sendall(sent)
    return parsed(b"".join(iter(lambda: connection.recv(65_536), b"")))


def parsed(answer: bytes) -> httpx2.Response:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    if headers.pop("Transfer-Encoding", None) == "chunked":
        body = body.split(b"\r\n")[1]
    return httpx2.Response(int(status.split()[1]), headers=headers, content=body)


@pytest.mark.parametrize("sent", [HEAD, HEAD + b"Content-Length: 9\r\n\r\n"])
def test_what_does_not_arrive_ends_the_connection(tmp_path: Path, sent: bytes) -> None:
    with (
        nginx(tmp_path, [f"127.0.0.1:{free_port()}"] * 3, IMPATIENCE) as entrance,
        entrance.connect() as connection,
        suppress(ConnectionResetError),
    ):
        connection.sendall(sent)
        assert connection.recv(1024) == b""


def test_a_replica_that_ends_in_the_middle_is_502(tmp_path: Path) -> None:
    with answering(Ending) as address, nginx(tmp_path, [address] * 3) as entrance:
        answer = httpx2.get(f"{entrance.url}/api/alice/tasks", verify=entrance.trust())

        assert_of_the_contract(answer, 502, "INTERNAL_ERROR")


def test_a_replica_that_keeps_silent_is_504(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system itself takes connections
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with nginx(tmp_path, [address] * 3, HASTE) as entrance:
            answer = httpx2.get(f"{entrance.url}/api/alice/tasks", verify=entrance.trust())

            assert_of_the_contract(answer, 504, "INTERNAL_ERROR")
