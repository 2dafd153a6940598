import { betterAuth } from "better-auth";
import { PostgresDialect } from "kysely";
import pg from "pg";
import { tokens } from "./tokens.mjs";

export const origin = process.env.BETTER_AUTH_URL ?? "http://localhost:3000";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
pool.on("error", ({ message }) => console.error(message)); // an idle connection; others will be had

export const auth = betterAuth({
  baseURL: origin,
  secret: process.env.BETTER_AUTH_SECRET,
  // By schema and not by search_path, which a pooler such as Neon's would refuse.
  database: { dialect: new PostgresDialect({ pool }), type: "postgres", schemaName: "auth" },
  emailAndPassword: { enabled: true },
  plugins: [tokens(origin)],
});
