import { changeTask, type Changes, type Task } from "./api.js";
import { copyOf, find } from "./page.js";
import { attempt } from "./problems.js";
import type { Query } from "./query.js";

/**
 * Return a line for a task that has left the list, to stand where it stood: what is below stays
 * where it is, so a second click hits no other task.
 */
export function leftItem(
  task: Task,
  query: Query,
  undo: Changes,
  undone: (task: Task) => void,
): HTMLLIElement {
  const line = copyOf<HTMLLIElement>("#left");
  const words = find("span", line);
  const button = find("button", line);
  words.id = `left-${task.id}`;
  words.textContent = `“${task.title}” ${why(task, query)}.`;
  button.setAttribute("aria-describedby", words.id);
  button.addEventListener("click", () => {
    void attempt(line, async () => undone(await changeTask(task, undo)));
  });
  return line;
}

function why(task: Task, query: Query): string {
  if (query.complete === undefined || query.complete === task.complete) return "no longer matches";
  return task.complete ? "is done" : "is to do";
}
