import { api } from "./client";
import type { HttpResponse, Problem } from "./generated/Api";
import { tell, user } from "../story";

async function answer<Data>(sent: Promise<HttpResponse<Data, Problem>>) {
  const { ok, status, data, error } = await sent;
  return ok ? { status, data } : { status, problem: error };
}

const who = encodeURIComponent(user); // the generated paths hold it as it is

await tell({
  create: (title) => answer(api.createTask(who, { title })),
  list: (limit, cursor) => answer(api.listTasks(who, { limit, cursor })),
  get: (id, etag) => answer(api.getTask(who, id, { headers: { "If-None-Match": etag } })),
  patch: (id, title, etag) =>
    answer(api.patchTask(who, id, { title }, { headers: { "If-Match": etag } })),
  remove: (id, etag) => answer(api.deleteTask(who, id, { headers: { "If-Match": etag } })),
});
