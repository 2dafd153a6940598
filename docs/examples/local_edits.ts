// How an edit of alice's tasks is sent, whatever has happened to the task meanwhile.
// start of setup
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Task = components["schemas"]["TaskResponse"];
export type Create = components["schemas"]["TaskCreate"];
export type Patch = components["schemas"]["TaskPatch"];
export type Id = number | string; // a string until the task is created
export type Shown = Required<Patch> & { id: Id; version: number };
export const user = { user_id: "alice" };

export const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(10_000) }),
});

export class Offline extends Error {}

/** Return the answer; throw where the same request may succeed later. */
export async function send<T extends { response: Response }>(request: () => Promise<T>) {
  for (let attempt = 1; ; attempt++) {
    const answer = await request().catch((cause: unknown) => {
      throw new Offline("The line failed.", { cause });
    });
    const { status, headers } = answer.response;
    if ([429, 503].includes(status) && attempt < 5) {
      const seconds = Number(headers.get("Retry-After") ?? 1);
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    } else if (status >= 500 || [401, 403, 408, 429].includes(status)) {
      throw new Error(`The server answered ${status}.`);
    } else {
      return answer;
    }
  }
}
// end of setup

// start of merge
/** Return what is still to be sent, and the values of theirs that this overwrites. */
function merge(base: Shown, mine: Patch, theirs: Task): [wanted: Patch, overwritten: Patch] {
  const { tags } = mine;
  if (tags && !same(theirs.tags, base.tags)) {
    const kept = theirs.tags.filter((tag) => tags.includes(tag) || !base.tags.includes(tag));
    const added = tags.filter((tag) => !base.tags.includes(tag) && !theirs.tags.includes(tag));
    mine = { ...mine, tags: [...kept, ...added] };
  }
  const wanted = pick(mine, (name) => !same(mine[name], theirs[name]));
  const overwrites = (name: keyof Patch) => name !== "tags" && theirs[name] !== base[name];
  return [wanted, pick(theirs, (name) => name in wanted && overwrites(name))];
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

const pick = (from: Patch, wanted: (name: keyof Patch) => boolean): Patch =>
  Object.fromEntries(Object.entries(from).filter(([name]) => wanted(name as keyof Patch)));
// end of merge

// start of settle
export type Edit = { id: Id; base: Shown } & (
  | { kind: "create"; body: Create }
  | { kind: "change"; body: Patch }
  | { kind: "delete" }
);
export type Note = { reason: string; theirs?: Patch; detail?: string };
type Settled = [task: Task | null, note: Note | null];

/** Send an edit; return the task as it is now, and what a person should be told. */
export async function settle(edit: Edit, known: Task | undefined): Promise<Settled> {
  if (edit.kind === "delete") return remove(edit.base);
  if (edit.kind === "change")
    return change(edit.base, edit.body, known ?? (await latest(edit.id)));
  const header = { "Idempotency-Key": `${edit.id}` };
  const { data, error } = await send(() =>
    api.POST("/api/{user_id}/tasks", { params: { path: user, header }, body: edit.body }),
  );
  return data ? [data, null] : [null, refusal(error.detail)];
}

async function change(base: Shown, mine: Patch, theirs: Task | null): Promise<Settled> {
  while (theirs) {
    const [body, overwritten] = merge(base, mine, theirs);
    const note = isEmpty(overwritten) ? null : { reason: "overwritten", theirs: overwritten };
    if (isEmpty(body)) return [theirs, note];
    const params = atVersion(theirs);
    const { data, error, response } = await send(() =>
      api.PATCH("/api/{user_id}/tasks/{task_id}", { params, body }),
    );
    if (data) return [data, note];
    if (![404, 412].includes(response.status)) return [theirs, refusal(error.detail)];
    theirs = await latest(theirs.id);
  }
  return [null, { reason: "deleted elsewhere" }];
}

async function remove(base: Shown): Promise<Settled> {
  const { response, error } = await send(() =>
    api.DELETE("/api/{user_id}/tasks/{task_id}", { params: atVersion(base) }),
  );
  if (!error || response.status === 404) return [null, null];
  const theirs = await latest(base.id);
  if (response.status !== 412) return [theirs, refusal(error.detail)];
  return [theirs, theirs && { reason: "not deleted, as changed elsewhere" }];
}

async function latest(id: Id): Promise<Task | null> {
  const params = { path: { ...user, task_id: Number(id) } };
  const { data } = await send(() => api.GET("/api/{user_id}/tasks/{task_id}", { params }));
  return data ?? null;
}

const atVersion = ({ id, version }: Shown) => ({
  path: { ...user, task_id: Number(id) },
  header: { "If-Match": `"${version}"` },
});
const isEmpty = (body: Patch) => Object.keys(body).length === 0;
const refusal = (detail: string): Note => ({ reason: "refused", detail });
// end of settle
