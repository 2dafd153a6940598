import type { Draft, Task } from "./api.js";
import { find, text } from "./page.js";

/** Return what a person has written into the fields of a task. */
export function written(form: HTMLFormElement): Draft {
  return { title: text(form, "title"), description: text(form, "description") || null };
}

/** Write a task into the fields. */
export function fill(form: HTMLFormElement, task: Task): void {
  find<HTMLInputElement>("[name=title]", form).value = task.title;
  find<HTMLTextAreaElement>("[name=description]", form).value = task.description ?? "";
}
