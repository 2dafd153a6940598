"""Where a proxy takes requests, its certificate, and its configuration made to fit a test."""

import socket
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.debian import debian_file
from tests.live.conftest import PATIENCE, until


@dataclass
class Entrance:
    """A proxy's port for HTTPS, and the certificate that it shows there."""

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Return a context of a client's own: it holds which versions of HTTP the client speaks."""
        return ssl.create_default_context(cafile=self.certificate)

    def connect(self) -> ssl.SSLSocket:
        """Return a connection over which HTTP/1.1 is spoken."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        return self.trust().wrap_socket(plain, server_hostname="127.0.0.1")

    def wait_until_open(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Wait until the proxy that `process` is speaks TLS; it must not end instead."""
        until(lambda: process.poll() is not None or self._is_open())
        assert process.poll() is None, log.read_text()

    def _is_open(self) -> bool:
        with suppress(OSError), self.connect():
            return True
        return False


def make_certificate(certificate: Path, key: Path) -> None:
    """Make a certificate of 127.0.0.1, signed by itself, and its key."""
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", key, "-out", certificate)
    openssl = debian_file("openssl")
    subprocess.run(
        (openssl, "req", "-x509", *curve, *subject, *files), check=True, capture_output=True
    )


def relocated(configuration: str, places: Mapping[str, str]) -> str:
    """Return the configuration with each place of the documentation's changed to one of ours."""
    for documented, ours in places.items():
        assert documented in configuration
        configuration = configuration.replace(documented, ours)
    return configuration
