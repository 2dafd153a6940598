import { createTask, type Task } from "./api.js";
import { timeOfDay, written } from "./fields.js";
import { find } from "./page.js";
import { attempt } from "./problems.js";
import type { User } from "./session.js";

const form = find<HTMLFormElement>("#add");
let key = crypto.randomUUID();

/** Let a person add tasks. */
export function adding(user: () => User, added: (task: Task) => void): void {
  timeOfDay(form);
  form.addEventListener("input", newKey);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(form, async () => added(await create(user())));
  });
}

async function create(user: User): Promise<Task> {
  const task = await createTask(user.id, key, written(form));
  form.reset();
  form.dispatchEvent(new Event("input")); // as if a person had emptied it
  find("[name=title]", form).focus();
  return task;
}

/** Another task, another key: the one that stays after a failure makes it safe to try again. */
function newKey(): void {
  key = crypto.randomUUID();
}
