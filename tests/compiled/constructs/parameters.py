"""Parameters of one value."""

from tests.compiled.construct import (
    INTEGER,
    LONG,
    STRING,
    Kept,
    Refused,
    Sent,
    items,
    parameter,
)

PARAMETERS: list[Kept | Refused] = [
    Kept(
        "Parameters",
        "string",
        parameter(STRING),
        [
            Sent("/p?a=x%20y+z", {"a": "x y z"}),
            Sent("/p?a=", {"a": ""}),
            Sent("/p", {"a": None}),
            Sent("/p?a=%ff", fault="percent-encoded UTF-8"),
            Sent("/p?b=1", fault="Is not a parameter"),
            Sent("/p?a=1&a=2", fault="sent only once"),
        ],
    ),
    Kept(
        "Parameters",
        "integer, of any size",
        parameter(INTEGER),
        [
            Sent("/p?a=-7", {"a": -7}),
            Sent(f"/p?a={LONG}", {"a": LONG}),
            Sent("/p?a=1.0", fault="Must be an integer"),
            Sent("/p?a=" + "9" * 1001, fault="1000 digits"),
        ],
    ),
    Kept(
        "Parameters",
        "number",
        parameter({"type": "number", "maximum": 9.5}),
        [
            Sent("/p?a=9.25", {"a": 9.25}),
            Sent("/p?a=-1e2", {"a": -100.0}),
            Sent("/p?a=3", {"a": 3}),
            Sent("/p?a=9.75", fault="at most 9.5"),
            Sent("/p?a=NaN", fault="Must be a number"),
            Sent("/p?a=1e999", fault="Must be a number"),
        ],
    ),
    Kept(
        "Parameters",
        "boolean",
        parameter({"type": "boolean"}),
        [
            Sent("/p?a=true", {"a": True}),
            Sent("/p?a=1", fault="true or false"),
        ],
    ),
    Kept(
        "Parameters",
        "enum, of any type",
        parameter({"enum": [1, "b", True, None]}),
        [
            Sent("/p?a=1", {"a": 1}),
            Sent("/p?a=b", {"a": "b"}),
            Sent("/p?a=true", {"a": True}),
            Sent("/p?a=null", {"a": None}),
            Sent("/p?a=c", fault="one of 1, b, true, null"),
        ],
    ),
    Kept(
        "Parameters",
        "enum of integers",
        parameter({"type": "integer", "enum": [1, 2]}),
        [
            Sent("/p?a=2", {"a": 2}),
            Sent("/p?a=3", fault="one of 1, 2"),
        ],
    ),
    Kept(
        "Parameters",
        "nullable: null is written `null`, but for strings",
        parameter({"type": "integer", "nullable": True}),
        [
            Sent("/p?a=null", {"a": None}),
            Sent("/p?a=7", {"a": 7}),
            Sent("/p?a=x", fault="integer"),
        ],
    ),
    Kept(
        "Parameters",
        "default",
        parameter({"type": "integer", "default": 7}),
        [
            Sent("/p", {"a": 7}),
            Sent("/p?a=8", {"a": 8}),
        ],
    ),
    Kept("Parameters", "no type: a text", parameter({}), [Sent("/p?a=7", {"a": "7"})]),
    Kept(
        "Parameters",
        "allOf, anyOf, oneOf and $ref, if one type comes of them",
        parameter({"allOf": [{"$ref": "#/components/schemas/N"}, {"minimum": 5}]}),
        [
            Sent("/p?a=7", {"a": 7}),
            Sent("/p?a=3", fault="at least 5"),
            Sent("/p?a=x", fault="integer"),
        ],
        more={"components": {"schemas": {"N": INTEGER}}},
    ),
    Kept(
        "Parameters",
        "required",
        parameter(STRING, required=True),
        [
            Sent("/p?a=x", {"a": "x"}),
            Sent("/p", fault="Is required."),
        ],
    ),
    Kept(
        "Parameters",
        "in the path",
        parameter(STRING, where="path"),
        [
            Sent("/p/x%2Fy", {"a": "x/y"}),
            Sent("/p/x+y", {"a": "x+y"}),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Parameters",
        "several in a segment of the path",
        {
            "parameters": [
                *parameter(STRING, "a", "path")["parameters"],
                *parameter(STRING, "b", "path")["parameters"],
            ]
        },
        [Sent("/p/x.y", {"a": "x", "b": "y"})],
        path="/p/{a}.{b}",
    ),
    Kept(
        "Parameters",
        "in a header",
        parameter(INTEGER, "X-Count", "header"),
        [
            Sent("/p", {"x_count": 3}, headers={"x-count": "3"}),
            Sent("/p", fault="Must be an integer", headers={"X-Count": "x"}),
            Sent("/p", {"x_count": None}),
        ],
    ),
    Kept(
        "Parameters",
        "in a cookie",
        parameter(INTEGER, "seen", "cookie"),
        [
            Sent("/p", {"seen": 3}, headers={"Cookie": "a=b; seen=3; c=d"}),
            Sent("/p", {"seen": None}),
            Sent("/p", fault="Must be an integer", headers={"Cookie": "seen=x"}),
        ],
    ),
    Kept(
        "Parameters",
        "content: application/json",
        parameter(None, content={"application/json": {"schema": {"type": "object"}}}),
        [
            Sent("/p?a=%7B%22b%22:1%7D", {"a": {"b": 1}}),
            Sent("/p?a=%7B", fault="valid JSON"),
            Sent("/p?a=1", fault="of type object"),
        ],
    ),
    Kept(
        "Parameters",
        "names: in snake_case (`petId` is `pet_id`, `from` is `from_`)",
        {
            "parameters": [
                *parameter(STRING, "petId")["parameters"],
                *parameter(STRING, "from")["parameters"],
                *parameter(STRING, "filter[a]")["parameters"],
            ]
        },
        [Sent("/p?petId=x&from=y&filter[a]=z", {"pet_id": "x", "from_": "y", "filter_a": "z"})],
    ),
    Kept(
        "Parameters",
        "names that collide: with their place (`path_id`, `query_id`)",
        {
            "parameters": [
                *parameter(STRING, "id", "path")["parameters"],
                *parameter(STRING, "ID")["parameters"],
            ]
        },
        [Sent("/p/x?ID=y", {"path_id": "x", "query_id": "y"})],
        path="/p/{id}",
    ),
    Kept(
        "Parameters",
        "an operation's own goes before its path's",
        parameter(INTEGER),
        [
            Sent("/p?a=7", {"a": 7}),
            Sent("/p?a=x", fault="Must be an integer"),
        ],
        item=parameter(STRING),
    ),
    Refused(
        "Parameters",
        "objects, in whatever style",
        parameter({"type": "object"}),
        "GET /p: parameters/0/schema: type object is not supported here in a parameter",
    ),
    Refused(
        "Parameters",
        "style deepObject",
        parameter({"type": "object"}, style="deepObject"),
        "GET /p: parameters/0: style deepObject is not supported",
    ),
    Refused(
        "Parameters",
        "several types",
        parameter({"oneOf": [STRING, INTEGER]}),
        "GET /p: parameters/0/schema: type integer or string is not supported here in a parameter",
    ),
    Refused(
        "Parameters",
        "arrays of arrays",
        parameter({"type": "array", "items": items()}),
        "GET /p: parameters/0/schema/items: type array is not supported here in a parameter",
    ),
    Refused(
        "Parameters",
        "allowEmptyValue",
        parameter(STRING, allowEmptyValue=True),
        "GET /p: parameters/0: allowEmptyValue is not supported",
    ),
    Refused(
        "Parameters",
        "content that is not JSON",
        parameter(None, content={"text/csv": {"schema": STRING}}),
        "GET /p: parameters/0: content text/csv is not supported but as application/json",
    ),
    Refused(
        "Parameters",
        "Accept, Content-Type and Authorization",
        parameter(STRING, "Accept", "header"),
        "GET /p: parameters/0: header Accept is not supported as a parameter",
    ),
    Refused(
        "Parameters",
        "an array in a cookie, exploded",
        parameter(items(), where="cookie"),
        "GET /p: parameters/0: an array in a cookie is not supported but with explode: false",
    ),
    Refused(
        "Parameters",
        "a default that its schema does not allow",
        parameter({"type": "string", "pattern": "^x", "default": "y"}),
        "GET /p: parameters/0/schema: 'y' does not match '^x'",
    ),
    Refused(
        "Parameters",
        "the same one twice",
        {
            "parameters": [
                *parameter(STRING, "X-A", "header")["parameters"],
                *parameter(STRING, "x-a", "header")["parameters"],
            ]
        },
        "GET /p: parameters/1: parameter x-a stands twice",
    ),
]
