"""Each of the rules for the contract finds what it is there for."""

import os
import re
import subprocess
from collections import defaultdict
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tests.tools.edits import (
    DUE,
    HEADERS,
    ITEM,
    LIST,
    PARAMETERS,
    SCHEMAS,
    TASK,
    Edit,
    append,
    drop,
    put,
    rename,
    several,
)

ROOT = Path(__file__).parents[2]
REDOCLY = ROOT / "tests/frontend/node_modules/.bin/redocly"
CONTRACT = yaml.safe_load((ROOT / "openapi/todo.yaml").read_text(encoding="utf-8"))
ID = {"name": "task_id", "in": "path", "required": True, "description": "The task.", "schema": DUE}
PROBLEM = "/components/responses/NotFound/content/application~1problem+json"

MISTAKES: dict[str, tuple[str, Edit]] = {
    "a summary of one word": (
        "rule/summary-of-two-to-four-words",
        put(f"{ITEM}/get/summary", "Get"),
    ),
    "a summary in title case": (
        "rule/summary-of-two-to-four-words",
        put(f"{ITEM}/get/summary", "Get Task"),
    ),
    "no summary": ("operation-summary", drop(f"{ITEM}/get/summary")),
    "no description": ("operation-description", drop(f"{ITEM}/get/description")),
    "no operationId": ("operation-operationId", drop(f"{ITEM}/get/operationId")),
    "an operationId in camel case": (
        "rule/operation-id-in-snake-case",
        put(f"{ITEM}/get/operationId", "getTask"),
    ),
    "an operationId used twice": (
        "operation-operationId-unique",
        put(f"{ITEM}/put/operationId", "get_task"),
    ),
    "an operation without a tag": ("operation-tag-defined", drop(f"{ITEM}/get/tags")),
    "an operation of two tags": ("operation-singular-tag", append(f"{ITEM}/get/tags", "Tasks")),
    "a tag of nothing": ("operation-tag-defined", put(f"{ITEM}/get/tags", ["Lists"])),
    "a default response": (
        "rule/no-default-response",
        put(f"{ITEM}/get/responses/default", {"$ref": "#/components/responses/NotFound"}),
    ),
    "a key of one framework": ("contract/no-extensions", put(f"{ITEM}/get/x-handler", "tasks.get")),
    "a property without a description": (
        "contract/properties-described",
        drop(f"{TASK}/properties/created_at/description"),
    ),
    "a property without an example": (
        "contract/properties-described",
        drop(f"{SCHEMAS}/Title/example"),
    ),
    "an enum of which a member has no name": (
        "contract/members-named",
        put(f"{SCHEMAS}/TaskOrder/x-enum-varnames", ["NEWEST_FIRST"]),
    ),
    "an enum of which two members have one name": (
        "contract/members-named",
        put(f"{SCHEMAS}/TaskOrder/x-enum-varnames", ["BY_AGE", "BY_AGE"]),
    ),
    "a string of any length": ("contract/values-bounded", drop(f"{SCHEMAS}/Title/maxLength")),
    "a string that may be empty": (
        "contract/values-bounded",
        drop(f"{SCHEMAS}/Problem/properties/detail/minLength"),
    ),
    "a number without a maximum": (
        "contract/values-bounded",
        drop(f"{SCHEMAS}/TaskListResponse/properties/count/maximum"),
    ),
    "an array of any length": (
        "contract/values-bounded",
        drop(f"{SCHEMAS}/TaskListResponse/properties/tasks/maxItems"),
    ),
    "a parameter without a bound": (
        "contract/values-bounded",
        drop(f"{PARAMETERS}/LimitQuery/schema/maximum"),
    ),
    "an error in plain JSON": (
        "rule/errors-are-problems",
        rename(PROBLEM, "application/json"),
    ),
    "an error in two media types": (
        "rule/errors-are-problems",
        put("/components/responses/NotFound/content/application~1json", {"schema": DUE}),
    ),
    "an error without a body": (
        "rule/errors-have-a-body",
        drop("/components/responses/NotFound/content"),
    ),
    "a problem of another kind": ("rule/problems-have-one-schema", put(f"{PROBLEM}/schema", DUE)),
    "a success without its request's id": (
        "response-contains-header",
        drop(f"{LIST}/post/responses/201/headers/X-Request-ID"),
    ),
    "a 304 without its request's id": (
        "response-contains-header",
        drop("/components/responses/NotModified/headers/X-Request-ID"),
    ),
    "an error without its request's id": (
        "response-contains-header",
        drop("/components/responses/InternalServerError/headers/X-Request-ID"),
    ),
    "a path parameter at the operation": (
        "rule/path-parameters-at-path-level",
        several(
            drop(f"{ITEM}/parameters/1"),
            *(
                append(
                    f"{ITEM}/{method}/parameters", {"$ref": "#/components/parameters/TaskIdPath"}
                )
                for method in ("get", "put", "patch", "delete")
            ),
        ),
    ),
    "a header without a description": (
        "rule/headers-are-described",
        drop(f"{HEADERS}/ETag/description"),
    ),
    "a parameter without a description": (
        "parameter-description",
        drop(f"{PARAMETERS}/SortQuery/description"),
    ),
    "a response that is written out twice": (
        "contract/no-repetition",
        put(f"{ITEM}/get/responses/404", CONTRACT["components"]["responses"]["NotFound"]),
    ),
    "a schema that is written out twice": (
        "contract/no-repetition",
        put(f"{TASK}/properties/title", CONTRACT["components"]["schemas"]["Title"]),
    ),
    "a component that nothing uses": ("no-unused-components", put(f"{SCHEMAS}/Due", DUE)),
    "an example that breaks its schema": (
        "no-invalid-media-type-examples",
        put("/components/examples/NewTask/value/id", 0),
    ),
    "a property that is required but not there": (
        "no-required-schema-properties-undefined",
        append(f"{TASK}/required", "due"),
    ),
    "a scheme that is not there": (
        "security-defined",
        put("/security", [{"session": []}]),
    ),
    "delete before get": (
        "path-http-verbs-order",
        several(
            put(ITEM, dict(reversed(CONTRACT["paths"]["/api/{user_id}/tasks/{task_id}"].items())))
        ),
    ),
}

Faults = dict[str, set[str]]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    """The rules that each mistake breaks, all of them linted in one run."""
    folder = tmp_path_factory.mktemp("mistakes")
    for sentence, (_, edit) in MISTAKES.items():
        edited = deepcopy(CONTRACT)
        edit.apply(edited)
        write(folder / f"{sentence}.yaml", edited)
    write(folder / "none.yaml", CONTRACT)
    found: Faults = defaultdict(set)
    output = redocly(*folder.iterdir(), "--format=github-actions").stdout
    for rule, path in re.findall(
        "^::(?:error|warning) title=(.+?),file=(.+?),", output, re.MULTILINE
    ):
        found[Path(path).stem].add(rule)
    return found


def write(path: Path, document: object) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def redocly(*arguments: Path | str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REDOCLY, "lint", f"--config={ROOT / 'redocly.yaml'}", *arguments],
        cwd=ROOT,
        env=os.environ | {"REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_is_found(faults: Faults, sentence: str) -> None:
    assert MISTAKES[sentence][0] in faults[sentence]


def test_the_contract_as_it_is_breaks_no_rule(faults: Faults) -> None:
    assert faults["none"] == set()


def test_a_mistake_fails_the_command(tmp_path: Path) -> None:
    edited = deepcopy(CONTRACT)
    put(f"{ITEM}/get/summary", "Get").apply(edited)
    write(tmp_path / "todo.yaml", edited)

    assert redocly(tmp_path / "todo.yaml").returncode == 1


def test_nothing_is_sent_anywhere(tmp_path: Path) -> None:
    notes = tmp_path / "connections"
    preload = f'--require="{Path(__file__).with_name("connections.cjs")}"'
    watched = {"CONNECTIONS": str(notes), "NODE_OPTIONS": preload}
    done = redocly("openapi/todo.yaml", **watched)

    assert (done.returncode, notes.exists()) == (0, False), done.stderr
