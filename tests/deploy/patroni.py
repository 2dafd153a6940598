"""Three machines, and HAProxy before their leader, as deploy/patroni has them, on loopback."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex

from tests.deploy.entrance import relocated
from tests.deploy.image import ROOT
from tests.deploy.machine import HOSTS, Machine, Programs, asked, variables
from tests.live.conftest import free_port, until

DOCUMENTED = ROOT / "deploy" / "patroni"
SECRETS = ("the-rest-api", "the-superuser", "replication", "pg-rewind")
FAILOVER = 90.0  # seconds; a silent leader alone has 20


class Cluster:
    """The machines, and the port on which HAProxy leads to their leader."""

    def __init__(self, directory: Path, programs: Programs) -> None:
        self.port = free_port()
        places = _places(self.port)
        documents = {path.name: path.read_text() for path in DOCUMENTED.iterdir()}
        documents = {name: relocated(text, places[name]) for name, text in documents.items()}
        self.machines = [Machine(name, directory / name, programs, documents) for name in HOSTS]
        self.etcd = variables(documents["etcd.env"])
        (directory / "haproxy.cfg").write_text(documents["haproxy.cfg"])

    def leader(self) -> Machine:
        """Wait until one machine leads and the others follow it, and return it."""
        deadline = time.monotonic() + FAILOVER
        while time.monotonic() < deadline:
            leaders = [machine for machine in self.machines if machine.leads()]
            if len(leaders) == 1 and leaders[0].is_followed():
                return leaders[0]
            time.sleep(0.2)
        logs = "\n".join(machine.log()[-2000:] for machine in self.machines)
        raise AssertionError(f"the machines did not come together:\n{logs}")


@contextmanager
def patroni(directory: Path) -> Iterator[Cluster]:
    """Run the machines, with etcd behind and HAProxy before them, until the block ends."""
    programs = Programs(directory)
    directory.mkdir()
    programs.account.take(directory)
    cluster = Cluster(directory, programs)
    with ExitStack() as stack:
        stack.enter_context(_etcd(directory, programs, cluster.etcd))
        for machine in cluster.machines:
            stack.callback(machine.end)
            machine.start()
        haproxy = (programs.haproxy, "-db", "-dW", "-f", directory / "haproxy.cfg")
        stack.enter_context(programs.running(directory / "haproxy.log", *haproxy))
        yield cluster


@contextmanager
def _etcd(directory: Path, programs: Programs, environment: dict[str, str]) -> Iterator[None]:
    """Run one of the three that the documentation has, as none of them is lost here."""
    own = {"ETCD_DATA_DIR": str(directory / "etcd")}
    address = environment["ETCD_ADVERTISE_CLIENT_URLS"].removeprefix("http://")
    with programs.running(directory / "etcd.log", programs.etcd, **environment | own):
        until(lambda: asked(address, "/health")[1].get("health") == "true")
        yield


def _places(port: int) -> dict[str, dict[str, str]]:
    """Return what stands for the documentation's addresses and secrets, in each of its files."""
    postgresql, rest, client, peer = (str(free_port()) for _ in range(4))
    network = {"10.0.0.": "127.0.0."}
    return {
        "patroni.yml": network,
        "etcd.env": {",two=http://10.0.0.32:2380,three=http://10.0.0.33:2380": ""}
        | network
        | {":2379": f":{client}", ":2380": f":{peer}"},
        "patroni.env": {",10.0.0.32:2379,10.0.0.33:2379": ""}
        | network
        | {":2379": f":{client}", ":8008": f":{rest}", ":5432": f":{postgresql}"}
        | {f"secret-of-{what}": token_hex() for what in SECRETS},
        "haproxy.cfg": {"bind 127.0.0.1:5432": f"bind 127.0.0.1:{port}"}
        | network
        | {":5432": f":{postgresql}", "port 8008": f"port {rest}"},
    }
