import { api } from "./client";
import { Priority, TaskOrder } from "./generated/Api";
import type { HttpResponse, Problem } from "./generated/Api";
import { tell, user } from "../story";
import type { Changes } from "../story";

async function answer<Data>(sent: Promise<HttpResponse<Data, Problem>>) {
  const { ok, status, data, error } = await sent;
  return ok ? { status, data } : { status, problem: error };
}

/** Take the priority for a member of the generated enum, which no literal is. */
function enumerated<T extends Changes>({ priority, ...others }: T) {
  return priority ? { ...others, priority: priority as Priority } : others;
}

const who = encodeURIComponent(user); // the generated paths hold it as it is

await tell({
  create: (task) => answer(api.createTask(who, enumerated(task))),
  list: ({ sort, ...query }) =>
    answer(api.listTasks(who, { ...query, sort: sort && TaskOrder.DUE_FIRST })),
  get: (id, etag) => answer(api.getTask(who, id, { headers: { "If-None-Match": etag } })),
  patch: (id, changes, etag) =>
    answer(api.patchTask(who, id, enumerated(changes), { headers: { "If-Match": etag } })),
  remove: (id, etag) => answer(api.deleteTask(who, id, { headers: { "If-Match": etag } })),
});
