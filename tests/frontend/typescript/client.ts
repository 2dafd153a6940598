/** The contract's client, as a frontend team sets it up once. */

import createClient, { type FetchOptions, type FetchResponse } from "openapi-fetch";
import type { components, operations, paths } from "./schema.js";

export type Task = components["schemas"]["TaskResponse"];
export type TaskPatch = components["schemas"]["TaskPatch"];
export type Problem = components["schemas"]["Problem"];
export type Listing = NonNullable<operations["list_tasks"]["parameters"]["query"]>;

type Method = "get" | "post" | "put" | "patch" | "delete";

type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

type Call<M extends Method> = <P extends PathsWith<M>>(
  path: P,
  options: FetchOptions<paths[P][M]>,
) => Promise<FetchResponse<paths[P][M] & {}, object, `${string}/${string}`>>;

type Head = <P extends PathsWith<"get">>(
  path: P,
  options: FetchOptions<paths[P]["get"]>,
) => Promise<{ response: Response }>;

/**
 * openapi-fetch's own methods infer what they are given, and let a misspelt optional property of a
 * body pass (openapi-ts/openapi-typescript#1769); with these it does not compile. They know HEAD
 * as well, which works wherever GET does.
 */
export type Client = { [M in Method as Uppercase<M>]: Call<M> } & { HEAD: Head };

/** Return a client that sends this token with every request. */
export function connect(baseUrl: string, token: string): Client {
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } }) as Client;
}
