"""Parameters that are arrays, by every style."""

from tests.compiled.construct import (
    INTEGER,
    Kept,
    Refused,
    Sent,
    items,
    parameter,
)

ARRAYS: list[Kept | Refused] = [
    Kept(
        "Arrays",
        "form, exploded (the default in a query)",
        parameter(items(maxItems=2)),
        [
            Sent("/p?a=x&a=y,z", {"a": ["x", "y,z"]}),
            Sent("/p", {"a": None}),
            Sent("/p?a=1&a=2&a=3", fault="at most 2 items"),
        ],
    ),
    Kept(
        "Arrays",
        "form, not exploded",
        parameter(items("integer"), explode=False),
        [
            Sent("/p?a=1,2", {"a": [1, 2]}),
            Sent("/p?a=", {"a": []}),
            Sent("/p?a=1,x", fault="integer"),
            Sent("/p?a=1&a=2", fault="sent only once"),
        ],
    ),
    Kept(
        "Arrays",
        "an encoded comma is no separator",
        parameter(items(), explode=False),
        [
            Sent("/p?a=x%2Cy,z", {"a": ["x,y", "z"]}),
        ],
    ),
    Kept(
        "Arrays",
        "spaceDelimited",
        parameter(items(), style="spaceDelimited", explode=False),
        [
            Sent("/p?a=x%20y+z", {"a": ["x", "y", "z"]}),
        ],
    ),
    Kept(
        "Arrays",
        "pipeDelimited",
        parameter(items(), style="pipeDelimited", explode=False),
        [
            Sent("/p?a=x|y%7Cz", {"a": ["x", "y", "z"]}),
        ],
    ),
    Kept(
        "Arrays",
        "simple (in a path)",
        parameter(items(), where="path"),
        [
            Sent("/p/x,y", {"a": ["x", "y"]}),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "simple (in a header)",
        parameter(items(), "X-A", "header"),
        [
            Sent("/p", {"x_a": ["x", "y"]}, headers={"X-A": "x, y"}),
        ],
    ),
    Kept(
        "Arrays",
        "label",
        parameter(items(), where="path", style="label"),
        [
            Sent("/p/.x,y", {"a": ["x", "y"]}),
            Sent("/p/x", fault="Must begin with ."),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "label, exploded",
        parameter(items(), where="path", style="label", explode=True),
        [
            Sent("/p/.x.y", {"a": ["x", "y"]}),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "matrix",
        parameter(items(), where="path", style="matrix"),
        [
            Sent("/p/;a=x,y", {"a": ["x", "y"]}),
            Sent("/p/;a", {"a": []}),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "matrix, exploded",
        parameter(items(), where="path", style="matrix", explode=True),
        [
            Sent("/p/;a=x;a=y", {"a": ["x", "y"]}),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "label and matrix of one value",
        parameter(INTEGER, where="path", style="label"),
        [
            Sent("/p/.7", {"a": 7}),
            Sent("/p/7", fault="Must begin with ."),
        ],
        path="/p/{a}",
    ),
    Kept(
        "Arrays",
        "in a cookie, not exploded",
        parameter(items(), where="cookie", explode=False),
        [
            Sent("/p", {"a": ["x", "y"]}, headers={"Cookie": "a=x,y"}),
        ],
    ),
    Kept(
        "Arrays",
        "enum, format and bounds of the items, default",
        parameter({"type": "array", "items": {"type": "string", "format": "date"}, "default": []}),
        [
            Sent("/p?a=2026-12-01", {"a": ["2026-12-01"]}),
            Sent("/p", {"a": []}),
            Sent("/p?a=2026-02-30", fault="a/0: Must be a date"),
        ],
    ),
]
