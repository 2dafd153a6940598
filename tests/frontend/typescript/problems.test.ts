import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type Problem } from "./client.js";
import { client, TASK, TASKS, url, user_id } from "./session.js";

/** Say what a page would show; the compiler knows every `error_code`. */
function advice(problem: Problem): string {
  switch (problem.error_code) {
    case "VALIDATION_ERROR":
      return (problem.errors ?? []).map(({ pointer }) => pointer).join(", ");
    case "AUTH_MISSING":
    case "AUTH_INVALID":
      return "Sign in again.";
    default:
      return problem.detail;
  }
}

test("a body that breaks its schema names every field that fails", async () => {
  const body = { title: "   ", description: "x".repeat(1001) };
  const { error, response } = await client.POST(TASKS, { params: { path: { user_id } }, body });

  assert(error);
  assert.equal(response.status, 422);
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.equal(response.headers.get("X-Request-ID"), error.request_id);
  assert.deepEqual(advice(error).split(", ").sort(), ["/description", "/title"]);
});

test("a parameter outside the contract is named", async () => {
  const params = { path: { user_id }, query: { limit: 0 } };
  const { error, response } = await client.GET(TASKS, { params });

  assert(error);
  assert.deepEqual([response.status, advice(error)], [400, "limit"]);
});

test("a token that does not hold sends to the sign-in", async () => {
  const { error, response } = await connect(url, "forged").GET(TASKS, { params: { path: { user_id } } });

  assert(error);
  assert.deepEqual([response.status, error.error_code], [401, "AUTH_INVALID"]);
  assert.match(response.headers.get("WWW-Authenticate") ?? "", /^Bearer error="invalid_token"/);
  assert.equal(advice(error), "Sign in again.");
});

test("another user's tasks are forbidden, and a task that is not there is not found", async () => {
  const theirs = await client.GET(TASKS, { params: { path: { user_id: "somebody-else" } } });
  const missing = await client.DELETE(TASK, { params: { path: { user_id, task_id: 9007199254740991 } } });

  const codes = [theirs, missing].map(({ error }) => error?.error_code);
  assert.deepEqual(codes, ["AUTH_FORBIDDEN", "NOT_FOUND"]);
  assert.equal(missing.error && advice(missing.error), "There is no such task.");
});
