// The six operations with openapi-fetch; TOKEN is one of alice's.
// start of setup
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});
// end of setup

// start of create_task
const created = await api.POST("/api/{user_id}/tasks", {
  params: { path: { user_id: "alice" } },
  body: { title: "Buy milk", description: "Two litres, whole" },
});
console.log(created.data, created.response.headers.get("Location"));
// end of create_task

// start of list_tasks
const page = await api.GET("/api/{user_id}/tasks", {
  params: { path: { user_id: "alice" }, query: { limit: 2 } },
});
console.log(page.data?.tasks, page.data?.next_cursor);
// end of list_tasks

// start of get_task
const found = await api.GET("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 42 } },
});
console.log(found.data);
// end of get_task

// start of update_task
const replaced = await api.PUT("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 42 } },
  body: {
    title: "Buy oat milk",
    description: "One litre",
    complete: false,
    priority: "low",
    tags: ["errands"],
  },
});
console.log(replaced.data);
// end of update_task

// start of patch_task
const ticked = await api.PATCH("/api/{user_id}/tasks/{task_id}", {
  params: {
    path: { user_id: "alice", task_id: 42 },
    header: { "If-Match": '"2"' },
  },
  body: { complete: true },
});
console.log(ticked.data);
// end of patch_task

// start of delete_task
const deleted = await api.DELETE("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 42 } },
});
console.log(deleted.response.status);
// end of delete_task
