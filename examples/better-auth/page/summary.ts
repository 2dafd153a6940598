import type { Task } from "./api.js";
import type { View } from "./view.js";

/** Say how many tasks are listed, and of which kind; `more` where there are others. */
export function summary(tasks: Task[], view: View, more: boolean): string {
  const found = `${tasks.length} ${kind(view, tasks.length)}`;
  if (more) return `${found} shown, and there are more`;
  if (Object.keys(view).some((name) => name !== "sort")) {
    return tasks.length ? found : `Nothing found: no ${kind(view, 0)}`;
  }
  if (!tasks.length) return "Nothing to do. Add your first task above.";
  const done = tasks.filter((task) => task.complete).length;
  return `${tasks.length - done} to do, ${done} done`;
}

/** Name what a view lists, the search included: screen readers say nothing of unchanged words. */
function kind({ q, complete, tag, min_priority, due }: View, count: number): string {
  const words = [
    complete === undefined ? "" : complete ? "done" : "open",
    due === "overdue" && "overdue",
    `task${count === 1 ? "" : "s"}`,
    due === "today" && "due today",
    due === "none" && "without a due date",
    min_priority && `of ${min_priority} priority${min_priority === "urgent" ? "" : " or higher"}`,
    tag && `tagged ${tag.map(quoted).join(" and ")}`,
    q && `with ${quoted(q)}`,
  ];
  return words.filter(Boolean).join(" ");
}

const quoted = (text: string) => `“${text}”`;
