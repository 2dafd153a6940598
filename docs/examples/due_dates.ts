// Due dates, priorities and tags with openapi-fetch; TOKEN is one of alice's.
// start of setup
import createClient from "openapi-fetch";
import type { operations, paths } from "./schema.js";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});

type Listing = NonNullable<operations["list_tasks"]["parameters"]["query"]>;

async function tasks(query: Listing) {
  const { data, error } = await api.GET("/api/{user_id}/tasks", {
    params: { path: { user_id: "alice" }, query },
  });
  if (error) throw new Error(error.detail);
  return data.tasks;
}
// end of setup

// start of create
const created = await api.POST("/api/{user_id}/tasks", {
  params: { path: { user_id: "alice" } },
  body: {
    title: "Call the dentist",
    due_date: "2026-12-01T09:30",
    priority: "urgent",
    tags: ["health", "phone"],
  },
});
console.log(created.data);
// end of create

// start of by_friday
console.log(await tasks({ due_to: "2026-11-27", complete: false, sort: "due_date" }));
// end of by_friday

// start of overdue
function dayOf(date: Date): string {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

const yesterday = new Date(2026, 10, 21); // new Date() on the person's own clock
yesterday.setDate(yesterday.getDate() - 1);
console.log(await tasks({ due_to: dayOf(yesterday), complete: false, sort: "due_date" }));
// end of overdue

// start of most_urgent
console.log(await tasks({ complete: false, min_priority: "high", sort: "-priority" }));
// end of most_urgent

// start of two_tags
console.log(await tasks({ tag: ["health", "phone"] }));
// end of two_tags

// start of undated
console.log(await tasks({ has_due_date: false, complete: false }));
// end of undated

// start of old_client
const replaced = await api.PUT("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 45 } },
  body: { title: "Call the dentist again", complete: false },
});
console.log(replaced.data);
// end of old_client

// start of rename_tag
for (const { id, version, tags } of await tasks({ tag: ["phone"], limit: 1000 })) {
  const renamed = tags.map((tag) => (tag === "phone" ? "calls" : tag));
  const { error } = await api.PATCH("/api/{user_id}/tasks/{task_id}", {
    params: {
      path: { user_id: "alice", task_id: id },
      header: { "If-Match": `"${version}"` },
    },
    body: { tags: [...new Set(renamed)] }, // none twice, where a task had both
  });
  if (error) throw new Error(error.detail);
}
// end of rename_tag

// start of clear
const cleared = await api.PATCH("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 45 } },
  body: { due_date: null, priority: "none", tags: [] },
});
console.log(cleared.data);
// end of clear
