import { defineConfig } from "orval";

export default defineConfig({
  hooks: {
    input: "openapi.yaml",
    output: {
      target: "generated/todo.ts",
      client: "react-query",
      httpClient: "fetch",
      mode: "split",
      headers: true, // else If-Match and the like are no arguments
      mock: { type: "msw", useExamples: true, delay: 0 }, // else values that break the patterns
      override: { mutator: { path: "client.ts", name: "send" } },
    },
  },
  schemas: {
    input: "openapi.yaml",
    output: { target: "generated/todo.zod.ts", client: "zod" },
  },
});
