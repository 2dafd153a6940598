import type { Task } from "./api.js";
import type { View } from "./view.js";

/** Say how many tasks are listed, and of which kind; `more` where there are others. */
export function summary(tasks: Task[], view: View, more: boolean): string {
  const found = `${tasks.length} ${kind(view, tasks.length)}`;
  if (more) return `${found} shown, and there are more`;
  if (view.q || view.complete !== undefined) {
    return tasks.length ? found : `Nothing found: no ${kind(view, 0)}`;
  }
  if (!tasks.length) return "Nothing to do. Add your first task above.";
  const done = tasks.filter((task) => task.complete).length;
  return `${tasks.length - done} to do, ${done} done`;
}

/** Name what a view lists, the search included: screen readers say nothing of unchanged words. */
function kind({ q, complete }: View, count: number): string {
  const state = complete === undefined ? "" : complete ? "done " : "open ";
  return `${state}task${count === 1 ? "" : "s"}${q ? ` with “${q}”` : ""}`;
}
