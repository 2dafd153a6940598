/** One story, told through every client that a generator makes of the contract. */

import assert from "node:assert/strict";

export interface Task {
  id: number;
  user_id: string;
  title: string;
  description: string | null;
  complete: boolean;
  version: number;
  created_at: string;
  updated_at: string;
}

export interface Page {
  tasks: Task[];
  count: number;
  next_cursor: string | null;
}

export interface Problem {
  status: number;
  detail: string;
  error_code: string;
}

/** What came: the data, or the problem, as the generated types have it. */
export interface Answer<Data> {
  status: number | undefined;
  data?: Data | undefined;
  problem?: Problem | undefined;
}

/** What each generated client is asked to do. */
export interface Client {
  create(title: string): Promise<Answer<Task>>;
  list(limit: number, cursor: string | undefined): Promise<Answer<Page>>;
  get(id: number, ifNoneMatch: string): Promise<Answer<Task>>;
  patch(id: number, title: string, ifMatch: string): Promise<Answer<Task>>;
  remove(id: number, ifMatch: string): Promise<Answer<unknown>>;
}

export const url = given("TODO_API_URL");
export const user = given("TODO_API_USER");
export const token = given("TODO_API_TOKEN");

function given(variable: string): string {
  const value = process.env[variable];
  assert(value, `${variable} is not set`);
  return value;
}

/** Create three tasks, page through them, change one, be refused, and delete one. */
export async function tell(client: Client): Promise<void> {
  const created = [];
  for (const title of ["Buy milk", "Water the plants", "Call home"]) {
    created.push(data(201, await client.create(title)));
  }
  assert.deepEqual(await listed(client, 2), created.reverse());

  const task = created[0];
  assert(task);
  assert.equal(task.user_id, user);
  assert.deepEqual(JSON.parse(JSON.stringify(task)), task);
  await change(client, task);
}

async function listed(client: Client, limit: number): Promise<Task[]> {
  const tasks = [];
  let cursor: string | undefined;
  for (;;) {
    const page = data(200, await client.list(limit, cursor));
    assert.equal(page.count, page.tasks.length);
    tasks.push(...page.tasks);
    if (page.next_cursor === null) return tasks;
    cursor = page.next_cursor;
  }
}

async function change(client: Client, task: Task): Promise<void> {
  const [before, after] = [`"${task.version}"`, `"${task.version + 1}"`];
  const changed = data(200, await client.patch(task.id, "Call mum", before));
  assert.deepEqual([changed.title, changed.version], ["Call mum", task.version + 1]);

  const stale = await client.patch(task.id, "Call dad", before);
  assert.deepEqual([stale.status, stale.problem?.status], [412, 412]);
  assert.equal(stale.problem?.error_code, "PRECONDITION_FAILED");
  assert.match(stale.problem.detail, /If-Match/);

  assert.equal((await client.get(task.id, after)).status, 304);
  assert.deepEqual(data(200, await client.get(task.id, before)), changed);
  assert.equal((await client.remove(task.id, after)).status, 204);
  assert.equal((await client.get(task.id, after)).problem?.error_code, "NOT_FOUND");
}

function data<Data>(status: number, answer: Answer<Data>): Data {
  assert.deepEqual([answer.status, answer.problem], [status, undefined]);
  assert(answer.data !== undefined);
  return answer.data;
}
