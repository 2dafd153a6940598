import type { Changes, Draft, Task } from "./api.js";
import { dueDate, partsOf } from "./day.js";
import { find, text } from "./page.js";
import type { Priority } from "./order.js";

/** What the fields of a task hold. */
export type Written = Required<Draft>;

/** Return what a person has written into the fields of a task. */
export function written(form: HTMLFormElement): Written {
  return {
    title: text(form, "title"),
    description: text(form, "description") || null,
    due_date: dueDate(text(form, "due_date"), text(form, "due_time")),
    priority: text(form, "priority") as Priority,
    tags: tagsOf(text(form, "tags")),
  };
}

/** Write a task into the fields; return what they hold then: a tag with a comma has become two. */
export function fill(form: HTMLFormElement, task: Task): Written {
  const [day, time] = partsOf(task.due_date ?? "");
  const { title, description, priority, tags } = task;
  const plain = { title, description, priority };
  const texts = { ...plain, due_date: day, due_time: time, tags: tags.join(", ") };
  for (const [name, value] of Object.entries(texts)) {
    find<HTMLInputElement>(`[name=${name}]`, form).value = value ?? "";
  }
  pairTime(form);
  return written(form);
}

/** Return what a person has changed since `before`: of anything else somebody may know better. */
export function changed(form: HTMLFormElement, before: Written): Changes {
  const now = written(form);
  const names = Object.keys(now) as (keyof Written)[];
  const differ = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]));
  return Object.fromEntries(differ.map((name) => [name, now[name]]));
}

/** Let a person write a time only where there is a day, which it is of. */
export function timeOfDay(form: HTMLFormElement): void {
  pairTime(form);
  form.addEventListener("input", () => pairTime(form));
}

function pairTime(form: HTMLFormElement): void {
  find<HTMLInputElement>("[name=due_time]", form).disabled = !text(form, "due_date");
}

function tagsOf(list: string): string[] {
  const tags = list.split(",").map((tag) => tag.trim());
  return [...new Set(tags.filter(Boolean))];
}
