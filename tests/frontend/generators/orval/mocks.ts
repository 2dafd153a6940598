/** What the generated handlers of MSW answer is what the generated schemas take. */

import assert from "node:assert/strict";
import { setupServer } from "msw/node";
import * as todo from "./generated/todo";
import { getTodoAPIMock } from "./generated/todo.msw";
import * as schemas from "./generated/todo.zod";

const server = setupServer(...getTodoAPIMock());
server.listen({ onUnhandledRequest: "error" });

const [user, id] = ["alice", 42];
const body = { title: "Buy milk" };
schemas.listTasksResponse.parse((await todo.listTasks(user)).data);
schemas.getTaskResponse.parse((await todo.createTask(user, body)).data);
schemas.getTaskResponse.parse((await todo.getTask(user, id)).data);
const whole = { ...body, complete: true };
schemas.updateTaskResponse.parse((await todo.updateTask(user, id, whole)).data);
schemas.patchTaskResponse.parse((await todo.patchTask(user, id, body)).data);
assert.equal((await todo.deleteTask(user, id)).status, 204);
server.close();
