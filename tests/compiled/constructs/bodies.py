"""Request bodies and their media types."""

from tests.compiled.construct import (
    INTEGER,
    STRING,
    Kept,
    Refused,
    Sent,
    body,
    json,
)

BODIES: list[Kept | Refused] = [
    Kept(
        "Bodies",
        "optional (required: false)",
        body(INTEGER, required=False),
        [
            Sent("/p", {"body": None}),
            json("7", 7),
            json('"x"', fault="type integer"),
        ],
        method="post",
    ),
    Kept("Bodies", "required", body(INTEGER), [Sent("/p", fault="Is required")], method="post"),
    Kept(
        "Bodies",
        "any +json",
        body(INTEGER, "application/vnd.pets+json"),
        [
            json("7", 7, media_type="application/vnd.pets+json; charset=utf-8"),
            Sent(
                "/p",
                None,
                "Send the body as application/vnd.pets+json",
                {"Content-Type": "application/json"},
                b"7",
                415,
            ),
        ],
        method="post",
    ),
    Kept(
        "Bodies",
        "415 to PATCH tells its media types, but ranges",
        {
            "requestBody": {
                "content": {
                    "application/merge-patch+json": {"schema": INTEGER},
                    "application/json": {"schema": INTEGER},
                    "*/*": {"schema": INTEGER},
                }
            }
        },
        [
            Sent(
                "/p",
                None,
                "Send the body",
                {"Content-Type": "text/plain"},
                b"7",
                415,
                answered={"Accept-Patch": "application/merge-patch+json, application/json"},
            )
        ],
        method="patch",
    ),
    Kept(
        "Bodies",
        "ranges: JSON in them",
        body(INTEGER, "application/*"),
        [
            json("7", 7),
            json("7", 7, media_type="application/pets+json"),
            Sent("/p", None, "Send the body", {"Content-Type": "application/xml"}, b"7", 415),
        ],
        method="post",
    ),
    Kept(
        "Bodies",
        "*/*: JSON of any name",
        body(INTEGER, "*/*"),
        [json("7", 7, media_type="image/x+json")],
        method="post",
    ),
    Kept(
        "Bodies",
        "capitals",
        body(INTEGER, "Application/JSON"),
        [json("7", 7, media_type="application/Json")],
        method="post",
    ),
    Kept(
        "Bodies",
        "several media types, each with its schema",
        {
            "requestBody": {
                "content": {
                    "application/json": {"schema": INTEGER},
                    "application/a+json": {"schema": STRING},
                }
            }
        },
        [
            json("7", 7),
            json('"x"', "x", media_type="application/a+json"),
            json('"x"', fault="type integer"),
        ],
        method="post",
    ),
    *(
        Refused(
            "Bodies",
            name,
            body(STRING, name),
            f"POST /p: requestBody/content/{name}: "
            "bodies of this media type are not supported, only JSON",
            method="post",
        )
        for name in (
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/octet-stream",
        )
    ),
    Refused(
        "Bodies",
        "encoding",
        {"requestBody": {"content": {"application/json": {"schema": STRING, "encoding": {}}}}},
        "POST /p: requestBody/content/application/json: encoding is not supported",
        method="post",
    ),
    Refused(
        "Bodies",
        "of GET and DELETE",
        body(STRING),
        "DELETE /p: requestBody of DELETE is not supported",
        method="delete",
    ),
    Refused(
        "Bodies",
        "a media type twice, written differently",
        {
            "requestBody": {
                "content": {"application/json": {}, "Application/JSON; charset=utf-8": {}}
            }
        },
        "POST /p: requestBody/content/Application/JSON; charset=utf-8: "
        "stands twice, written differently",
        method="post",
    ),
]
