import { configureStore } from "@reduxjs/toolkit";
import { todo } from "./generated";
import { tell, user } from "../story";
import type { Answer, Problem } from "../story";

const store = configureStore({
  reducer: { [todo.reducerPath]: todo.reducer },
  middleware: (defaults) => defaults().concat(todo.middleware),
});
const { createTask, deleteTask, getTask, listTasks, patchTask } = todo.endpoints;

type Failure = { status: number; data: Problem | null } | { name?: string; message?: string };

/** Give what came the status that it had; of a success RTK keeps the data only. */
function answer<Data>(
  status: number,
  came: { data?: Data; error?: Failure | undefined },
): Answer<Data> {
  if (!came.error) return { status, data: came.data };
  if (!("data" in came.error)) throw came.error;
  return { status: came.error.status, problem: came.error.data ?? undefined };
}

const fresh = { forceRefetch: true, subscribe: false };

await tell({
  create: async (taskCreate) =>
    answer(201, await store.dispatch(createTask.initiate({ userId: user, taskCreate }))),
  list: async (query) =>
    answer(200, await store.dispatch(listTasks.initiate({ userId: user, ...query }, fresh))),
  get: async (taskId, etag) => {
    const asked = { userId: user, taskId, "If-None-Match": etag };
    return answer(200, await store.dispatch(getTask.initiate(asked, fresh)));
  },
  patch: async (taskId, taskPatch, etag) => {
    const asked = { userId: user, taskId, taskPatch, "If-Match": etag };
    return answer(200, await store.dispatch(patchTask.initiate(asked)));
  },
  remove: async (taskId, etag) => {
    const asked = { userId: user, taskId, "If-Match": etag };
    return answer(204, await store.dispatch(deleteTask.initiate(asked)));
  },
});

store.dispatch(todo.util.resetApiState()); // else it keeps what it has for a minute
