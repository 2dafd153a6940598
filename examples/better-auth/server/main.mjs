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
  answer(request, response).catch((error) => fail(error, response));
});
server.on("error", ({ message }) => {
  console.error(`${message}: choose another port with AUTH_PORT.`);
  process.exit(1);
});
server.listen(Number(new URL(origin).port), "127.0.0.1");

async function answer(request, response) {
  const path = request.url.split("?", 1)[0]; // no new URL(), which throws at a path such as //
  if (path.startsWith("/api/auth/")) {
    await authenticate(request, response);
  } else if (path === "/config.json") {
    response.writeHead(200, { "Content-Type": "application/json" }).end(config);
  } else {
    sendFile(path, response);
  }
}

/** Tell the log why, and the client no more than that it failed. */
function fail(error, response) {
  console.error(error);
  if (response.headersSent) response.destroy();
  else response.writeHead(500).end();
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(0));
}
