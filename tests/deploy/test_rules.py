"""The alerts and the dashboard: right by Prometheus's own tool, and of metrics that there are."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.debian import debian_file
from tests.live.conftest import free_port, serving
from tests.live.issuer import Issuer

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
SCENES = sorted((DEPLOY / "prometheus").glob("*.test.yml"))
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"
PARTS_OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


def promtool(*arguments: str | Path) -> str:
    """Run Debian's promtool; it must find nothing wrong."""
    program = debian_file("prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, str]:
    """Each alert's expression, by its name."""
    return {rule["alert"]: rule["expr"] for rule in rules() if "alert" in rule}


def recorded() -> dict[str, str]:
    """The expression of each series that Prometheus makes of others, by its name."""
    return {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}


def panels() -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return panels


def queries() -> list[str]:
    """Every expression of the dashboard, as Grafana would ask it."""
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [query.replace("$__rate_interval", "5m").replace("$job", "todo-api") for query in asked]


@pytest.fixture(scope="module")
def page(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What a running service tells Prometheus."""
    port, output = free_port(), tmp_path_factory.mktemp("metrics") / "output"
    issuer = Issuer()
    settings = issuer.settings | {"DATABASE_URL": database_url, "METRICS_PORT": str(port)}
    with serving(output, **settings):
        yield httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    issuer.go_down()


@pytest.fixture(scope="module")
def exposed(page: str) -> set[str]:
    """The names of all series."""
    return set(re.findall(r"^(\w+)", page, re.MULTILINE))


@pytest.fixture(scope="module")
def labels(page: str) -> set[tuple[str, str]]:
    """The labels of all series, with their values."""
    return set(re.findall(r'(\w+)="([^"]*)"', page))


def test_prometheus_takes_the_configuration_and_the_alerts() -> None:
    checked = promtool("check", "config", DEPLOY / "prometheus" / "prometheus.yml")

    assert f"{len(rules())} rules found" in checked


@pytest.mark.parametrize("scenes", SCENES, ids=lambda path: path.name)
def test_each_alert_fires_where_it_should_and_nowhere_else(scenes: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", scenes)


def test_each_alert_is_seen_firing_and_silent() -> None:
    scenes = [scene for path in SCENES for scene in yaml.safe_load(path.read_text())["tests"]]
    moments = [moment for scene in scenes for moment in scene["alert_rule_test"]]
    seen = {(moment["alertname"], bool(moment["exp_alerts"])) for moment in moments}

    assert seen == {(alert, fires) for alert in alerts() for fires in (True, False)}


def test_the_documentation_tells_what_to_do_about_each_alert() -> None:
    page = (ROOT / "docs/deploy/metrics.md").read_text()

    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == list(alerts())


def test_every_query_of_the_dashboard_is_valid(tmp_path: Path) -> None:
    asked = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries())]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))

    assert f"{len(asked)} rules found" in promtool("check", "rules", path)


def test_the_panels_are_numbered_and_overlap_nowhere() -> None:
    places = {tuple(panel["gridPos"].values()) for panel in panels()}

    assert len(places) == len({panel["id"] for panel in panels()}) == len(panels())


@pytest.mark.parametrize("asked", [*alerts().values(), *recorded().values(), *queries()])
def test_every_metric_that_is_asked_for_is_exposed(asked: str, exposed: set[str]) -> None:
    names = set(re.findall(r"todo_api_\w+", asked))

    ours = set(re.findall(r"job:slo_\w+:\w+", asked))

    assert names <= exposed
    assert ours <= recorded().keys()
    assert names or ours or asked.startswith("up{")


def test_every_series_that_is_recorded_is_asked_for() -> None:
    asked = " ".join(alerts().values())

    assert set(re.findall(r"job:slo_\w+:\w+", asked)) == recorded().keys()


def test_every_label_that_is_asked_for_is_exposed(labels: set[tuple[str, str]]) -> None:
    asked = " ".join([*alerts().values(), *recorded().values(), *queries()])
    selected = set(re.findall(r'(\w+)=~?"([^"$]*)"', asked))
    grouped = {name for group in re.findall(r"by \(([^)]*)\)", asked) for name in group.split(", ")}

    assert {name for name, _ in labels} | {"job", "instance"} >= grouped
    for name, pattern in selected - {("job", "todo-api")}:
        assert any(name == other and re.fullmatch(pattern, value) for other, value in labels)


def test_the_scenes_and_the_documentation_name_what_is_exposed(exposed: set[str]) -> None:
    texts = [*SCENES, *ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
    named = {name for text in texts for name in re.findall(r"todo_api_\w+", text.read_text())}

    assert named <= exposed


def test_the_dashboard_shows_every_metric(exposed: set[str]) -> None:
    shown = set(re.findall(r"todo_api_\w+", " ".join(queries())))
    bare = {name.removesuffix("_bucket") for name in shown}
    ours = {name for name in exposed if name.startswith("todo_api_")}

    assert {name for name in ours if not name.endswith(PARTS_OF_HISTOGRAMS)} <= bare | shown
