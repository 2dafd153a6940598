import { taskPage, type Changes, type Page, type Task } from "./api.js";
import { leftItem } from "./left.js";
import { find } from "./page.js";
import { clearProblems, Latest } from "./problems.js";
import type { User } from "./session.js";
import { summary } from "./summary.js";
import { TaskItem } from "./task.js";
import { ALL, belongs, type View } from "./view.js";

const filter = find("#filter");
const list = find<HTMLUListElement>("#list");
const heading = find("#tasks h1");
const count = find("#count");
const rest = find("#rest");

const items = new Set<TaskItem>();
const loads = new Latest();
let user: User;
let view = ALL;
let cursor: string | null = null;

/** Show the tasks of a user that a view has, the first page of them. */
export async function showTasks(owner: User, chosen: View): Promise<void> {
  await loads.attempt(filter, async (signal) => {
    const page = await taskPage(owner.id, chosen, signal).catch((error: unknown) => {
      if (!signal.aborted) empty(); // what is listed is not what was chosen
      throw error;
    });
    empty();
    [user, view] = [owner, chosen];
    append(page);
  });
}

/** Show a new task before all others; return false where the list may be one without it. */
export function showTask(task: Task): boolean {
  if (filter.ariaBusy === "true" || view.q || !belongs(task, view)) return false;
  list.prepend(newItem(task).element);
  tell();
  return true;
}

/** Show no tasks, not even those that are on their way. */
export function clearTasks(): void {
  loads.drop();
  empty();
}

find("button", rest).addEventListener("click", () => {
  if (filter.ariaBusy !== "true") void loads.attempt(rest, showMore); // else another list comes
});

async function showMore(signal: AbortSignal): Promise<void> {
  const query = cursor ? { ...view, cursor } : view;
  const [first] = append(await taskPage(user.id, query, signal));
  first?.focus(); // where reading goes on; the button may be gone
}

function empty(): void {
  items.clear();
  list.replaceChildren();
  count.textContent = "";
  clearProblems(rest);
  rest.hidden = true;
}

function append(page: Page): TaskItem[] {
  const added = page.tasks.map(newItem);
  list.append(...added.map((item) => item.element));
  cursor = page.next_cursor;
  rest.hidden = !cursor;
  tell();
  return added;
}

function newItem(task: Task): TaskItem {
  const item = new TaskItem(task, {
    changed: tell,
    saved: (undo) => {
      if (!belongs(item.task, view)) leave(item, undo);
    },
    deleted: () => {
      items.delete(item);
      item.element.remove();
      heading.focus(); // the button that had the focus is gone
      tell();
    },
  });
  items.add(item);
  return item;
}

/** Leave a line in the place of a task that the view has no more, with a button to undo it. */
function leave(item: TaskItem, undo: Changes): void {
  const hadFocus = item.element.contains(document.activeElement);
  const line = leftItem(item.task, undo, (task) => {
    const back = newItem(task);
    line.replaceWith(back.element);
    back.focus();
    tell();
  });
  items.delete(item);
  item.element.replaceWith(line);
  if (hadFocus) find("button", line).focus();
  tell();
}

function tell(): void {
  const tasks = [...items].map((item) => item.task);
  count.textContent = summary(tasks, view, !rest.hidden);
}
