"""Translate OpenAPI 3.0 schemas, a dialect of JSON Schema draft 4, to draft 4.

The result validates requests: a `readOnly` property may not be sent, and is not required.
`nullable` allows null whatever the other keywords say, which is what authors mean by it; OpenAPI
3.0.3 leaves that open for a schema without `type`.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from jsonschema_rs import Draft4Validator, RegexOptions

from compiled.document import Place
from compiled.schemas.formats import BOUNDS, DETAILS

JsonSchema = dict[str, Any]

_KEPT = frozenset(
    {
        *("type", "enum", "required", "description"),
        *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf"),
        *("maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems"),
        *("maxProperties", "minProperties"),
    }
)
_SAYS_NOTHING = frozenset(
    {
        *("title", "default", "example", "externalDocs", "deprecated", "xml"),
        *("nullable", "readOnly", "writeOnly"),
    }
)
_LISTS = ("allOf", "anyOf", "oneOf")
_SCHEMAS = ("not", "items", "additionalProperties")
_NEVER: JsonSchema = {"not": {}}
_MOST_DEPTH = 64


def translated(
    schema: Place, reference: Callable[[Place], JsonSchema], depth: int = 0
) -> JsonSchema:
    """Return `schema` as JSON Schema; `reference` translates each `$ref`."""
    if not isinstance(schema.value, dict):
        schema.refuse("is not a schema")
        return {}
    if depth > _MOST_DEPTH:
        schema.refuse(f"is nested more than {_MOST_DEPTH} levels deep")
        return {}

    def below(place: Place) -> JsonSchema:
        return reference(place) if place.ref else translated(place, reference, depth + 1)

    plain: JsonSchema = {key: schema.value[key] for key in schema.value if key in _KEPT}
    _translate_schemas(schema, plain, below)
    _translate_properties(schema, plain, below)
    _translate_format(schema, plain)
    _check_pattern(schema, plain)
    _refuse_others(schema)
    return _nullable(schema, plain)


def _translate_schemas(
    schema: Place, plain: JsonSchema, below: Callable[[Place], JsonSchema]
) -> None:
    for key in _LISTS:
        if key in schema:
            plain[key] = [below(each) for each in schema.items(key)]
    for key in _SCHEMAS:
        if key in schema:
            below_it = schema[key]
            is_constant = isinstance(below_it.value, bool)  # additionalProperties: false
            plain[key] = below_it.value if is_constant else below(below_it)


def _translate_properties(
    schema: Place, plain: JsonSchema, below: Callable[[Place], JsonSchema]
) -> None:
    properties = dict(schema.members("properties"))
    read_only = {name for name, place in properties.items() if place.get("readOnly") is True}
    if properties:
        plain["properties"] = {
            name: _NEVER if name in read_only else below(place)
            for name, place in properties.items()
        }
    required = [name for name in plain.pop("required", ()) if name not in read_only]
    if required:  # draft 4 does not allow an empty `required`
        plain["required"] = required


def _translate_format(schema: Place, plain: JsonSchema) -> None:
    name = schema.get("format")
    if name is None:
        return
    kinds = ("string",) if name in DETAILS else ("integer", "number")
    if name not in DETAILS and name not in BOUNDS:
        schema.refuse(f"format {name} is not supported; a pattern may say the same")
    elif schema.get("type", kinds[0]) not in kinds:
        schema.refuse(f"format {name} is not of type {schema.get('type')}")
    elif name in BOUNDS:
        least, most = BOUNDS[name]
        if plain.get("minimum", -inf) < least:
            plain |= {"minimum": least, "exclusiveMinimum": False}
        if plain.get("maximum", inf) > most:
            plain |= {"maximum": most, "exclusiveMaximum": False}
    else:
        plain["format"] = name


def _check_pattern(schema: Place, plain: JsonSchema) -> None:
    if "pattern" not in plain:
        return
    try:
        Draft4Validator({"pattern": plain["pattern"]}, pattern_options=RegexOptions())
    except ValueError:
        # Look-around and back references could take exponential time.
        schema.refuse(f"pattern {plain.pop('pattern')} is not one that matches in linear time")


def _refuse_others(schema: Place) -> None:
    schema.refuse_keys(*_KEPT, *_SAYS_NOTHING, *_LISTS, *_SCHEMAS, "properties", "format")
    if schema.get("type") == "array" and "items" not in schema:
        schema.refuse("an array needs items")


def _nullable(schema: Place, plain: JsonSchema) -> JsonSchema:
    if schema.get("nullable") is not True:
        return plain
    if "enum" in plain and None not in plain["enum"]:
        plain["enum"] = [*plain["enum"], None]
    if "type" in plain:
        plain["type"] = [plain["type"], "null"]
    if plain.keys() & {*_LISTS, "not"}:
        return {"anyOf": [{"type": "null"}, plain]}
    return plain
