import { ORDER_NAMES, PRIORITIES } from "./order.js";
import type { Query } from "./query.js";

const DUES = ["today", "overdue", "none"] as const;

/**
 * Which tasks are listed, and in which order: the contract's parameters, but `due` for those that
 * name days. So what an address calls today is the day on which it is opened.
 */
export interface View extends Pick<Query, "q" | "complete" | "tag" | "min_priority" | "sort"> {
  due?: (typeof DUES)[number];
}

export const ALL: View = {};

/** Read a view from texts by name, such as the address's or a form's; ignore what means nothing. */
export function viewOf(texts: URLSearchParams): View {
  const q = texts.get("q")?.trim();
  const complete = texts.get("complete");
  const tag = [...new Set(texts.getAll("tag"))].filter(Boolean);
  const min_priority = oneOf(PRIORITIES, texts.get("min_priority"));
  const due = oneOf(DUES, texts.get("due"));
  const sort = oneOf(ORDER_NAMES, texts.get("sort"));
  return {
    ...(q && { q }),
    ...(complete === "true" && { complete: true }),
    ...(complete === "false" && { complete: false }),
    ...(tag.length && { tag }),
    ...(min_priority && min_priority !== "none" && { min_priority }),
    ...(due && { due }),
    ...(sort && sort !== "-created_at" && { sort }),
  };
}

/** Return a view as `viewOf` reads it. */
export function textsOf(view: View): URLSearchParams {
  const texts = Object.entries(view).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)]),
  );
  return new URLSearchParams(texts);
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

const oneOf = <T extends string>(known: readonly T[], text: string | null): T | undefined =>
  known.find((one) => one === text);
