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
  due_date: string | null;
  priority: string;
  tags: string[];
  completed_at: string | null;
}

/** What the tasks of the story are made with. */
export interface NewTask {
  title: string;
  due_date?: string | null;
  priority?: "none" | "low" | "medium" | "high" | "urgent";
  tags?: string[];
}

export type Changes = Partial<NewTask>;

/** What a list is asked for, as far as it has the same name in every client. */
export interface Query {
  limit?: number;
  cursor?: string;
  tag?: string[];
  sort?: "due_date";
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
  create(task: NewTask): Promise<Answer<Task>>;
  list(query: Query): Promise<Answer<Page>>;
  get(id: number, ifNoneMatch: string): Promise<Answer<Task>>;
  patch(id: number, changes: Changes, ifMatch: string): Promise<Answer<Task>>;
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

const NEW: NewTask[] = [
  { title: "Buy milk" },
  { title: "Water the plants", due_date: "2026-12-01", priority: "low", tags: ["home", "garden"] },
  {
    title: "Call home",
    due_date: "2026-12-01T09:30",
    priority: "urgent",
    tags: ["phone", "home", "a, b & c"], // neither sorted nor without what a query has to encode
  },
];
const NOTHING = { due_date: null, priority: "none", tags: [] } as const;

/** Create three tasks, list them, change one, be refused, clear what it had, and delete it. */
export async function tell(client: Client): Promise<void> {
  const created = [];
  for (const task of NEW) created.push(data(201, await client.create(task)));
  assert.deepEqual(created.map(asked), NEW.map((task) => ({ ...NOTHING, ...task })));
  assert.deepEqual(await listed(client, 2), created.reverse());

  const [home, plants] = created;
  assert(home && plants);
  assert.equal(home.user_id, user);
  assert.deepEqual(JSON.parse(JSON.stringify(home)), home);
  assert.deepEqual(await found(client, ["home"]), [home, plants]);
  assert.deepEqual(await found(client, ["home", "a, b & c"]), [home]);
  await change(client, home);
}

function asked({ title, due_date, priority, tags }: Task) {
  return { title, due_date, priority, tags };
}

async function listed(client: Client, limit: number): Promise<Task[]> {
  const tasks = [];
  let query: Query = { limit };
  for (;;) {
    const page = data(200, await client.list(query));
    assert.equal(page.count, page.tasks.length);
    tasks.push(...page.tasks);
    if (page.next_cursor === null) return tasks;
    query = { limit, cursor: page.next_cursor };
  }
}

/** Return the tasks that have all the tags, the soonest due first. */
async function found(client: Client, tag: string[]): Promise<Task[]> {
  return data(200, await client.list({ tag, sort: "due_date" })).tasks;
}

async function change(client: Client, task: Task): Promise<void> {
  const [before, after] = [etag(task, 0), etag(task, 1)];
  const changed = data(200, await client.patch(task.id, { title: "Call mum" }, before));
  const { version, updated_at } = changed;
  assert.deepEqual(changed, { ...task, title: "Call mum", version, updated_at });
  assert.equal(version, task.version + 1);

  const stale = await client.patch(task.id, { title: "Call dad" }, before);
  assert.deepEqual([stale.status, stale.problem?.status], [412, 412]);
  assert.equal(stale.problem?.error_code, "PRECONDITION_FAILED");
  assert.match(stale.problem.detail, /If-Match/);

  assert.equal((await client.get(task.id, after)).status, 304);
  assert.deepEqual(data(200, await client.get(task.id, before)), changed);
  const cleared = data(200, await client.patch(task.id, { ...NOTHING, tags: [] }, after));
  assert.deepEqual(asked(cleared), { title: "Call mum", ...NOTHING });
  assert.equal((await client.remove(task.id, etag(task, 2))).status, 204);
  assert.equal((await client.get(task.id, after)).problem?.error_code, "NOT_FOUND");
}

function etag(task: Task, changes: number): string {
  return `"${task.version + changes}"`;
}

function data<Data>(status: number, answer: Answer<Data>): Data {
  assert.deepEqual([answer.status, answer.problem], [status, undefined]);
  assert(answer.data !== undefined);
  return answer.data;
}
