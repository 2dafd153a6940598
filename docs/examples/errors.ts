// What a client does with a problem document.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

const api = createClient<paths>({
  baseUrl: process.env["API"] ?? "http://localhost:8000",
});
const headers = { Authorization: `Bearer ${process.env["TOKEN"]}` };
const path = { user_id: "alice" };

// start of explain
type Problem = components["schemas"]["Problem"];

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
  params: { path },
  headers,
  body: { title: "Buy milk ".repeat(30) },
});
if (error) console.log(explain(error));
// end of explain

const anonymous = await api.GET("/api/{user_id}/tasks", { params: { path } });
if (anonymous.error) console.log(explain(anonymous.error));

const missing = await api.GET("/api/{user_id}/tasks/{task_id}", {
  params: { path: { ...path, task_id: 1 } },
  headers,
});
if (missing.error) console.log(explain(missing.error));
