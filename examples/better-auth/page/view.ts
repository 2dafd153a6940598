import type { Task } from "./api.js";
import type { paths } from "./schema.js";

type Query = NonNullable<paths["/api/{user_id}/tasks"]["get"]["parameters"]["query"]>;

/** Which tasks are listed: the contract's parameters, except those of paging. */
export type View = Omit<Query, "cursor" | "limit">;

export const ALL: View = {};

/** Read a view from texts by name, such as the address's or a form's; ignore what means nothing. */
export function viewOf(texts: URLSearchParams): View {
  const q = texts.get("q")?.trim();
  const complete = texts.get("complete");
  return {
    ...(q && { q }),
    ...(complete === "true" && { complete: true }),
    ...(complete === "false" && { complete: false }),
  };
}

/** Return a view as `viewOf` reads it. */
export function textsOf(view: View): URLSearchParams {
  return new URLSearchParams(Object.entries(view).map(([name, value]) => [name, String(value)]));
}

/** Return the view that the page's address names: a reload and a bookmark keep it. */
export function viewOfAddress(): View {
  return viewOf(new URLSearchParams(location.search));
}

/** Name a view in the page's address, without a step in the history for each letter typed. */
export function rememberView(view: View): void {
  const texts = textsOf(view);
  history.replaceState(null, "", texts.size ? `?${texts}` : location.pathname);
}

/** Tell whether a view has a task, apart from the search: only the API knows what that finds. */
export function belongs(task: Task, view: View): boolean {
  return view.complete === undefined || view.complete === task.complete;
}
