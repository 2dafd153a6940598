import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { client, created, data, etagOf, pathOf, TASK, TASKS, user_id } from "./session.js";

test("If-None-Match is answered with 304 until the task changes", async () => {
  const task = await created("Hold me");
  const path = pathOf(task);
  const params = { path, header: { "If-None-Match": etagOf(task) } };

  const held = await client.GET(TASK, { params });
  assert.equal(held.response.status, 304);
  assert(!held.data && !held.error);

  const changed = await data(client.PATCH(TASK, { params: { path }, body: { complete: true } }));
  assert.deepEqual(await data(client.GET(TASK, { params })), changed);
});

test("a list has an ETag of its own", async () => {
  const path = { user_id };
  const query = { q: "a badger that is not there" };
  const { response } = await client.GET(TASKS, { params: { path, query } });
  const header = { "If-None-Match": response.headers.get("ETag") ?? "none" };

  const held = await client.GET(TASKS, { params: { path, query, header } });
  assert.equal(held.response.status, 304);
});

test("If-Match keeps a change from overwriting another", async () => {
  const task = await created("Share me");
  const params = { path: pathOf(task), header: { "If-Match": etagOf(task) } };

  const first = await data(client.PATCH(TASK, { params, body: { title: "Mine" } }));
  const refusals = [
    await client.PATCH(TASK, { params, body: { title: "Yours" } }),
    await client.PUT(TASK, { params, body: { title: "Yours", complete: true } }),
    await client.DELETE(TASK, { params }),
  ];

  for (const { error, response } of refusals) {
    assert.deepEqual([response.status, error?.error_code], [412, "PRECONDITION_FAILED"]);
  }
  assert.deepEqual(await data(client.GET(TASK, { params: { path: pathOf(task) } })), first);
});

test("a request repeated with its Idempotency-Key creates nothing new", async () => {
  const params = { path: { user_id }, header: { "Idempotency-Key": randomUUID() } };
  const once = await data(client.POST(TASKS, { params, body: { title: "Only once" } }));

  assert.deepEqual(await data(client.POST(TASKS, { params, body: { title: "Only once" } })), once);
  const { error } = await client.POST(TASKS, { params, body: { title: "Another" } });
  assert.equal(error?.error_code, "IDEMPOTENCY_KEY_REUSED");
});
