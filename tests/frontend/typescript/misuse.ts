/** What does not compile: the compiler complains of each expectation that no error follows. */

import type { Client, Problem, Task, TaskPatch } from "./client.js";
import { TASK, TASKS } from "./session.js";

declare const client: Client;
declare const task: Task;
declare const problem: Problem;

const list = { path: { user_id: "alice" } };
const item = { path: { user_id: "alice", task_id: 42 } };

// @ts-expect-error TS2353: a misspelt property beside good ones
client.POST(TASKS, { params: list, body: { title: "Buy milk", completed: true } });
// @ts-expect-error TS2561: a misspelt property that is required
client.POST(TASKS, { params: list, body: { titel: "Buy milk" } });
// @ts-expect-error TS2322: no title
client.POST(TASKS, { params: list, body: { description: "Two litres" } });
// @ts-expect-error TS2345: no body
client.POST(TASKS, { params: list });
// @ts-expect-error TS2322: a title of null
client.POST(TASKS, { params: list, body: { title: null } });

// @ts-expect-error TS2561: a misspelt property where all are optional
client.PATCH(TASK, { params: item, body: { completed: true } });
// @ts-expect-error TS2322: neither complete nor not
client.PATCH(TASK, { params: item, body: { complete: null } });
// @ts-expect-error TS2375: undefined, which JSON does not know
client.PATCH(TASK, { params: item, body: { description: undefined } });
// @ts-expect-error TS2353: what only the server sets
client.PATCH(TASK, { params: item, body: { complete: true, version: 2 } });
// @ts-expect-error TS2322: a replacement that is not whole
client.PUT(TASK, { params: item, body: { title: "Buy milk" } });

// @ts-expect-error TS2322: a priority that does not exist
client.PATCH(TASK, { params: item, body: { priority: "highest" } });
// @ts-expect-error TS2322: no priority at all, which is "none"
client.PATCH(TASK, { params: item, body: { priority: null } });
// @ts-expect-error TS2322: a tag without its list
client.PATCH(TASK, { params: item, body: { tags: "home" } });
// @ts-expect-error TS2353: what only the server knows
client.POST(TASKS, { params: list, body: { title: "Buy milk", completed_at: null } });

// @ts-expect-error TS2322: an instant, where a day is asked for
client.GET(TASKS, { params: { ...list, query: { due_to: new Date() } } });
// @ts-expect-error TS2322: an order that does not exist
client.GET(TASKS, { params: { ...list, query: { sort: "title" } } });
// @ts-expect-error TS2322: a number in quotes
client.GET(TASKS, { params: { ...list, query: { limit: "10" } } });
// @ts-expect-error TS2353: a parameter that does not exist
client.GET(TASKS, { params: { ...list, query: { limit: 10, offset: 20 } } });
// @ts-expect-error TS2353: a header that does not exist
client.DELETE(TASK, { params: { ...item, header: { "If-Macth": '"1"' } } });
// @ts-expect-error TS2353: a header of another operation
client.GET(TASK, { params: { ...item, header: { "If-Match": '"1"' } } });
// @ts-expect-error TS2322: a path parameter of the wrong type
client.GET(TASK, { params: { path: { user_id: "alice", task_id: "42" } } });
// @ts-expect-error TS2322: a path parameter too few
client.GET(TASK, { params: list });

// @ts-expect-error TS2345: a path that does not exist
client.GET("/api/{user_id}/task", { params: list });
// @ts-expect-error TS2345: a method that the path does not have
client.POST(TASK, { params: item, body: { title: "Buy milk" } });
// @ts-expect-error TS2345: nor this one
client.DELETE(TASKS, { params: list });

// @ts-expect-error TS2551: a property that does not exist
task.completed;
// @ts-expect-error TS18047: a description that may be null
task.description.length;
// @ts-expect-error TS18047: a due date that may be null
task.due_date.length;
// @ts-expect-error TS2322: an id that is no string
task.id = "42";
// @ts-expect-error TS2367: an error_code that does not exist
problem.error_code === "NOT_THERE";
// @ts-expect-error TS18048: errors that come with VALIDATION_ERROR only
problem.errors.length;
// @ts-expect-error TS2561: misspelt before it is sent
export const patch: TaskPatch = { descripton: null };
