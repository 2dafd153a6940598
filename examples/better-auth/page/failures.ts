import type { components } from "./schema.js";

export type Problem = components["schemas"]["Problem"];

/** What can go wrong without being a bug of this page; the message is for the person. */
export class Failure extends Error {}

/** There is no session, or not any more. */
export class SignedOut extends Failure {
  override message = "You have been signed out. Sign in again.";
}

export class Unreachable extends Failure {
  override message = "The server can't be reached. Try again in a moment.";
}

/** An answer without words for a person, as proxies give: a page of HTML, or nothing at all. */
export class Unexplained extends Failure {
  constructor(status: number) {
    super(`The server gave no proper answer (status ${status}). Try again in a moment.`);
  }
}

/** The API refused; `problem` has words for a person and codes for a program. */
export class ApiError extends Failure {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Fetch, or say that there was no answer. */
export async function reach(request: string | Request, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(request, init);
  } catch {
    throw new Unreachable();
  }
}
