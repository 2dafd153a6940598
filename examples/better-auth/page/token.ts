import { newToken } from "./session.js";

let current: string | undefined;
let expires = 0; // by this browser's clock, in ms

/** Return a token that should still be valid, a new one where it has expired. */
export async function token(): Promise<string> {
  return current && Date.now() < expires ? current : renewToken();
}

/** Take a new token from Better Auth. */
export async function renewToken(): Promise<string> {
  current = await newToken();
  expires = Date.now() + lifetime(current);
  return current;
}

export function forgetToken(): void {
  current = undefined;
}

/** How long a token lives, in ms: a difference, as the browser's clock may be wrong. */
function lifetime(jwt: string): number {
  const payload = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const { iat, exp } = JSON.parse(atob(payload)) as { iat: number; exp: number };
  return (exp - iat) * 1000;
}
