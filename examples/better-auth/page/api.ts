import createClient, { type Middleware } from "openapi-fetch";
import { config } from "./config.js";
import { ApiError, reach, Unexplained, type Problem } from "./failures.js";
import type { Query } from "./query.js";
import type { components, paths } from "./schema.js";
import { renewToken, token } from "./token.js";

export type Task = components["schemas"]["TaskResponse"];
export type Changes = components["schemas"]["TaskPatch"];
export type Draft = components["schemas"]["TaskCreate"];
export type Page = components["schemas"]["TaskListResponse"];

const again = new WeakMap<Request, Request>();

/** Sends the token with each request, and once more with a new one where it had expired. */
const withToken: Middleware = {
  async onRequest({ request }) {
    authorise(request, await token());
    again.set(request, request.clone());
    return request;
  },
  async onResponse({ request, response, options }) {
    const copy = again.get(request);
    if (response.status !== 401 || !copy) return response;
    authorise(copy, await renewToken());
    return options.fetch(copy);
  },
};

function authorise(request: Request, jwt: string): void {
  request.headers.set("Authorization", `Bearer ${jwt}`);
}

const client = createClient<paths>({ baseUrl: config.api, fetch: reach });
client.use(withToken);

const PAGE = 50; // tasks, of at most 1000
const collection = "/api/{user_id}/tasks";
const item = "/api/{user_id}/tasks/{task_id}";

/** Return a page of a user's tasks that a query finds; `cursor` is of the one before. */
export async function taskPage(
  user_id: string,
  query: Query,
  signal: AbortSignal,
): Promise<Page> {
  const params = { path: { user_id }, query: { ...query, limit: PAGE } };
  const answer = await client.GET(collection, { params, signal });
  signal.throwIfAborted(); // it may have come whole before it was aborted
  return got(answer);
}

/** Create a task, once however often it is sent with the same key. */
export async function createTask(user_id: string, key: string, body: Draft): Promise<Task> {
  const params = { path: { user_id }, header: { "Idempotency-Key": key } };
  return got(await client.POST(collection, { params, body }));
}

export async function getTask(task: Task): Promise<Task> {
  return got(await client.GET(item, { params: { path: path(task) } }));
}

/** Change a task unless it has changed since it was read. */
export async function changeTask(task: Task, body: Changes): Promise<Task> {
  return got(await client.PATCH(item, { params: onlyIfUnchanged(task), body }));
}

/** Delete a task unless it has changed since it was read. */
export async function deleteTask(task: Task): Promise<void> {
  got(await client.DELETE(item, { params: onlyIfUnchanged(task) }));
}

const path = ({ user_id, id }: Task) => ({ user_id, task_id: id });

const onlyIfUnchanged = (task: Task) => ({
  path: path(task),
  header: { "If-Match": `"${task.version}"` },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return what the API sent. Only the status says whether it did: a proxy's 502 may have no body. */
function got<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  throw isProblem(error) ? new ApiError(error) : new Unexplained(response.status);
}

const isProblem = (content: unknown): content is Problem =>
  typeof (content as Partial<Problem> | null | undefined)?.error_code === "string";
