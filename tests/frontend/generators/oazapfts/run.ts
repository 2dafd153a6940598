import "./client";
import { createTask, deleteTask, getTask, listTasks, patchTask } from "./generated";
import { tell, user } from "../story";

await tell({
  create: async (task) => {
    const came = await createTask(user, task);
    return came.status === 201 ? came : { status: came.status, problem: came.data };
  },
  list: async (query) => {
    const came = await listTasks(user, query);
    if (came.status === 304) return came;
    return came.status === 200 ? came : { status: came.status, problem: came.data };
  },
  get: async (id, ifNoneMatch) => {
    const came = await getTask(user, id, { ifNoneMatch });
    if (came.status === 304) return came;
    return came.status === 200 ? came : { status: came.status, problem: came.data };
  },
  patch: async (id, changes, ifMatch) => {
    const came = await patchTask(user, id, changes, { ifMatch });
    return came.status === 200 ? came : { status: came.status, problem: came.data };
  },
  remove: (id, ifMatch) => deleteTask(user, id, { ifMatch }),
});
