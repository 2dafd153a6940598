// Task 42 is changed from two places; task 43 is created over a line that drops.
// start of setup
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});
const path = { user_id: "alice", task_id: 42 };
// end of setup

// start of revalidate
const { data, error, response } = await api.GET("/api/{user_id}/tasks/{task_id}", {
  params: { path, header: { "If-None-Match": '"1"' } },
});
console.log(response.status === 304 ? "what you hold is current" : data);
// end of revalidate

if (data || error) throw new Error("The page says that there is neither.");

// Meanwhile, on the phone:
await api.PATCH("/api/{user_id}/tasks/{task_id}", {
  params: { path, header: { "If-Match": '"1"' } },
  body: { complete: true },
});

// start of edit
const rename = (version: number) =>
  api.PATCH("/api/{user_id}/tasks/{task_id}", {
    params: { path, header: { "If-Match": `"${version}"` } },
    body: { title: "Buy oat milk" },
  });

let edited = await rename(1);
if (edited.error?.error_code === "PRECONDITION_FAILED") {
  const { data: now } = await api.GET("/api/{user_id}/tasks/{task_id}", {
    params: { path },
  });
  // Show the task as it is now, and let the person decide again.
  if (now) edited = await rename(now.version);
}
console.log(edited.data);
// end of edit

// start of retry
async function create(title: string) {
  const key = crypto.randomUUID(); // one for each new task, kept for its retries
  for (let attempt = 1; ; attempt++) {
    try {
      return await api.POST("/api/{user_id}/tasks", {
        params: {
          path: { user_id: "alice" },
          header: { "Idempotency-Key": key },
        },
        body: { title },
      });
    } catch (lost) {
      if (attempt === 3) throw lost;
    }
  }
}

console.log((await create("Call the bank")).data);
// end of retry
