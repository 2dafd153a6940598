/** Who the tests are, and where their server is. */

import assert from "node:assert/strict";
import { connect, type Task } from "./client.js";

export const TASKS = "/api/{user_id}/tasks";
export const TASK = "/api/{user_id}/tasks/{task_id}";

export const url = given("TODO_API_URL");
export const user_id = given("TODO_API_USER");
export const client = connect(url, given("TODO_API_TOKEN"));

function given(variable: string): string {
  const value = process.env[variable];
  assert(value, `${variable} is not set`);
  return value;
}

/** Return the data of an answer, or fail with the problem that came instead. */
export async function data<Data>(
  answer: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await answer;
  assert(data !== undefined, `${response.status}: ${JSON.stringify(error)}`);
  return data;
}

/** Create a task of this title. */
export function created(title: string): Promise<Task> {
  return data(client.POST(TASKS, { params: { path: { user_id } }, body: { title } }));
}

/** Return the path of a task. */
export function pathOf(task: Task): { user_id: string; task_id: number } {
  return { user_id: task.user_id, task_id: task.id };
}

/** Return the ETag that a task out of any answer has. */
export function etagOf(task: Task): string {
  return `"${task.version}"`;
}
