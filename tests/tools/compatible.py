"""Changes that break no client: those that add something, and those of text alone."""

from tests.tools.edits import (
    DUE,
    HEADERS,
    ITEM,
    LIST,
    ORDER,
    PARAMETERS,
    SCHEMAS,
    TAG,
    TASK,
    Change,
    append,
    drop,
    put,
    rename,
    several,
)

COMPATIBLE = [
    Change(
        "a path is new",
        put("/paths/~1health", {"get": {"responses": {"204": {"description": "Up."}}}}),
    ),
    Change("an operation is new", drop(f"{ITEM}/delete"), backwards=True),
    Change(
        "a parameter is new and optional",
        append(f"{LIST}/get/parameters", TAG),
        seen_at=f"{LIST}/get/parameters/11",
    ),
    Change(
        "a parameter is no longer required",
        put(f"{PARAMETERS}/IfMatchHeader/required", True),
        backwards=True,
    ),
    Change("a parameter's enum is widened", append(f"{SCHEMAS}/TaskOrder/enum", "title")),
    Change("a parameter's maximum is raised", put(f"{PARAMETERS}/LimitQuery/schema/maximum", 5000)),
    Change("a parameter's minimum is lowered", put(f"{PARAMETERS}/LimitQuery/schema/minimum", 0)),
    Change(
        "a parameter's pattern takes more",
        put(f"{PARAMETERS}/CursorQuery/schema/pattern", "^[A-Za-z0-9._-]+$"),
    ),
    Change(
        "the members of an enum get names",
        drop(f"{SCHEMAS}/TaskOrder/x-enum-varnames"),
        backwards=True,
    ),
    Change("a parameter loses its pattern", drop(f"{PARAMETERS}/SearchQuery/schema/pattern")),
    Change("a parameter is deprecated", put(f"{PARAMETERS}/SearchQuery/deprecated", True)),
    Change("an operation is deprecated", put(f"{ITEM}/put/deprecated", True)),
    Change("a request body is no longer required", put(f"{LIST}/post/requestBody/required", False)),
    Change(
        "a media type of a request is new",
        drop(f"{ITEM}/patch/requestBody/content/application~1merge-patch+json"),
        backwards=True,
    ),
    Change(
        "a property of a request is new and optional",
        put(f"{SCHEMAS}/TaskCreate/properties/due", DUE),
    ),
    Change(
        "a property of a request is no longer required",
        put(f"{SCHEMAS}/TaskUpdate/required", ["title"]),
    ),
    Change(
        "a request takes other properties, too", drop(f"{SCHEMAS}/TaskCreate/additionalProperties")
    ),
    Change(
        "a request takes a number instead of an integer",
        put(f"{PARAMETERS}/LimitQuery/schema/type", "number"),
    ),
    Change("a property of a response is new", put(f"{TASK}/properties/due", DUE)),
    Change(
        "a property of a response is now required", append(f"{SCHEMAS}/Problem/required", "errors")
    ),
    Change("an error status is new", put(f"{ITEM}/put/responses/409", {"description": "Busy."})),
    Change(
        "a header of a response is new",
        drop(f"{LIST}/post/responses/201/headers/Location"),
        backwards=True,
    ),
    Change(
        "a response's enum is narrowed",
        drop(f"{SCHEMAS}/ErrorCode/enum/14"),
        seen_at=f"{SCHEMAS}/ErrorCode/enum",
    ),
    Change("a number of a response has fewer digits", put(f"{SCHEMAS}/Version/format", "int32")),
    Change(
        "a response holds less", put(f"{SCHEMAS}/TaskListResponse/properties/tasks/maxItems", 500)
    ),
    Change(
        "a response is never null any more",
        drop(f"{SCHEMAS}/NextCursor/nullable"),
    ),
    Change("security is taken away", put("/security", [])),
    Change("another scheme will do, too", put("/security", [{"bearerAuth": []}, {}])),
    Change("a server is new", append("/servers", {"url": "/v2"})),
]

TEXT = [
    Change("a description of the whole", put("/info/description", "Tasks.")),
    Change("a description of a property", put(f"{SCHEMAS}/Title/description", "What to do.")),
    Change("a summary", put(f"{ITEM}/get/summary", "Read task")),
    Change("an example of a property", put(f"{SCHEMAS}/Title/example", "Buy bread")),
    Change("an example of a response", put("/components/examples/NewTask/value/id", 43)),
    Change("a link", drop(f"{LIST}/post/responses/201/links/get_task")),
    Change(
        "the case of a header's name",
        rename(f"{LIST}/post/responses/201/headers/Location", "location"),
    ),
    Change("a further tag", append(f"{ITEM}/get/tags", "Items")),
    Change("a title of the name that the schema has", put(f"{TASK}/title", "TaskResponse")),
    Change(
        "a named schema instead of an enum in its place",
        several(put(f"{PARAMETERS}/SortQuery/schema", ORDER), drop(f"{SCHEMAS}/TaskOrder")),
        backwards=True,
        seen_at=f"{PARAMETERS}/SortQuery/schema/$ref",
    ),
    Change(
        "how a parameter is written by default",
        several(
            put(f"{PARAMETERS}/SearchQuery/style", "form"),
            put(f"{PARAMETERS}/SearchQuery/explode", True),
            put(f"{PARAMETERS}/SearchQuery/allowReserved", False),
        ),
    ),
    Change("how a header is sent by default", put(f"{PARAMETERS}/IfMatchHeader/style", "simple")),
    Change("how a header comes by default", put(f"{HEADERS}/ETag/explode", False)),
    Change("that others may come", put(f"{TASK}/additionalProperties", True)),
    Change("that any others may come", put(f"{TASK}/additionalProperties", {})),
    Change(
        "the order of an enum",
        several(
            put(f"{SCHEMAS}/TaskOrder/enum", ORDER["enum"][::-1]),
            put(f"{SCHEMAS}/TaskOrder/x-enum-varnames", ORDER["x-enum-varnames"][::-1]),
        ),
        seen_at=f"{SCHEMAS}/TaskOrder/enum",
    ),
    Change(
        "a pattern that is written otherwise",
        put(f"{SCHEMAS}/EntityTag/pattern", r'^"[\x21\u0023-\u007E]{1,}"$'),
    ),
    Change(
        "the order of parameters",
        several(
            drop(f"{LIST}/get/parameters/0"),
            append(f"{LIST}/get/parameters", {"$ref": "#/components/parameters/CompleteQuery"}),
        ),
        seen_at=f"{LIST}/get/parameters",
    ),
    Change("a component that nothing uses", put(f"{SCHEMAS}/Due", DUE)),
    Change("a default of what only a response holds", put(f"{SCHEMAS}/Version/default", 1)),
]
