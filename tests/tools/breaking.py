"""Changes that break a client, each of them planted into the real contract."""

from tests.tools.edits import (
    COOKIE,
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
    rename_schema,
    several,
)

NARROWER = r"^([^\x00-\x1F\x7F-\x9F./][^\x00-\x1F\x7F-\x9F]*)$"
ORDER_NAMES = f"{SCHEMAS}/TaskOrder/x-enum-varnames"

BREAKING = [
    Change("a path is removed", drop(ITEM)),
    Change("a path is renamed", rename(ITEM, "/api/{user_id}/todos/{task_id}")),
    Change("a variable of a path is renamed", rename(LIST, "/api/{user}/tasks")),
    Change("an operation is removed", drop(f"{ITEM}/delete")),
    Change("an operation gets another method", rename(f"{ITEM}/put", "post")),
    Change("an operationId is renamed", put(f"{ITEM}/get/operationId", "read_task")),
    Change("a tag is renamed", put(f"{ITEM}/get/tags", ["tasks"])),
    Change("a tag gets another before it", put(f"{ITEM}/get/tags", ["Items", "Tasks"])),
    Change("a tag is removed", drop(f"{ITEM}/get/tags")),
    Change("a schema is renamed", rename_schema("TaskCreate", "NewTask")),
    Change("a schema that only others use is renamed", rename_schema("FieldError", "Fault")),
    Change("a schema gets a title of another name", put(f"{SCHEMAS}/TaskCreate/title", "NewTask")),
    Change(
        "a header parameter changes its case", put(f"{PARAMETERS}/IfMatchHeader/name", "if-match")
    ),
    Change("a parameter is removed", drop(f"{LIST}/get/parameters/1")),
    Change(
        "a parameter is renamed",
        put(f"{PARAMETERS}/SearchQuery/name", "search"),
        seen_at=f"{LIST}/get/parameters/1",
    ),
    Change(
        "a parameter moves into the header",
        put(f"{PARAMETERS}/SearchQuery/in", "header"),
        seen_at=f"{LIST}/get/parameters/1",
    ),
    Change("a parameter becomes required", put(f"{PARAMETERS}/IfMatchHeader/required", True)),
    Change(
        "a parameter is new and required",
        append(f"{LIST}/get/parameters", TAG | {"required": True}),
        seen_at=f"{LIST}/get/parameters/11",
    ),
    Change(
        "a path gets a new required parameter",
        append(f"{LIST}/parameters", TAG | {"required": True}),
        seen_at=f"{LIST}/parameters/1",
    ),
    Change("a parameter's enum is narrowed", put(f"{SCHEMAS}/TaskOrder/enum", ["-created_at"])),
    Change("what a list must not be changes", drop(f"{SCHEMAS}/Tags/not")),
    Change("a parameter's maximum is lowered", put(f"{PARAMETERS}/LimitQuery/schema/maximum", 100)),
    Change("a parameter's minimum is raised", put(f"{PARAMETERS}/LimitQuery/schema/minimum", 10)),
    Change("a parameter gets a minLength", put(f"{SCHEMAS}/EntityTags/minLength", 3)),
    Change(
        "a parameter's pattern changes", put(f"{PARAMETERS}/CursorQuery/schema/pattern", "^[a-z]+$")
    ),
    Change(
        "a parameter's pattern leaves a character out",
        put(f"{SCHEMAS}/UserId/pattern", NARROWER),
    ),
    Change(
        "a parameter's pattern is nothing that can be compared",
        put(f"{PARAMETERS}/CursorQuery/schema/pattern", r"^(?=\w)[A-Za-z0-9_-]+$"),
    ),
    Change(
        "a member of an enum is renamed",
        put(ORDER_NAMES, ["LATEST_FIRST", *ORDER["x-enum-varnames"][1:]]),
    ),
    Change(
        "the members of an enum have no names any more",
        drop(ORDER_NAMES),
    ),
    Change(
        "the names of an enum's members are exchanged",
        put(ORDER_NAMES, ORDER["x-enum-varnames"][::-1]),
    ),
    Change("a parameter's default changes", put(f"{PARAMETERS}/LimitQuery/schema/default", 100)),
    Change("a parameter's type changes", put(f"{PARAMETERS}/CompleteQuery/schema/type", "string")),
    Change("a parameter may have fewer digits", put(f"{SCHEMAS}/TaskId/format", "int32")),
    Change(
        "a parameter gets a format", put(f"{PARAMETERS}/IdempotencyKeyHeader/schema/format", "uuid")
    ),
    Change(
        "a parameter is written otherwise", put(f"{PARAMETERS}/SortQuery/style", "spaceDelimited")
    ),
    Change("a parameter is exploded no more", put(f"{PARAMETERS}/SearchQuery/explode", False)),
    Change(
        "a request body becomes required",
        put(f"{LIST}/post/requestBody/required", False),
        backwards=True,
    ),
    Change("a request body is new and required", drop(f"{LIST}/post/requestBody"), backwards=True),
    Change("a request body is no longer taken", drop(f"{LIST}/post/requestBody")),
    Change(
        "a media type of a request is removed",
        drop(f"{ITEM}/patch/requestBody/content/application~1merge-patch+json"),
    ),
    Change(
        "a property of a request becomes required",
        put(f"{SCHEMAS}/TaskCreate/required", ["title", "description"]),
    ),
    Change(
        "a property of a request is new and required",
        several(
            append(f"{SCHEMAS}/TaskCreate/required", "due"),
            put(f"{SCHEMAS}/TaskCreate/properties/due", DUE),
        ),
    ),
    Change(
        "a property of a request is removed", drop(f"{SCHEMAS}/TaskCreate/properties/description")
    ),
    Change(
        "a property of a request is renamed",
        rename(f"{SCHEMAS}/TaskPatch/properties/complete", "done"),
    ),
    Change("a request takes fewer characters", put(f"{SCHEMAS}/Title/maxLength", 100)),
    Change("a request takes no null any more", drop(f"{SCHEMAS}/Description/nullable")),
    Change(
        "a property of a request changes its type",
        put(f"{SCHEMAS}/TaskUpdate/properties/complete", {"type": "integer"}),
        seen_at=f"{SCHEMAS}/TaskUpdate/properties/complete/type",
    ),
    Change("a request needs more properties", put(f"{SCHEMAS}/TaskPatch/minProperties", 2)),
    Change(
        "a request takes no other properties any more",
        drop(f"{SCHEMAS}/TaskCreate/additionalProperties"),
        backwards=True,
    ),
    Change("a success status is removed", drop(f"{ITEM}/delete/responses/204")),
    Change("a success status changes", rename(f"{LIST}/post/responses/201", "200")),
    Change("an error status is removed", drop(f"{ITEM}/put/responses/412")),
    Change("a success status is new", put(f"{LIST}/post/responses/202", {"description": "Later."})),
    Change(
        "a media type of a response changes",
        rename(f"{ITEM}/get/responses/200/content/application~1json", "application/hal+json"),
    ),
    Change(
        "a response loses its body",
        drop(f"{ITEM}/get/responses/200/content"),
        seen_at=f"{ITEM}/get/responses/200/content/application~1json",
    ),
    Change(
        "a header of a response is removed", drop(f"{LIST}/post/responses/201/headers/Location")
    ),
    Change("a header of a response is no longer required", put(f"{HEADERS}/ETag/required", False)),
    Change(
        "a header of a response may be longer", put(f"{HEADERS}/Location/schema/maxLength", 5000)
    ),
    Change("a property of a response is removed", drop(f"{TASK}/properties/version")),
    Change(
        "an optional property of a response is removed",
        drop(f"{SCHEMAS}/Problem/properties/errors"),
    ),
    Change(
        "a property of a response is no longer required",
        put(f"{SCHEMAS}/TaskListResponse/required", ["tasks", "count"]),
    ),
    Change("a property of a response changes its type", put(f"{SCHEMAS}/Version/type", "string")),
    Change(
        "a property of a response changes its format",
        put(f"{TASK}/properties/created_at/format", "date"),
    ),
    Change(
        "a number of a response may have more digits",
        put(f"{SCHEMAS}/TaskListResponse/properties/count/format", "int64"),
    ),
    Change("a property of a response loses its pattern", drop(f"{SCHEMAS}/NextCursor/pattern")),
    Change(
        "a number of a response is no longer an integer",
        put(f"{SCHEMAS}/TaskListResponse/properties/count/type", "number"),
    ),
    Change(
        "a response may hold a new enum value",
        append(f"{SCHEMAS}/ErrorCode/enum", "CONFLICT"),
    ),
    Change(
        "a response's enum becomes any string",
        drop(f"{SCHEMAS}/ErrorCode/enum"),
    ),
    Change(
        "a response may be longer",
        put(f"{SCHEMAS}/TaskListResponse/properties/tasks/maxItems", 2000),
    ),
    Change(
        "a response loses its maximum", drop(f"{SCHEMAS}/TaskListResponse/properties/count/maximum")
    ),
    Change("a number of a response may be less", put(f"{SCHEMAS}/Version/minimum", 0)),
    Change("a response may hold null", put(f"{SCHEMAS}/UserId/nullable", True)),
    Change(
        "an item of a response's array changes", put(f"{SCHEMAS}/FieldError/required", ["detail"])
    ),
    Change("what both directions share is widened", put(f"{SCHEMAS}/Title/maxLength", 500)),
    Change("security is added", put("/security", []), backwards=True),
    Change(
        "an operation asks for another scheme",
        several(
            put(f"{ITEM}/delete/security", [{"session": []}]),
            put("/components/securitySchemes/session", COOKIE),
        ),
    ),
    Change("a scope is asked for", put("/security", [{"bearerAuth": ["tasks"]}])),
    Change(
        "a security scheme changes",
        put("/components/securitySchemes/bearerAuth/scheme", "basic"),
        seen_at="/components/securitySchemes/bearerAuth",
    ),
    Change("a server changes its address", put("/servers/0/url", "/v2"), seen_at="/servers"),
]
