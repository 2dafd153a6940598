import { MutationObserver, QueryClient } from "@tanstack/react-query";
import type { MutationObserverOptions } from "@tanstack/react-query";
import * as todo from "./generated/todo";
import * as schemas from "./generated/todo.zod";
import { tell, user } from "../story";

const queries = new QueryClient();
const who = encodeURIComponent(user); // the generated paths hold it as it is

/** Do what `useMutation` does, outside React. */
function mutate<Data, Error, Variables>(
  options: MutationObserverOptions<Data, Error, Variables>,
  variables: Variables,
) {
  return new MutationObserver(queries, options).mutate(variables);
}

await tell({
  create: async (task) => {
    const data = schemas.createTaskBody.parse(task);
    const came = await mutate(todo.getCreateTaskMutationOptions(), { userId: who, data });
    return came.status === 201 ? came : { status: came.status, problem: came.data };
  },
  list: async (query) => {
    const came = await queries.fetchQuery(todo.getListTasksQueryOptions(who, query));
    if (came.status === 304) return { status: came.status };
    if (came.status !== 200) return { status: came.status, problem: came.data };
    return { status: came.status, data: schemas.listTasksResponse.parse(came.data) };
  },
  get: async (id, etag) => {
    const options = todo.getGetTaskQueryOptions(who, id, { "If-None-Match": etag });
    const came = await queries.fetchQuery(options);
    if (came.status === 304) return { status: came.status };
    if (came.status !== 200) return { status: came.status, problem: came.data };
    return { status: came.status, data: schemas.getTaskResponse.parse(came.data) };
  },
  patch: async (taskId, changes, etag) => {
    const data = schemas.patchTaskBody.parse(changes);
    const asked = { userId: who, taskId, data, headers: { "If-Match": etag } };
    const came = await mutate(todo.getPatchTaskMutationOptions(), asked);
    return came.status === 200 ? came : { status: came.status, problem: came.data };
  },
  remove: (taskId, etag) => {
    const asked = { userId: who, taskId, headers: { "If-Match": etag } };
    return mutate(todo.getDeleteTaskMutationOptions(), asked);
  },
});
