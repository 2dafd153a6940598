"""What a handler may answer."""

from typing import Any

from tests.compiled.construct import (
    LONG,
    OK,
    STRING,
    Kept,
    Operation,
    Refused,
    Sent,
    parameter,
)


def answers(**responses: Any) -> Operation:
    return {"responses": {name.lstrip("_"): response for name, response in responses.items()}}


def of_type(*media_types: str) -> dict[str, Any]:
    return {**OK, "content": {media_type: {} for media_type in media_types}}


ANSWERS: list[Kept | Refused] = [
    Kept(
        "Answers",
        "the first 2xx, where a handler names none",
        answers(_201=of_type("application/json"), _202=OK),
        [Sent("/p", status=201, answer=b"{}")],
        method="post",
    ),
    Kept(
        "Answers",
        "2XX and default: 200",
        answers(_2XX=of_type("application/json")),
        [Sent("/p", status=200, answer=b"{}")],
    ),
    Kept(
        "Answers",
        "nothing (204)",
        answers(_204=OK),
        [Sent("/p", status=204, answer=b"")],
        handler="nothing",
    ),
    Kept(
        "Answers",
        "nothing, where there could be a body: its length is 0",
        answers(_202=OK),
        [Sent("/p", status=202, answer=b"", answered={"Content-Length": "0"})],
        handler="nothing",
    ),
    Kept(
        "Answers",
        "a status, headers and a media type that the handler chooses",
        answers(
            _200=of_type("application/json"), _202=of_type("application/json", "application/a+json")
        ),
        [
            Sent(
                "/p",
                status=202,
                answer=b"[1]",
                answered={"X-A": "b", "Content-Type": "application/a+json"},
            )
        ],
        handler="chosen",
    ),
    Kept(
        "Answers",
        "headers, without an ETag",
        answers(_200=of_type("application/json")),
        [Sent("/p", status=200, answer=b"{}", answered={"X-A": "b"})],
        handler="with_header",
    ),
    Kept(
        "Answers",
        "text",
        answers(_200=of_type("text/plain")),
        [
            Sent(
                "/p",
                status=200,
                answer="Grüße".encode(),
                answered={"Content-Type": "text/plain; charset=utf-8"},
            )
        ],
        handler="text",
    ),
    Kept(
        "Answers",
        "bytes",
        answers(_200=of_type("image/png")),
        [Sent("/p", status=200, answer=b"\x89PNG", answered={"Content-Type": "image/png"})],
        handler="image",
    ),
    Kept(
        "Answers",
        "an ETag of the content and 304, where the contract has both and If-None-Match",
        {
            **answers(
                _200={**of_type("application/json"), "headers": {"ETag": {"schema": STRING}}},
                _304=OK,
            ),
            **parameter(STRING, "If-None-Match", "header"),
        },
        [
            Sent("/p", status=200, answer=b"[1]"),
            Sent("/p", status=304, headers={"If-None-Match": "*"}, answer=b""),
        ],
        handler="list_of_one",
    ),
    Kept(
        "Answers",
        "integers over 64 bits",
        answers(_200=of_type("application/json")),
        [Sent("/p", status=200, answer=str(LONG).encode())],
        handler="long",
    ),
]
