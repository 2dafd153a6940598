import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listing, Task } from "./client.js";
import { client, created, data, etagOf, pathOf, TASK, TASKS, user_id } from "./session.js";

test("create_task answers with the task, its place and its ETag", async () => {
  const { data: task, response } = await client.POST(TASKS, {
    params: { path: { user_id } },
    body: { title: "Buy milk", description: "Two litres, whole" },
  });

  assert(task);
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("Location"), `/api/${user_id}/tasks/${task.id}`);
  assert.equal(response.headers.get("ETag"), etagOf(task));
  const { title, description, complete, version } = task;
  assert.deepEqual([title, description, complete, version], ["Buy milk", "Two litres, whole", false, 1]);
  assert.match(task.created_at, /^\d{4}-\d\d-\d\dT.*Z$/);
});

test("get_task answers with what was created", async () => {
  const task = await created("Water the plants");

  assert.deepEqual(await data(client.GET(TASK, { params: { path: pathOf(task) } })), task);
});

test("update_task replaces everything, and clears a description that is left out", async () => {
  const params = { path: pathOf(await created("Buy milk")) };

  const body = { title: "Buy oat milk", description: "One litre", complete: true };
  assert.equal((await data(client.PUT(TASK, { params, body }))).description, "One litre");
  const cleared = await data(client.PUT(TASK, { params, body: { title: "Buy tea", complete: false } }));

  assert.deepEqual([cleared.title, cleared.description, cleared.complete], ["Buy tea", null, false]);
  assert.equal(cleared.version, 3);
});

test("patch_task changes what is sent, as a merge patch too", async () => {
  const params = { path: pathOf(await created("Buy milk")) };

  const ticked = await data(client.PATCH(TASK, { params, body: { complete: true } }));
  const described = await data(
    client.PATCH(TASK, {
      params,
      body: { description: "Two litres" },
      headers: { "Content-Type": "application/merge-patch+json" },
    }),
  );

  assert.equal(ticked.complete, true);
  assert.deepEqual(described, {
    ...ticked,
    description: "Two litres",
    version: 3,
    updated_at: described.updated_at,
  });
});

test("due date, priority and tags are kept as they were sent, by a PUT without them too", async () => {
  const planned = { due_date: "2026-12-01T09:30", priority: "urgent", tags: ["phone", "home"] } as const;
  const body = { title: "Call home", ...planned, tags: [...planned.tags] };
  const task = await data(client.POST(TASKS, { params: { path: { user_id } }, body }));
  const params = { path: pathOf(task) };

  const replaced = await data(client.PUT(TASK, { params, body: { title: "Call mum", complete: true } }));
  const cleared = await data(
    client.PATCH(TASK, { params, body: { due_date: null, priority: "none", tags: [] } }),
  );

  for (const { due_date, priority, tags } of [task, replaced]) {
    assert.deepEqual({ due_date, priority, tags }, planned);
  }
  assert.deepEqual([task.completed_at, replaced.completed_at], [null, replaced.updated_at]);
  assert.deepEqual([cleared.due_date, cleared.priority, cleared.tags], [null, "none", []]);
});

test("list_tasks finds by days, priorities and all of the tags, in the order that is asked for", async () => {
  const tags = ["an otter", "by the river"];
  for (const [title, due_date, priority] of [
    ["The day", "2026-12-01", "low"],
    ["Its morning", "2026-12-01T09:30", "urgent"],
    ["The day after", "2026-12-02", "high"],
    ["Some day", null, "none"],
  ] as const) {
    const body = { title, due_date, priority, tags };
    await data(client.POST(TASKS, { params: { path: { user_id } }, body }));
  }

  const titles = async (query: Listing): Promise<string[]> => {
    const params = { path: { user_id }, query: { tag: tags, ...query } };
    return (await data(client.GET(TASKS, { params }))).tasks.map(({ title }) => title);
  };

  const dated = ["Its morning", "The day", "The day after"];
  assert.deepEqual(await titles({ sort: "due_date" }), [...dated, "Some day"]);
  assert.deepEqual(await titles({ sort: "due_date", has_due_date: true }), dated);
  const [morning, day, after] = dated;
  assert.deepEqual(await titles({ sort: "due_date", due_to: "2026-12-01" }), [morning, day]);
  assert.deepEqual(await titles({ due_from: "2026-12-02" }), [after]);
  assert.deepEqual(await titles({ sort: "-priority", min_priority: "high" }), [morning, after]);
  assert.deepEqual(await titles({ tag: [...tags, "An otter"] }), []);
});

test("delete_task has nothing to say, and the task is gone", async () => {
  const params = { path: pathOf(await created("Forget me")) };

  const { data: nothing, error, response } = await client.DELETE(TASK, { params });
  assert.deepEqual([nothing, error, response.status], [undefined, undefined, 204]);
  assert.equal((await client.GET(TASK, { params })).error?.error_code, "NOT_FOUND");
});

test("list_tasks leads through all pages by next_cursor", async () => {
  const wanted: Task[] = [];
  for (const ordinal of ["first", "second", "third", "fourth", "fifth"]) {
    wanted.push(await created(`A turtle, the ${ordinal}`));
  }

  const sizes: number[] = [];
  const found: Task[] = [];
  const query: Listing = { q: "TURTLE", sort: "created_at", limit: 2 };
  let cursor: string | null;
  do {
    const page = await data(client.GET(TASKS, { params: { path: { user_id }, query } }));
    sizes.push(page.count);
    found.push(...page.tasks);
    cursor = page.next_cursor;
    if (cursor) query.cursor = cursor;
  } while (cursor);

  assert.deepEqual(sizes, [2, 2, 1]);
  assert.deepEqual(found, wanted);
});

test("list_tasks finds only what is complete, or only what is not", async () => {
  const open = await created("A heron, open");
  const path = pathOf(await created("A heron, done"));
  const done = await data(client.PATCH(TASK, { params: { path }, body: { complete: true } }));

  const herons = async (complete: boolean): Promise<Task[]> => {
    const query = { q: "heron", complete };
    return (await data(client.GET(TASKS, { params: { path: { user_id }, query } }))).tasks;
  };

  assert.deepEqual([await herons(true), await herons(false)], [[done], [open]]);
});

test("HEAD answers with the headers of GET", async () => {
  const task = await created("Look twice");

  const { response } = await client.HEAD(TASK, { params: { path: pathOf(task) } });
  assert.deepEqual([response.status, response.headers.get("ETag")], [200, etagOf(task)]);
  assert.equal(await response.text(), "");
  const list = await client.HEAD(TASKS, { params: { path: { user_id } } });
  assert.equal(list.response.status, 200);
});
