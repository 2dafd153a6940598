"""The contract's schemas, compiled once, and what they say of a value that fails."""

from typing import Any, NamedTuple

from jsonschema_rs import Draft4Validator, RegexOptions, ValidationError

MOST_FAULTS = 100
MOST_CHARACTERS = 200

_DETAILS = {
    "maxLength": "Must have at most {value} characters.",
    "minLength": "Must have {value} or more characters.",
    "maximum": "Must be at most {value}.",
    "minimum": "Must be at least {value}.",
    "minProperties": "Must have at least {value} of the properties that can be sent here.",
    "required": "Is required.",
    "additionalProperties": "Is not a property that can be sent here.",
}


class Fault(NamedTuple):
    """One field that fails: a JSON pointer or a parameter's name, and what is wrong with it."""

    pointer: str
    detail: str


class Schema:
    """A schema of OpenAPI 3.0, a dialect of JSON Schema draft 4, compiled."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema: dict[str, Any] = _json_schema(schema)
        # The engine that matches in linear time, whatever is sent.
        self._validator = Draft4Validator(self.schema, pattern_options=RegexOptions())
        self.accepts = self._validator.is_valid

    def faults(self, value: Any) -> list[Fault]:
        """Return a fault for each place in `value` that fails, with JSON pointers (RFC 6901)."""
        try:
            errors = list(self._validator.iter_errors(value))
        except ValueError:  # the validator's own limit, far beyond any schema's depth
            return [Fault("", "Must not be nested that deeply.")]
        faults: dict[str, Fault] = {}
        for error in errors:
            # A pattern's fault says less than that of another rule which the same value breaks.
            vague = error.kind.name == "pattern"
            for fault in self._faults(error):
                if not (vague and fault.pointer in faults):
                    faults[fault.pointer] = fault
        return list(faults.values())[:MOST_FAULTS]

    def _faults(self, error: ValidationError) -> list[Fault]:
        detail = self._detail(error)[:MOST_CHARACTERS]
        place = error.instance_path
        match error.kind.name:
            case "required":
                places = [[*place, error.kind.value]]
            case "additionalProperties":
                places = [[*place, name] for name in error.kind.value]
            case _:
                places = [place]
        return [Fault(_pointer(place), detail) for place in places]

    def _detail(self, error: ValidationError) -> str:
        name, value = error.kind.name, error.kind.value
        match name:
            case "type":
                return f"Must be of type {' or '.join(value)}."
            case "enum":
                return f"Must be one of {', '.join(value)}."
            case "pattern":
                return self._description(error) or f"Must match {value}"
            case _:
                return _DETAILS[name].format(value=value)

    def _description(self, error: ValidationError) -> str:
        schema: Any = self.schema
        for step in error.schema_path[:-1]:
            schema = schema[step]
        description: str = schema.get("description", "")
        return description and f"Must be as its description says: {description}"


def _json_schema(schema: Any) -> Any:
    """Write `nullable` the way JSON Schema does, in the whole of `schema`."""
    if isinstance(schema, list):
        return [_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _json_schema(value) for key, value in schema.items() if key != "nullable"}
    if schema.get("nullable") is True:
        plain["type"] = [plain["type"], "null"]
    return plain


def _pointer(place: list[str | int]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in place)
    return "".join(f"/{step}" for step in steps)[:MOST_CHARACTERS]
