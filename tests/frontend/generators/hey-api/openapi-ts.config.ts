import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  input: "openapi.yaml",
  output: "generated",
  parser: {
    patch: {
      schemas: (_name, schema) => {
        if (schema.format === "int64") delete schema.format; // else bigint, which JSON can't hold
      },
    },
  },
  plugins: [
    "@hey-api/client-fetch",
    { name: "@hey-api/typescript", enums: "javascript" }, // TaskOrder.NEWEST_FIRST
    { name: "@hey-api/sdk", validator: "zod" },
    "zod",
    "valibot",
  ],
});
