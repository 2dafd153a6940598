"""Schemas, tried on the body of a POST."""

from tests.compiled.construct import (
    IN_BODY,
    INTEGER,
    LONG,
    STRING,
    Kept,
    Refused,
    body,
    in_body,
    items,
    json,
)

_TREE = {
    "type": "object",
    "required": ["n"],
    "properties": {
        "n": INTEGER,
        "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}
_CAT = {
    "type": "object",
    "required": ["purrs"],
    "properties": {"purrs": {"type": "boolean"}},
    "additionalProperties": False,
}
_DOG = {
    "type": "object",
    "required": ["barks"],
    "properties": {"barks": {"type": "boolean"}},
    "additionalProperties": False,
}
SCHEMAS: list[Kept | Refused] = [
    in_body(
        "type, required, properties, additionalProperties: false",
        _CAT,
        json('{"purrs": true}', {"purrs": True}),
        json("{}", fault="/purrs: Is required."),
        json('{"purrs": 1}', fault="/purrs: Must be of type boolean."),
        json('{"purrs": true, "x": 1}', fault="/x: Is not a property"),
        json("[]", fault="type object"),
    ),
    in_body(
        "additionalProperties with a schema",
        {"type": "object", "additionalProperties": INTEGER},
        json('{"x": 1}', {"x": 1}),
        json('{"x": "y"}', fault="/x: Must be of type integer."),
    ),
    in_body(
        "a property called nullable, one called $ref, or type",
        {
            "type": "object",
            "properties": {"nullable": {"type": "boolean"}, "type": STRING, "x-y": INTEGER},
        },
        json('{"nullable": true, "type": "a"}', {"nullable": True, "type": "a"}),
        json('{"nullable": 1}', fault="/nullable: Must be of type boolean."),
        json('{"x-y": "a"}', fault="/x-y: Must be of type integer."),
    ),
    in_body(
        "nullable, with a type",
        {"type": "object", "properties": {"a": {"type": "string", "nullable": True}}},
        json('{"a": null}', {"a": None}),
        json('{"a": 1}', fault="/a: Must be of type"),
    ),
    in_body(
        "nullable, with an enum",
        {"type": "string", "enum": ["x"], "nullable": True},
        json("null"),
        json('"x"', "x"),
        json('"y"', fault="Must be one of x, null."),
    ),
    in_body(
        "nullable, with allOf",
        {"allOf": [{"$ref": "#/components/schemas/Cat"}], "nullable": True},
        json("null"),
        json('{"purrs": true}', {"purrs": True}),
        json("{}", fault="/purrs: Is required."),
        more={"components": {"schemas": {"Cat": _CAT}}},
    ),
    in_body(
        "recursion",
        {"$ref": "#/components/schemas/Tree"},
        json('{"n": 1, "below": [{"n": 2}]}', {"n": 1, "below": [{"n": 2}]}),
        json(
            '{"n": 1, "below": [{"n": 2, "below": [{}]}]}', fault="/below/0/below/0/n: Is required."
        ),
        more={"components": {"schemas": {"Tree": _TREE}}},
    ),
    in_body(
        "allOf",
        {"allOf": [{"type": "object", "required": ["a"]}, {"required": ["b"]}]},
        json('{"a": 1, "b": 2}', {"a": 1, "b": 2}),
        json('{"a": 1}', fault="/b: Is required."),
    ),
    in_body(
        "anyOf",
        {"anyOf": [_CAT, INTEGER]},
        json("7", 7),
        json('{"purrs": 1}', fault="/purrs: Must be of type boolean."),
        json('"x"', fault="Must be one of the kinds"),
    ),
    in_body(
        "oneOf",
        {"oneOf": [_CAT, _DOG]},
        json('{"barks": true}', {"barks": True}),
        json("{}", fault="Must be one of the kinds"),
    ),
    in_body(
        "oneOf, where several hold",
        {"oneOf": [INTEGER, {"type": "number"}]},
        json("1.5", 1.5),
        json("1", fault="exactly one of the kinds"),
    ),
    in_body(
        "not", {"not": STRING}, json("7", 7), json('"x"', fault="Is not what can be sent here.")
    ),
    in_body(
        "maximum, minimum, multipleOf",
        {"type": "integer", "minimum": 2, "maximum": 6, "multipleOf": 2},
        json("4", 4),
        json("0", fault="at least 2"),
        json("8", fault="at most 6"),
        json("3", fault="multiple of 2"),
    ),
    in_body(
        "exclusiveMaximum, exclusiveMinimum",
        {
            "type": "number",
            "minimum": 1,
            "exclusiveMinimum": True,
            "maximum": 2,
            "exclusiveMaximum": True,
        },
        json("1.5", 1.5),
        json("1", fault="more than 1"),
        json("2", fault="less than 2"),
    ),
    in_body(
        "maxLength, minLength, pattern",
        {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^x"},
        json('"xy"', "xy"),
        json('"x"', fault="2 or more"),
        json('"xxxx"', fault="at most 3"),
        json('"yy"', fault="Must match ^x"),
    ),
    in_body(
        "maxItems, minItems, uniqueItems",
        items("integer", minItems=1, maxItems=2, uniqueItems=True),
        json("[1]", [1]),
        json("[]", fault="at least 1 items"),
        json("[1,2,3]", fault="at most 2 items"),
        json("[1,1]", fault="same item twice"),
        json('["x"]', fault="/0: Must be of type integer."),
    ),
    in_body(
        "maxProperties, minProperties",
        {"type": "object", "minProperties": 1, "maxProperties": 2},
        json('{"a": 1}', {"a": 1}),
        json("{}", fault="at least 1"),
        json('{"a": 1, "b": 2, "c": 3}', fault="at most 2 properties"),
    ),
    in_body(
        "enum of any type",
        {"enum": [1, "x", None, {"a": 1}]},
        json("1", 1),
        json('{"a": 1}', {"a": 1}),
        json("2", fault="Must be one of 1, x, null"),
    ),
    in_body(
        "integers over 64 bits", INTEGER, json(str(LONG), LONG), json("1.5", fault="type integer")
    ),
    in_body(
        "readOnly: not to be sent, and not required",
        {
            "type": "object",
            "required": ["id", "a"],
            "properties": {"id": {"type": "integer", "readOnly": True}, "a": INTEGER},
        },
        json('{"a": 1}', {"a": 1}),
        json('{"id": 1, "a": 1}', fault="/id: Is read-only"),
    ),
    in_body(
        "default of the body's own properties",
        {
            "type": "object",
            "properties": {"a": {"type": "array", "items": INTEGER, "default": [1]}, "b": INTEGER},
        },
        json("{}", {"a": [1]}),
        json('{"a": []}', {"a": []}),
    ),
    in_body("no schema at all", {}, json("[1]", [1]), json("{", fault="valid JSON")),
    in_body(
        "description: is told where a pattern fails",
        {"type": "string", "pattern": "^x", "description": "Begins with x."},
        json('"y"', fault="as its description says: Begins with x."),
    ),
    *(
        in_body(
            f"format {name}",
            {"type": kind, "format": name},
            json(right, value),
            json(wrong, fault=fault),
        )
        for name, kind, right, value, wrong, fault in [
            ("date", "string", '"2026-12-01"', "2026-12-01", '"2026-02-30"', "a date"),
            (
                "date-time",
                "string",
                '"2026-12-01T09:30:00Z"',
                "2026-12-01T09:30:00Z",
                '"2026-12-01"',
                "a time",
            ),
            (
                "uuid",
                "string",
                '"0f8fad5b-d9cb-469f-a165-70867728950e"',
                "0f8fad5b-d9cb-469f-a165-70867728950e",
                '"0f8fad5b"',
                "a UUID",
            ),
            ("email", "string", '"a@example.com"', "a@example.com", '"a"', "an email address"),
            ("byte", "string", '"TWlsaw=="', "TWlsaw==", '"TWlsaw"', "base64"),
            ("hostname", "string", '"example.com"', "example.com", '"-"', "a host name"),
            ("ipv4", "string", '"192.0.2.1"', "192.0.2.1", '"1.2.3"', "an IPv4 address"),
            ("ipv6", "string", '"2001:db8::1"', "2001:db8::1", '"1.2.3.4"', "an IPv6 address"),
            ("uri", "string", '"https://example.com/"', "https://example.com/", '"a b"', "a URI"),
            ("int32", "integer", "2147483647", 2147483647, "2147483648", "at most 2147483647"),
            (
                "int64",
                "integer",
                "-9223372036854775808",
                -(2**63),
                "9223372036854775808",
                "at most",
            ),
            ("float", "number", "1.5", 1.5, "1e39", "at most"),
        ]
    ),
    in_body(
        "format double, with the bounds that stand beside it",
        {"type": "number", "format": "double", "minimum": 1, "exclusiveMinimum": True},
        json("1.5", 1.5),
        json("1", fault="more than 1"),
    ),
    Refused(
        "Schemas",
        "other formats",
        body({"type": "string", "format": "phone"}),
        IN_BODY + ": format phone is not supported; a pattern may say the same",
        method="post",
    ),
    Refused(
        "Schemas",
        "patterns with look-around or back references",
        body({"type": "string", "pattern": "(?=x)"}),
        IN_BODY + ": pattern (?=x) is not one that matches in linear time",
        method="post",
    ),
    Refused(
        "Schemas",
        "discriminator",
        body({"oneOf": [_CAT, _DOG], "discriminator": {"propertyName": "kind"}}),
        IN_BODY + ": discriminator is not supported",
        method="post",
    ),
    Refused(
        "Schemas",
        "a default further inside a body",
        body(
            {
                "type": "object",
                "properties": {
                    "a": {"type": "object", "properties": {"b": {"type": "integer", "default": 1}}}
                },
            }
        ),
        IN_BODY
        + "/properties/a/properties/b: a default is not supported but of the body's own properties",
        method="post",
    ),
    Refused(
        "Schemas",
        "what stands beside $ref",
        body({"$ref": "#/components/schemas/N", "nullable": True}),
        IN_BODY + ": nullable beside $ref would be ignored; put the $ref into allOf",
        method="post",
        more={"components": {"schemas": {"N": INTEGER}}},
    ),
]
