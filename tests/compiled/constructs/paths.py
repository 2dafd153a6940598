"""Paths, methods and the document itself."""

from tests.compiled.construct import (
    INTEGER,
    OK,
    STRING,
    Kept,
    Refused,
    Sent,
    parameter,
)

PATHS: list[Kept | Refused] = [
    Kept(
        "Paths and operations",
        "concrete paths before templates",
        {},
        [Sent("/p/mine", {})],
        path="/p/mine",
        others={
            "/p/{id}": {
                "get": {
                    "operationId": "other",
                    **parameter(STRING, "id", "path"),
                    "responses": {"200": OK},
                }
            }
        },
    ),
    Kept(
        "Paths and operations",
        "HEAD, wherever there is GET",
        {},
        [Sent("/p", status=200, answer=b"")],
        method="head",
    ),
    Kept(
        "Paths and operations",
        "dotted operationIds: a module for each tag",
        {},
        [Sent("/p", {})],
        handler="pets.echo",
    ),
    Kept(
        "Paths and operations",
        "$ref to parameters, bodies, responses and paths, with ~1 and %20",
        {"parameters": [{"$ref": "#/components/parameters/a~1b"}]},
        [Sent("/p?a=7", {"a": 7})],
        more={"components": {"parameters": {"a/b": parameter(INTEGER)["parameters"][0]}}},
    ),
    *(
        Refused(
            "Paths and operations",
            f"{method.upper()} operations",
            {},
            f"/p: {method.upper()} operations are not supported",
            item={method: {"operationId": "other", "responses": {"200": OK}}},
        )
        for method in ("head", "options", "trace")
    ),
    Refused(
        "Paths and operations",
        "an operation without operationId",
        {"operationId": None},
        "GET /p: has no operationId",
    ),
    Refused(
        "Paths and operations",
        "two operations of one operationId",
        {},
        "POST /p: operationId echo stands twice in the contract",
        item={"post": {"operationId": "echo", "responses": {"200": OK}}},
    ),
    Refused(
        "Paths and operations",
        "an operation without handler",
        {},
        "GET /p: operationId nowhere: no function nowhere",
        handler="nowhere",
    ),
    Refused(
        "Paths and operations",
        "a handler that takes other arguments",
        parameter(STRING),
        "GET /p: operationId strict: the handler: got an unexpected keyword argument 'a'",
        handler="strict",
    ),
    Refused(
        "Paths and operations",
        "a handler that is not async",
        {},
        "GET /p: operationId slow: the handler is not async",
        handler="slow",
    ),
    Refused(
        "Paths and operations",
        "two templates of one path",
        {"parameters": parameter(STRING, "a", "path")["parameters"]},
        "/p/{b}: is the same path as /p/{a}",
        path="/p/{a}",
        more={"paths": {"/p/{b}": {}}},
    ),
    Refused(
        "Paths and operations",
        "a name in the path that is no parameter",
        {},
        "GET /p/{a}: {a} of the path is no parameter",
        path="/p/{a}",
    ),
    Refused(
        "Paths and operations",
        "servers of a path or an operation",
        {"servers": [{"url": "/x"}]},
        "GET /p: servers is not supported",
    ),
    Refused(
        "Paths and operations",
        "servers with different paths",
        {},
        "servers with different paths are not supported",
        more={"servers": [{"url": "/a"}, {"url": "/b"}]},
    ),
    Refused(
        "Paths and operations", "callbacks", {"callbacks": {}}, "GET /p: callbacks is not supported"
    ),
    Refused(
        "Paths and operations",
        "$ref to another document, or to nothing",
        {"parameters": [{"$ref": "other.yaml#/x"}]},
        "GET /p: parameters/0: $ref other.yaml#/x leads nowhere in this document",
    ),
    Refused(
        "Paths and operations",
        "characters beyond ASCII, not percent-encoded",
        {},
        "/p/é: characters beyond ASCII have to be percent-encoded",
        path="/p/é",
    ),
]
