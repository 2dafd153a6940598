"""Every limit of memory holds what the page on capacity says, which the processes keep to."""

import re

import pytest
import yaml

from tests.deploy.image import ROOT

PAGE = (ROOT / "docs/deploy/capacity.md").read_text()
DEPLOY = ROOT / "deploy"
FILES = {
    "deploy/kubernetes/deployment.yaml": r"limits: \{memory: (\d+)Mi\}",
    "deploy/compose.yaml": r"mem_limit: (\d+)m",
    "deploy/systemd/todo-api.service": r"MemoryMax=(\d+)M",
}


def formula() -> tuple[int, int]:
    """The MiB of a replica, and of each of its workers."""
    found = re.search(r"memory limit = (\d+) MiB \+ (\d+) MiB . `WORKERS`", PAGE)
    assert found
    return int(found[1]), int(found[2])


def in_memory() -> int:
    """The MiB that the pod's /tmp may hold."""
    deployment = yaml.safe_load((DEPLOY / "kubernetes/deployment.yaml").read_text())
    [tmp] = [
        volume["emptyDir"]
        for volume in deployment["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "tmp"
    ]
    assert tmp["medium"] == "Memory"
    return int(tmp["sizeLimit"].removesuffix("Mi"))


@pytest.mark.parametrize("name", FILES)
def test_a_limit_holds_as_many_workers_as_the_page_says_and_no_more(name: str) -> None:
    once, each = formula()
    [limit] = re.findall(FILES[name], (ROOT / name).read_text())
    told = re.search(rf"\| `{name}` \| `[^`]*\b{limit}M?i?m?` ?.*\| `WORKERS` up to (\d+) \|", PAGE)
    rest = int(limit) - once - (in_memory() if "kubernetes" in name else 0)

    assert told, "the page names the limit"
    assert rest // each == int(told[1])


def test_the_page_computes_the_limits_of_its_table_by_its_formula() -> None:
    once, each = formula()
    rows = re.findall(r"^\| (\d) \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)

    assert [int(workers) for workers, _, _ in rows] == [1, 2, 4]
    for workers, used, limit in rows:
        assert int(used) < int(limit) == once + each * int(workers)


def test_what_the_pod_asks_for_is_what_one_process_takes() -> None:
    once, each = formula()
    [asked] = re.findall(
        r"requests: .*memory: (\d+)Mi", (DEPLOY / "kubernetes/deployment.yaml").read_text()
    )

    assert once + each <= int(asked)
