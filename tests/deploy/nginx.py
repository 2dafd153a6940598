"""nginx as Debian packages it, with the configuration of deploy/, before replicas on loopback."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.debian import debian_file
from tests.deploy.entrance import Entrance, make_certificate, relocated
from tests.deploy.replica import HOSTS
from tests.live.conftest import PATIENCE, Server, free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx" / "todo-api.conf"
PLAIN = "127.0.0.6"
"""Where HTTP is redirected to HTTPS, on the same port."""
FRAME = """\
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 768; }
http {
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;

    sendfile on;
    tcp_nopush on;
    default_type application/octet-stream;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    gzip on;
    gzip_types application/json;
    include todo-api.conf;
}
"""
"""What Debian's nginx.conf has around a site, and a list of types as many add it."""


@contextmanager
def nginx(
    directory: Path, replicas: Sequence[str], changed: Mapping[str, str] | None = None
) -> Iterator[Entrance]:
    """Run nginx before three addresses until the block ends, some of its lines `changed`."""
    entrance = Entrance(free_port(), directory / "todo-api.crt")
    make_certificate(entrance.certificate, directory / "todo-api.key")
    places = _places(entrance.port) | dict(zip(HOSTS, replicas, strict=True))
    configuration = relocated(CONFIGURATION.read_text(), places | dict(changed or {}))
    (directory / "todo-api.conf").write_text(configuration)
    as_root = "user root;\n" if os.geteuid() == 0 else ""  # the directory is open to nobody else
    (directory / "nginx.conf").write_text(as_root + FRAME)
    program, log = debian_file("nginx"), directory / "error.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-e", "stderr", "-p", directory, "-c", "nginx.conf"],
            cwd=directory,
            stdout=output,
            stderr=output,
        )
    try:
        entrance.wait_until_open(process, log)
        yield entrance
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _places(port: int) -> dict[str, str]:
    """Return where it is; addresses of loopback stand for IPv6, which a machine may be without."""
    return {
        "listen 80;": f"listen {PLAIN}:{port};",
        "listen [::]:80;": f"listen 127.0.0.7:{port};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "listen [::]:443 ": f"listen 127.0.0.8:{port} ",
        "server_name api.example.com;": "server_name 127.0.0.1;",
        "/etc/nginx/": "",
        "/var/log/nginx/": "",
    }


def address_of(server: Server) -> str:
    return server.url.removeprefix("http://")
