import { createServer } from "node:http";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { auth, origin } from "./auth.mjs";
import { sendFile } from "./files.mjs";

const config = JSON.stringify({ api: process.env.API_URL ?? "http://localhost:8000" });
const authenticate = toNodeHandler(auth);

const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", origin);
  if (pathname.startsWith("/api/auth/")) {
    authenticate(request, response);
  } else if (pathname === "/config.json") {
    response.writeHead(200, { "Content-Type": "application/json" }).end(config);
  } else {
    sendFile(pathname, response);
  }
});
server.on("error", ({ message }) => {
  console.error(`${message}: choose another port with AUTH_PORT.`);
  process.exit(1);
});
server.listen(Number(new URL(origin).port), "127.0.0.1");

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(0));
}
