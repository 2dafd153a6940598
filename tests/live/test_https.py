"""HTTPS, by the server itself or by a proxy before it."""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import SECRET
from tests.live.conftest import serving

HSTS = "Strict-Transport-Security"


class Certificate(NamedTuple):
    cert: Path
    key: Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    files = Certificate(folder / "cert.pem", folder / "key.pem")
    files.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_the_server_speaks_tls_1_2_or_newer(
    certificate: Certificate, database_url: str, tmp_path: Path
) -> None:
    variables = {
        "TLS_CERT": str(certificate.cert),
        "TLS_KEY": str(certificate.key),
        "DATABASE_URL": database_url,
        "JWT_SECRET_KEY": SECRET,
    }
    with serving(tmp_path / "log", **variables) as server:
        answer = httpx2.get(f"{server.url}/ready", verify=server.verify)
        assert answer.status_code == 200
        assert answer.headers[HSTS] == "max-age=31536000"

        port = int(server.url.rpartition(":")[2])
        for version, agreed in [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)]:
            assert can_speak(port, certificate.cert, version) == agreed


def can_speak(port: int, trusted: Path, version: ssl.TLSVersion) -> bool:
    context = ssl.create_default_context(cafile=trusted)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port)) as connection:
        try:
            with context.wrap_socket(connection, server_hostname="127.0.0.1"):
                return True
        except ssl.SSLError:
            return False


@pytest.mark.parametrize(
    ("trusted", "secure"), [("127.0.0.1", True), ("10.0.0.1", False), ("", False)]
)
def test_only_a_named_proxy_is_believed(
    database_url: str, tmp_path: Path, trusted: str, secure: bool
) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with serving(tmp_path / "log", FORWARDED_ALLOW_IPS=trusted, **variables) as server:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        answer = httpx2.get(f"{server.url}/health", headers=forwarded)

        assert (HSTS in answer.headers) == secure


@pytest.mark.parametrize(
    ("host", "proxy", "warned"),
    [("0.0.0.0", "", True), ("0.0.0.0", "127.0.0.1", False), ("127.0.0.1", "", False)],
)
def test_plain_http_on_a_network_is_warned_about(
    database_url: str, tmp_path: Path, host: str, proxy: str, warned: bool
) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    options = ("--host", host)
    with serving(tmp_path / "log", *options, FORWARDED_ALLOW_IPS=proxy, **variables) as server:
        assert ("tokens cross the network unencrypted" in server.log()) == warned
