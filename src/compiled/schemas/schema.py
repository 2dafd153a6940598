"""The contract's schemas, each compiled once."""

from typing import Any

from jsonschema_rs import Draft4Validator, RegexOptions, ValidationError

from compiled.document import Document, Place
from compiled.errors import Fault
from compiled.schemas.dialect import JsonSchema, translated
from compiled.schemas.faults import faults_of
from compiled.schemas.formats import CHECKS

_MOST_VALUES = 100
"""Items and properties of a value whose faults are all reported. The validator creates every error
before it returns one: for 32,000 bad items, in 64 KiB, 0.7 s, for 1,000 31 ms, for 100 2 ms."""


class Schema:
    """A compiled schema; raises `ValueError` if it is not valid."""

    def __init__(self, schema: JsonSchema) -> None:
        self._schema = schema
        # This engine matches in linear time.
        validator = Draft4Validator(
            schema, pattern_options=RegexOptions(), validate_formats=True, formats=CHECKS
        )
        self._all, self._first = validator.iter_errors, validator.validate
        self.accepts = validator.is_valid

    def faults(self, value: Any) -> list[Fault]:
        """Return a fault for each place in `value` that fails, with JSON pointers (RFC 6901).

        Of a value with more than 100 items and properties, only the first.
        """
        try:
            if not has_more_than(_MOST_VALUES, value):
                return faults_of(self._all(value), self._schema)
            self._first(value)
        except ValidationError as error:
            return faults_of([error], self._schema)
        except ValueError:  # the validator's own limit, far beyond any schema's depth
            return [Fault("", "Must not be nested that deeply.")]
        return []


def has_more_than(most: int, value: Any) -> bool:
    """Tell whether there are more than `most` items and properties in a JSON value."""
    inside, counted = [value], 0
    while inside:
        one = inside.pop()
        if isinstance(one, (dict, list)):
            counted += len(one)
            if counted > most:
                return True
            inside.extend(one.values() if isinstance(one, dict) else one)
    return False


class Schemas:
    """All schemas of one document."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        """The definition's name for each reference."""
        self._compiled: dict[str, Schema] = {}
        self._definitions: dict[str, JsonSchema] = {}
        self._references: dict[str, set[str]] = {}
        """The references of each definition."""

    def compile(self, place: Place) -> Schema:
        """Return the compiled schema; refuses what can't be enforced in it or its references."""
        if place.ref is None:
            return self._compile(place, *self._translated(place))
        if place.ref not in self._compiled:
            name = self._define(place)
            self._compiled[place.ref] = self._compile(
                place, self._definitions[name], self._references[name]
            )
        return self._compiled[place.ref]

    def _compile(self, place: Place, schema: JsonSchema, references: set[str]) -> Schema:
        needed: set[str] = set()
        found = set(references)
        while found:
            needed |= found
            found = set().union(*(self._references[name] for name in found)) - needed
        if needed:
            schema = {**schema, "definitions": {name: self._definitions[name] for name in needed}}
        try:
            return Schema(schema)
        except ValueError as error:
            place.refuse(str(error).partition("\n")[0])
            return Schema({})

    def _translated(self, place: Place) -> tuple[JsonSchema, set[str]]:
        references: set[str] = set()

        def reference(target: Place) -> JsonSchema:
            name = self._define(target)
            references.add(name)
            return {"$ref": f"#/definitions/{name}"}

        return translated(place, reference), references

    def _define(self, place: Place) -> str:
        ref = place.ref or ""
        if ref in self._names:
            return self._names[ref]
        name = self._names[ref] = f"_{len(self._names)}"
        self._references[name] = set()  # it may refer to itself
        named = Place(place.document, place.value, ref.removeprefix("#/"))
        self._definitions[name], self._references[name] = self._translated(named)
        return name


def schema_of(schema: dict[str, Any], contract: dict[str, Any] | None = None) -> Schema:
    """Compile a schema that may refer to others of `contract`; raises `ContractRefused`."""
    document = Document(contract or {})
    compiled = Schemas().compile(Place(document, schema))
    document.check()
    return compiled
