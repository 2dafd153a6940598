import { taskPage, type Changes, type Page, type Task } from "./api.js";
import { leftItem } from "./left.js";
import { isBefore } from "./order.js";
import { find } from "./page.js";
import { clearProblems, Latest } from "./problems.js";
import { belongs, queryOf, type Query } from "./query.js";
import type { User } from "./session.js";
import { summary } from "./summary.js";
import { TaskItem } from "./task.js";
import { ALL, type View } from "./view.js";

const MINUTE = 60_000; // ms

const filter = find("#filter");
const list = find<HTMLUListElement>("#list");
const heading = find("#tasks h1");
const count = find("#count");
const rest = find("#rest");

const items = new Map<Element, TaskItem>();
const loads = new Latest();
let user: User;
let view = ALL;
let query: Query = {};
let asked = new Date(); // what is listed is of that day, even if the next has begun
let cursor: string | null = null;

/** Show the tasks of a user that a view has, the first page of them. */
export async function showTasks(owner: User, chosen: View): Promise<void> {
  const now = new Date();
  const sent = queryOf(chosen, now);
  await loads.attempt(filter, async (signal) => {
    const page = await taskPage(owner.id, sent, signal).catch((error: unknown) => {
      if (!signal.aborted) empty(); // what is listed is not what was chosen
      throw error;
    });
    empty();
    [user, view, query, asked] = [owner, chosen, sent, now];
    append(page);
  });
}

/** Show a new task in its place; return false where that is not in what is listed. */
export function showTask(task: Task): boolean {
  if (filter.ariaBusy === "true" || view.q || !belongs(task, view, asked)) return false;
  const next = [...list.children].find((element) => {
    const item = items.get(element);
    return item && isBefore(task, item.task, view.sort);
  });
  if (!next && !rest.hidden) return false;
  list.insertBefore(newItem(task).element, next ?? null);
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

/** A list that stays open over midnight, or over a task's minute, says what is overdue by then. */
setInterval(() => items.forEach((item) => item.showTime(new Date())), MINUTE);

async function showMore(signal: AbortSignal): Promise<void> {
  const [first] = append(await taskPage(user.id, { ...query, ...(cursor && { cursor }) }, signal));
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
  const shown = new Set([...items.values()].map((item) => item.task.id)); // one may have moved
  const added = page.tasks
    .filter((task) => !shown.has(task.id) && belongs(task, view, asked))
    .map(newItem);
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
      if (!belongs(item.task, view, asked)) leave(item, undo);
    },
    deleted: () => {
      items.delete(item.element);
      item.element.remove();
      heading.focus(); // the button that had the focus is gone
      tell();
    },
  });
  items.set(item.element, item);
  return item;
}

/** Leave a line in the place of a task that the view has no more, with a button to undo it. */
function leave(item: TaskItem, undo: Changes): void {
  const hadFocus = item.element.contains(document.activeElement);
  const line = leftItem(item.task, query, undo, (task) => {
    const back = newItem(task);
    line.replaceWith(back.element);
    back.focus();
    tell();
  });
  items.delete(item.element);
  item.element.replaceWith(line);
  if (hadFocus) find("button", line).focus();
  tell();
}

function tell(): void {
  const tasks = [...items.values()].map((item) => item.task);
  count.textContent = summary(tasks, view, !rest.hidden);
}
