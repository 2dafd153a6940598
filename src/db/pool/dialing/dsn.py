"""Parse the servers of a DSN, with libpq's environment variables and defaults.

Source: https://www.postgresql.org/docs/current/libpq-connect.html
"""

import os
import random
from ipaddress import ip_address
from typing import NamedTuple

from psycopg2.extensions import parse_dsn

_VARIABLES = {
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "port": "PGPORT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}
_DEFAULT_PORT = "5432"
_NOWHERE = "/dev/null"
"""A second host for libpq, which it tries only unless the first one refused the session."""


class Target(NamedTuple):
    """A server to try, and the kind that is wanted; without host and port, libpq's default."""

    host: str = ""
    hostaddr: str = ""
    port: str = ""
    target_session_attrs: str = ""

    @property
    def is_name(self) -> bool:
        """Tell whether the host's addresses have to be looked up."""
        if self.hostaddr or not self.host or self.host[0] in "/@":  # a Unix-domain socket
            return False
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False

    def added_to(self, parameters: dict[str, str]) -> dict[str, str]:
        """Return the libpq parameters that try this server alone."""
        merged = dict(parameters)
        if self.target_session_attrs:
            merged["target_session_attrs"] = self.target_session_attrs
        if self.port:
            merged["host"] = f"{self.host},{_NOWHERE}"
            merged["hostaddr"] = f"{self.hostaddr},"
            merged["port"] = f"{self.port},"
            if is_shuffled(parameters):
                merged["load_balance_hosts"] = "disable"
        return merged


def parameters_of(dsn: str) -> dict[str, str]:
    """Return the parameters of the DSN, else of the environment.

    A service file, which has precedence over the environment, is read by libpq alone and is not
    included. Raises `psycopg2.Error`.
    """
    given: dict[str, str] = parse_dsn(dsn)
    if service := given.get("service", os.environ.get("PGSERVICE")):
        return given | {"service": service}
    surroundings = {
        name: os.environ[variable]
        for name, variable in _VARIABLES.items()
        if variable in os.environ
    }
    return surroundings | given


def targets_of(parameters: dict[str, str]) -> list[Target]:
    """Return the servers to try, in order; each twice if a kind is only preferred.

    Raises ValueError unless there are as many ports and addresses as hosts.
    """
    hosts = [] if parameters.get("service") else _hosts_of(parameters)
    if is_shuffled(parameters):
        random.shuffle(hosts)
    wanted = parameters.get("target_session_attrs", "")
    passes = ["standby", "any"] if wanted == "prefer-standby" else [wanted]
    return [Target(*host, wanted) for wanted in passes for host in hosts or [("", "", "")]]


def is_shuffled(parameters: dict[str, str]) -> bool:
    """Tell whether the servers are tried in random order, to share the load."""
    return parameters.get("load_balance_hosts") == "random"


def connect_timeout_of(parameters: dict[str, str]) -> int | None:
    """Return the seconds that each address has; None means no limit.

    Raises ValueError for what is not a number.
    """
    seconds = int(parameters.get("connect_timeout") or 0)
    return seconds if seconds > 0 else None


def refuses(error: Exception) -> bool:
    """Tell whether a server refused the session, in which case libpq does not try the others.

    libpq writes a colon and two spaces after the severity, whatever the server's language. It
    tries the next server if this one is only unavailable now, or of the wrong kind.
    """
    return ":  " in str(error) and _NOWHERE not in str(error)


def _hosts_of(parameters: dict[str, str]) -> list[tuple[str, str, str]]:
    hosts, addresses, ports = (
        parameters[name].split(",") if parameters.get(name) else []
        for name in ("host", "hostaddr", "port")
    )
    hosts = hosts or [""] * len(addresses)
    addresses = addresses or [""] * len(hosts)
    if len(ports) <= 1:
        ports = (ports or [""]) * len(hosts)
    return [
        (host, address, port or _DEFAULT_PORT)
        for host, address, port in zip(hosts, addresses, ports, strict=True)
    ]
