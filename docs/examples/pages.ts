// Every task, however many there are.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});

// start of every_task
import type { operations } from "./schema.js";

type Listing = NonNullable<operations["list_tasks"]["parameters"]["query"]>;

async function* everyTask(user_id: string) {
  const query: Listing = { limit: 100 };
  for (;;) {
    const { data, error } = await api.GET("/api/{user_id}/tasks", {
      params: { path: { user_id }, query },
    });
    if (error) throw new Error(error.detail);
    yield* data.tasks;
    if (data.next_cursor === null) return;
    query.cursor = data.next_cursor;
  }
}

for await (const { title } of everyTask("alice")) console.log(title);
// end of every_task
