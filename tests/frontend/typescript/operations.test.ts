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
