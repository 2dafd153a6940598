import type { Task } from "./api.js";
import { isToday } from "./day.js";
import { find } from "./page.js";
import { isOverdue } from "./query.js";

/** Show when a task is due, how urgent it is, when it was done, and its tags. */
export function showFacts(item: HTMLElement, task: Task): void {
  showDue(item, task, new Date());
  const priority = find(".priority", item);
  priority.dataset["priority"] = task.priority;
  show(priority, task.priority === "none" ? "" : `${capital(task.priority)} priority`);
  show(find(".completed", item), task.completed_at ? `Done ${instant(task.completed_at)}` : "");
  const tags = find(".tags", item);
  tags.hidden = !task.tags.length;
  tags.replaceChildren(...task.tags.map(chip));
}

/** Show when a task is due, as it is by now: after midnight it is no longer today. */
export function showDue(item: HTMLElement, task: Task, now: Date): void {
  const due = find<HTMLTimeElement>(".due", item);
  const { due_date } = task;
  const isLate = isOverdue(task, now);
  const isNow = due_date !== null && isToday(due_date, now);
  due.classList.toggle("overdue", isLate);
  due.classList.toggle("today", isNow && !isLate && !task.complete);
  due.dateTime = due_date ?? "";
  const [day, time] = due_date === null ? ["", ""] : words(due_date);
  show(due, day && `${isLate ? "Overdue:" : "Due"} ${isNow ? "today" : day}${time}`);
}

/** Write a due date in the browser's language, as if it were in UTC: there nothing shifts it. */
function words(due_date: string): [day: string, time: string] {
  const [year = 0, month = 0, day = 0, hours, minutes] = due_date.split(/\D/).map(Number);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hours ?? 0, minutes ?? 0);
  const written = at.toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });
  const time = at.toLocaleTimeString(undefined, { timeStyle: "short", timeZone: "UTC" });
  return [written, hours === undefined ? "" : `, ${time}`];
}

/** Write an instant in the browser's language, and on its clock. */
const instant = (at: string) =>
  new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function chip(tag: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tag";
  button.value = button.textContent = tag;
  button.title = "List the tasks with this tag";
  return button;
}

function show(place: HTMLElement, text: string): void {
  place.textContent = text;
  place.hidden = !text;
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
