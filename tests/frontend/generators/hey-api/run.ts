import "./client";
import { createTask, deleteTask, getTask, listTasks, patchTask } from "./generated";
import { tell, user } from "../story";

interface Fields<Data, Problem> {
  data?: Data;
  error?: Problem;
  response?: Response;
}

function answer<Data, Problem>({ data, error, response }: Fields<Data, Problem>) {
  return { status: response?.status, data, problem: error };
}

const path = (task_id: number) => ({ user_id: user, task_id });

await tell({
  create: async (body) => answer(await createTask({ path: { user_id: user }, body })),
  list: async (query) => answer(await listTasks({ path: { user_id: user }, query })),
  get: async (id, etag) =>
    answer(await getTask({ path: path(id), headers: { "If-None-Match": etag } })),
  patch: async (id, body, etag) =>
    answer(await patchTask({ path: path(id), body, headers: { "If-Match": etag } })),
  remove: async (id, etag) =>
    answer(await deleteTask({ path: path(id), headers: { "If-Match": etag } })),
});
