import { readFileSync } from "node:fs";
import { extname } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const SCRIPTS = [
  "account", "add", "api", "app", "config", "day", "facts", "failures", "fields", "filter", "left",
  "list", "order", "page", "problems", "query", "session", "summary", "task", "token", "view",
];

/** What is served, by path: a path that is not here leads nowhere, whatever it spells. */
const FILES = new Map([
  ["/", "page/index.html"],
  ["/theme.css", "page/theme.css"],
  ["/style.css", "page/style.css"],
  ["/icon.svg", "page/icon.svg"],
  ["/openapi-fetch.mjs", "node_modules/openapi-fetch/dist/index.mjs"],
  ...SCRIPTS.map((name) => [`/${name}.js`, `build/${name}.js`]),
]);

/** Answer with the file of a path, or with 404. */
export function sendFile(path, response) {
  const file = FILES.get(path);
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  const headers = { "Content-Type": TYPES[extname(file)], "Cache-Control": "no-cache" };
  response.writeHead(200, headers).end(readFileSync(new URL(`../${file}`, import.meta.url)));
}
