// Better Auth's own endpoints, on the server that this page comes from. Its cookie is the session.
import { Failure, reach, SignedOut, Unexplained } from "./failures.js";

export interface User {
  id: string;
  name: string;
  email: string;
}

export interface Credentials {
  name: string;
  email: string;
  password: string;
}

export async function currentUser(): Promise<User | null> {
  const session = (await ask("get-session")) as { user: User } | null;
  return session && session.user;
}

export async function signUp(person: Credentials): Promise<User> {
  return ((await ask("sign-up/email", person)) as { user: User }).user;
}

export async function signIn({ email, password }: Credentials): Promise<User> {
  return ((await ask("sign-in/email", { email, password })) as { user: User }).user;
}

export async function signOut(): Promise<void> {
  await ask("sign-out", {});
}

/** Return a new JWT for the Todo API; raises `SignedOut`. */
export async function newToken(): Promise<string> {
  return ((await ask("token")) as { token: string }).token;
}

async function ask(path: string, body?: object): Promise<unknown> {
  const answer = await reach(`/api/auth/${path}`, body && post(body));
  if (answer.status === 401 && !body) throw new SignedOut();
  const content: unknown = await answer.json().catch(() => undefined); // a proxy's, or cut short
  if (answer.ok && content !== undefined) return content;
  const words = (content as { message?: string } | null | undefined)?.message;
  throw words ? new Failure(words) : new Unexplained(answer.status);
}

const post = (body: object): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
