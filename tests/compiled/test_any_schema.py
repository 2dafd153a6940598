"""Whatever schema a contract has and whatever is sent: it is accepted, or its faults are told."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30WriteValidator

from compiled import ContractRefused
from compiled.schemas.schema import Schema, schema_of

TEXTS = st.sampled_from(
    ["", "a", "b", "nullable", "$ref", "x-y", "2026-12-01", "TWlsaw==", "é", "~/"]
)
NUMBERS = st.one_of(
    st.integers(-3, 3), st.floats(-3, 3).map(lambda x: round(x, 1)), st.just(10**30)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
BOUNDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "integer": {"minimum": NUMBERS, "maximum": NUMBERS, "multipleOf": st.sampled_from([1, 2, 0.5])},
    "string": {
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "b$", "[a-c]+"]),
        "format": st.sampled_from(["date", "date-time", "uuid", "byte", "email", "ipv4", "uri"]),
        "description": TEXTS,
    },
}
BOUNDS["number"] = BOUNDS["integer"] | {
    "exclusiveMinimum": st.booleans(),
    "exclusiveMaximum": st.booleans(),
    "format": st.sampled_from(["int32", "int64", "float", "double"]),
}

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def schemas(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    scalars = ["integer", "number", "string", "boolean", None]
    kind = draw(st.sampled_from([*scalars, *["object", "array"] * (depth > 0)]))
    schema: dict[str, Any] = {} if kind is None else {"type": kind}
    for name, values in BOUNDS.get(kind or "", {}).items():
        if draw(st.booleans()):
            schema[name] = draw(values)
    for bound, exclusive in ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"):
        if bound not in schema:
            schema.pop(exclusive, None)
    if draw(st.booleans()):
        schema["nullable"] = draw(st.booleans())
    if draw(st.integers(0, 5)) == 0:
        schema["enum"] = draw(st.lists(VALUES, min_size=1, max_size=3, unique_by=repr))
    return schema | draw(structures(kind, depth - 1)) if depth else schema


@st.composite
def structures(draw: st.DrawFn, kind: str | None, depth: int) -> dict[str, Any]:
    inner = schemas(depth)
    structure: dict[str, Any] = {}
    if kind == "array":
        structure |= draw(st.sampled_from([{}, {"maxItems": 1}, {"uniqueItems": True}]))
        structure["items"] = draw(inner)
    if kind == "object":
        structure |= draw(st.sampled_from([{}, {"maxProperties": 1}, {"minProperties": 1}]))
        structure["properties"] = draw(st.dictionaries(TEXTS, inner, max_size=3))
        structure["required"] = draw(st.lists(TEXTS, max_size=2, unique=True))
        structure["additionalProperties"] = draw(st.one_of(st.booleans(), inner))
    for key in ("allOf", "anyOf", "oneOf"):
        if draw(st.integers(0, 5)) == 0:
            structure[key] = draw(st.lists(inner, min_size=1, max_size=2))
    if draw(st.integers(0, 7)) == 0:
        structure["not"] = draw(inner)
    return structure


def compiled_of(schema: dict[str, Any]) -> Schema | None:
    """Compile a schema behind a reference; None if it is refused."""
    try:
        return schema_of({"allOf": [{"$ref": "#/it"}]}, {"it": schema})
    except ContractRefused:
        return None


@unhurried
@given(schemas(), st.lists(VALUES, min_size=1, max_size=8))
def test_a_value_is_accepted_or_has_faults(schema: dict[str, Any], values: list[Any]) -> None:
    compiled = compiled_of(schema)
    assume(compiled is not None)
    assert compiled
    for value in values:
        faults = compiled.faults(value)

        assert compiled.accepts(value) is not bool(faults)
        assert all(fault.detail for fault in faults)


@unhurried
@given(schemas(), st.lists(VALUES, min_size=1, max_size=8))
def test_what_is_accepted_is_what_another_validator_accepts(
    schema: dict[str, Any], values: list[Any]
) -> None:
    other = OAS30WriteValidator(plain(schema))
    compiled = compiled_of(plain(schema))
    assume(compiled is not None)
    assert compiled
    for value in values:
        assert compiled.accepts(value) is other.is_valid(value), (plain(schema), value)


def plain(schema: Any) -> Any:
    """Leave out what the two understand differently: null beside other rules, and formats."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = {"nullable", "format", "multipleOf", "enum"}
    return {key: plain(value) for key, value in schema.items() if key not in left_out}
