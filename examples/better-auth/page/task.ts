import { changeTask, deleteTask, getTask, type Changes, type Task } from "./api.js";
import { ApiError } from "./failures.js";
import { showDue, showFacts } from "./facts.js";
import { changed, fill, timeOfDay, type Written } from "./fields.js";
import { copyOf, find } from "./page.js";
import { attempt, clearProblems, say } from "./problems.js";

const CHANGED = "Somebody has changed this task in the meantime.";

/** What is told of a task in the list. */
export interface Told {
  /** It is another, or shown as somebody else has made it. */
  changed(): void;
  /** A person has changed it; `undo` changes it back. */
  saved(undo: Changes): void;
  deleted(): void;
}

/** A task in the list. */
export class TaskItem {
  readonly element = copyOf<HTMLLIElement>("#task");
  readonly #form = find<HTMLFormElement>("form", this.element);
  readonly #complete = find<HTMLInputElement>("[type=checkbox]", this.element);
  readonly #edit = find(".edit", this.element);
  #opened: Written | undefined;

  constructor(
    public task: Task,
    readonly told: Told,
  ) {
    this.#render(task);
    this.#describe();
    timeOfDay(this.#form);
    this.#on("change", this.#complete, () => this.#tick());
    this.#on("submit", this.#form, () => this.#save());
    this.#on("click", find(".delete", this.element), () => this.#delete());
    this.#edit.addEventListener("click", () => this.#open());
    find(".cancel", this.element).addEventListener("click", () => this.#close());
  }

  focus(): void {
    this.#complete.focus();
  }

  /** Show what the passing of time changes. */
  showTime(now: Date): void {
    showDue(this.element, this.task, now);
  }

  #on(event: string, target: HTMLElement, action: () => Promise<void>): void {
    target.addEventListener(event, (happened) => {
      happened.preventDefault();
      void attempt(this.element, action);
    });
  }

  async #tick(): Promise<void> {
    const complete = this.#complete.checked;
    this.#complete.checked = this.task.complete; // until the API has said so
    await this.#change({ complete }, "This is how it is now.");
  }

  async #save(): Promise<void> {
    const advice = "Save again to replace it with yours, or cancel to keep it.";
    const changes = this.#changes();
    if (Object.keys(changes).length) await this.#change(changes, advice);
    else this.#close();
  }

  async #change(changes: Changes, advice: string): Promise<void> {
    await this.#unlessChanged(advice, async () => {
      const before = this.task;
      this.#show(await changeTask(before, changes));
      this.#close();
      const names = Object.keys(changes) as (keyof Changes)[];
      this.told.saved(Object.fromEntries(names.map((name) => [name, before[name]])));
    });
  }

  async #delete(): Promise<void> {
    if (!confirm(`Delete "${this.task.title}"?`)) return;
    await this.#unlessChanged("Delete it again if you still want to.", async () => {
      await deleteTask(this.task);
      this.told.deleted();
    });
  }

  /** Where somebody else was faster, show the task as it is now, and say so. */
  async #unlessChanged(advice: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError) || error.problem.error_code !== "PRECONDITION_FAILED") {
        throw error;
      }
      const changes = this.#changes();
      this.#show(await getTask(this.task));
      this.#fill(changes);
      this.element.classList.add("conflict");
      say(this.element, `${CHANGED} ${advice}`);
    }
  }

  #show(task: Task): void {
    this.#render(task);
    this.told.changed();
  }

  #render(task: Task): void {
    this.task = task;
    this.element.classList.toggle("done", task.complete);
    this.element.classList.remove("conflict");
    this.#complete.checked = task.complete;
    find(".title", this.element).textContent = task.title;
    find(".description", this.element).textContent = task.description;
    showFacts(this.element, task);
    this.#edit.ariaLabel = `Edit ${task.title}`;
    find(".delete", this.element).ariaLabel = `Delete ${task.title}`;
  }

  /** Let a screen reader read the facts with the box to tick, which they stand beside. */
  #describe(): void {
    const facts = find(".facts", this.element);
    facts.id = `facts-${this.task.id}`;
    this.#complete.setAttribute("aria-describedby", facts.id);
  }

  /** Write the task into the form, and over it what a person has changed there. */
  #fill(changes: Changes): void {
    this.#opened = fill(this.#form, this.task);
    fill(this.#form, { ...this.task, ...changes });
  }

  #changes(): Changes {
    return this.#opened ? changed(this.#form, this.#opened) : {};
  }

  #open(): void {
    this.#fill({});
    this.#form.hidden = false;
    this.element.classList.add("editing");
    find("[name=title]", this.#form).focus();
  }

  #close(): void {
    if (this.#form.hidden) return;
    clearProblems(this.element);
    this.#form.hidden = true;
    this.element.classList.remove("editing", "conflict");
    this.#edit.focus();
  }
}
