import { allTasks, type Task } from "./api.js";
import { find } from "./page.js";
import type { User } from "./session.js";
import { TaskItem } from "./task.js";

const list = find<HTMLUListElement>("#list");
const heading = find("#tasks h1");
const count = find("#count");
let items: TaskItem[] = [];

/** Show all tasks of a user. */
export async function showTasks(user: User): Promise<void> {
  clearTasks();
  for (const task of await allTasks(user.id)) items.push(newItem(task));
  list.replaceChildren(...items.map((item) => item.element));
  tell();
}

/** Show a new task, before all others. */
export function showTask(task: Task): void {
  const item = newItem(task);
  items.unshift(item);
  list.prepend(item.element);
  tell();
}

export function clearTasks(): void {
  items = [];
  list.replaceChildren();
}

const newItem = (task: Task): TaskItem =>
  new TaskItem(task, (gone) => {
    if (gone) remove(gone);
    tell();
  });

function remove(gone: TaskItem): void {
  items = items.filter((item) => item !== gone);
  gone.element.remove();
  heading.focus(); // the button that had the focus is gone
}

function tell(): void {
  const done = items.filter((item) => item.task.complete).length;
  const open = items.length - done;
  count.textContent = items.length
    ? `${open} to do, ${done} done`
    : "Nothing to do. Add your first task above.";
}
