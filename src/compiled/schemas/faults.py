"""The messages for a value that breaks its schema: one fault for each place."""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema_rs import ValidationError

from compiled.errors import MOST_CHARACTERS, MOST_FAULTS, Fault
from compiled.schemas.formats import DETAILS as FORMATS

_DETAILS = {
    "maxLength": "Must have at most {value} characters.",
    "minLength": "Must have {value} or more characters.",
    "maximum": "Must be at most {value}.",
    "minimum": "Must be at least {value}.",
    "exclusiveMaximum": "Must be less than {value}.",
    "exclusiveMinimum": "Must be more than {value}.",
    "multipleOf": "Must be a multiple of {value}.",
    "maxItems": "Must have at most {value} items.",
    "minItems": "Must have at least {value} items.",
    "uniqueItems": "Must not have the same item twice.",
    "maxProperties": "Must have at most {value} properties.",
    "minProperties": "Must have at least {value} of the properties that can be sent here.",
    "required": "Is required.",
    "additionalProperties": "Is not a property that can be sent here.",
    "anyOf": "Must be one of the kinds that can be sent here.",
    "oneOf": "Must be one of the kinds that can be sent here.",
}
_AMBIGUOUS = "Must be of exactly one of the kinds that can be sent here."
_ALTERNATIVES = {"anyOf", "oneOf"}
_READ_ONLY = "Is read-only: leave it out."
_OTHERWISE = "Is not what can be sent here."
_TEXTS = {True: "true", False: "false", None: "null"}


def faults_of(errors: Iterable[ValidationError], schema: dict[str, Any]) -> list[Fault]:
    """Return a fault for each place that fails, with JSON pointers (RFC 6901)."""
    faults: dict[str, Fault] = {}
    for error in errors:
        for each in _meant(error):
            # If a value breaks a pattern and another rule, the other rule's message says more.
            vague = each.kind.name == "pattern"
            for fault in _faults(each, schema):
                if not (vague and fault.pointer in faults):
                    faults[fault.pointer] = fault
    return list(faults.values())[:MOST_FAULTS]


def _meant(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors of the alternative that the value was probably meant for."""
    if error.kind.name in _ALTERNATIVES:
        near = [errors for errors in error.kind.value if not _is_of_another_type(errors, error)]
        if len(near) == 1:
            for each in near[0]:
                yield from _meant(each)
            return
    yield error


def _is_of_another_type(errors: list[ValidationError], error: ValidationError) -> bool:
    place = error.instance_path
    return any(each.kind.name == "type" and each.instance_path == place for each in errors)


def _faults(error: ValidationError, schema: dict[str, Any]) -> list[Fault]:
    detail = _detail(error, schema)[:MOST_CHARACTERS]
    place = error.instance_path
    match error.kind.name:
        case "required":
            places = [[*place, error.kind.value]]
        case "additionalProperties":
            places = [[*place, name] for name in error.kind.value]
        case _:
            places = [place]
    return [Fault(_pointer(place), detail) for place in places]


def _detail(error: ValidationError, schema: dict[str, Any]) -> str:
    name, value = error.kind.name, error.kind.value
    detail = _DETAILS.get(name, _OTHERWISE)
    match name:
        case "type":
            detail = f"Must be of type {' or '.join(value)}."
        case "enum":
            detail = f"Must be one of {', '.join(map(_text, value))}."
        case "pattern":
            detail = _description(error, schema) or f"Must match {value}"
        case "format":
            detail = FORMATS[value]
        case "oneOf" if not all(value):  # several alternatives match
            detail = _AMBIGUOUS
        case "not" if not value:
            detail = _READ_ONLY
        case "not":
            detail = _description(error, schema) or detail
        case _:
            detail = detail.format(value=value)
    return detail


def _text(value: Any) -> str:
    is_constant = value is None or isinstance(value, bool)
    return _TEXTS[value] if is_constant else str(value)


def _description(error: ValidationError, schema: dict[str, Any]) -> str:
    node: Any = schema
    for step in error.schema_path[:-1]:
        node = node[step]
    description: str = node.get("description", "")
    return description and f"Must be as its description says: {description}"


def _pointer(place: list[str | int]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in place)
    return "".join(f"/{step}" for step in steps)[:MOST_CHARACTERS]
