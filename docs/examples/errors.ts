// What a client does with a problem document.
// start of setup
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});

type Problem = components["schemas"]["Problem"];
// end of setup

// start of explain
function explain(problem: Problem): string {
  switch (problem.error_code) {
    case "VALIDATION_ERROR": // beside the form's fields
      return (problem.errors ?? [])
        .map(({ pointer, detail }) => `${pointer}: ${detail}`)
        .join("\n");
    case "AUTH_MISSING":
    case "AUTH_INVALID":
      return "Please sign in again.";
    case "INTERNAL_ERROR": // support finds it in the log by its id
      return `${problem.detail} (${problem.request_id})`;
    default: // written for people to read
      return problem.detail;
  }
}

const { error } = await api.POST("/api/{user_id}/tasks", {
  params: { path: { user_id: "alice" } },
  body: { title: "Buy milk ".repeat(30) },
});
if (error) console.log(explain(error));
// end of explain

// start of fields
/** Return what is wrong by the name of the form's field: "title", not "/title". */
function fieldErrors(problem: Problem): Record<string, string> {
  const errors = problem.errors ?? [];
  return Object.fromEntries(
    errors.map(({ pointer, detail }) => [pointer.replace(/^\//, ""), detail]),
  );
}
// end of fields

if (error) console.log(fieldErrors(error)["title"]);

const anonymous = await api.GET("/api/{user_id}/tasks", {
  params: { path: { user_id: "alice" } },
  headers: { Authorization: null },
});
if (anonymous.error) console.log(explain(anonymous.error));

const missing = await api.GET("/api/{user_id}/tasks/{task_id}", {
  params: { path: { user_id: "alice", task_id: 1 } },
});
if (missing.error) console.log(explain(missing.error));
