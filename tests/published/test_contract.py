"""The contract is valid, true to itself, and complete."""

import inspect
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from connexion.spec import Specification
from openapi_spec_validator import validate

import handlers
from compiled.answers import Responses
from compiled.document import Document, Place
from db.paging import Position, position_of
from tests.declared import Declared
from todo_api.contract import contract, contract_yaml

SPECIFICATION = Specification.load(contract())
LEAVES_NO_TASK_OUT = {"min_priority": "none"}
METHODS = ("get", "put", "post", "delete", "patch")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in SPECIFICATION["paths"].items():
        for method in filter(item.__contains__, METHODS):
            yield f"{method} {path}", item[method] | {"shared": item["parameters"]}


OPERATIONS = dict(operations())
NAMES = [operation["operationId"] for operation in OPERATIONS.values()]


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place where the contract has a schema and examples of it."""
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", []) + operation["shared"]:
            if parameter.get("required"):
                yield f"{name} {parameter['name']}", parameter
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} {media_type}", content
        for status, response in operation["responses"].items():
            for header, declared in response.get("headers", {}).items():
                yield f"{name} {status} {header}", declared
            for media_type, content in response.get("content", {}).items():
                yield f"{name} {status} {media_type}", content


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]:
        yield from schemas(child)


def test_the_contract_is_a_valid_openapi_document() -> None:
    validate(yaml.safe_load(contract_yaml()))


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_etag_of_a_success_is_that_of_its_first_example(name: str) -> None:
    for status, response in OPERATIONS[name]["responses"].items():
        if status < "3" and "ETag" in response["headers"]:
            example = next(iter(response["content"]["application/json"]["examples"].values()))
            place = Place(Document({}), OPERATIONS[name])
            reply = Responses(place, conditional=True).reply(_answer(example["value"]), None)

            shown = response["headers"]["ETag"]["example"]
            assert (b"etag", shown.encode()) in reply.headers


def _answer(value: dict[str, Any]) -> Any:
    return (value, {"ETag": f'"{value["version"]}"'}) if "version" in value else value


def test_nothing_of_python_leaks_into_the_contract() -> None:
    known = contract_yaml().replace(b"x-enum-varnames", b"")
    assert b"x-" not in known.replace(b"ax-", b"").replace(b"/x-", b"")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_optional_parameter_has_no_example_that_clients_would_send(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", []):
        told = {"example", "examples"} & (parameter.keys() | parameter["schema"].keys())
        harmless = {parameter["schema"].get("default"), LEAVES_NO_TASK_OUT.get(parameter["name"])}
        assert not told or parameter["schema"].get("example") in harmless - {None}


@pytest.mark.parametrize(("place", "content"), list(contents()))
def test_every_example_keeps_its_schema(place: str, content: dict[str, Any]) -> None:
    examples = [example["value"] for example in content.get("examples", {}).values()]
    examples += [content[key] for key in ("example",) if key in content]
    examples += [content["schema"][key] for key in ("example",) if key in content["schema"]]

    assert examples, f"{place} has no example"
    for example in examples:
        assert Declared(content["schema"]).faults(example) == []


def test_the_examples_of_cursors_are_real_ones() -> None:
    cursor = contract()["components"]["examples"]["FirstPage"]["value"]["next_cursor"]

    assert position_of(cursor, "-created_at", "alice", None, None, True) == Position(41)
    assert contract_yaml().count(cursor.encode()) == 3


@pytest.mark.parametrize("name", list(contract()["components"]["schemas"]))
def test_every_property_has_a_description_an_example_and_its_bounds(name: str) -> None:
    bounds = {"string": "maxLength", "integer": "maximum", "array": "maxItems"}

    for schema in schemas(SPECIFICATION["components"]["schemas"][name]):
        assert schema["description"]
        if schema["type"] not in ("object", "boolean"):
            assert bounds[schema["type"]] in schema or "enum" in schema or "format" in schema
        for prop in schema.get("properties", {}).values():
            assert Declared(prop).faults(prop["example"]) == []


def test_every_operation_has_exactly_one_handler() -> None:
    assert Counter(NAMES) == Counter(handlers.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_every_handler_takes_the_parameters_of_its_operation(name: str) -> None:
    operation = next(each for each in OPERATIONS.values() if each["operationId"] == name)
    declared = {
        parameter["name"].lower().replace("-", "_")
        for parameter in operation.get("parameters", []) + operation["shared"]
    }
    expected = declared - {"if_none_match"} | ({"body"} if "requestBody" in operation else set())

    assert set(inspect.signature(getattr(handlers, name)).parameters) == expected | {"pool"}


@pytest.mark.parametrize(("place", "operation"), list(OPERATIONS.items()))
def test_every_operation_is_described_whole(place: str, operation: dict[str, Any]) -> None:
    assert 2 <= len(operation["summary"].split()) <= 4, place
    assert operation["description"]
    assert operation["tags"] == ["Tasks"]
    assert {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()
    assert "default" not in operation["responses"]


@pytest.mark.parametrize(("place", "operation"), list(OPERATIONS.items()))
def test_every_error_is_a_problem_with_its_own_examples(
    place: str, operation: dict[str, Any]
) -> None:
    for status, response in operation["responses"].items():
        assert "X-Request-ID" in response["headers"], place
        if status >= "400":
            [(media_type, content)] = response["content"].items()
            assert media_type == "application/problem+json"
            assert {str(each["value"]["status"]) for each in content["examples"].values()} == {
                status
            }


def test_a_new_task_links_to_every_operation_on_it() -> None:
    links = OPERATIONS["post /api/{user_id}/tasks"]["responses"]["201"]["links"]

    assert {link["operationId"] for link in links.values()} == {
        "get_task",
        "update_task",
        "patch_task",
        "delete_task",
    }
