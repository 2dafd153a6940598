// A local copy of alice's tasks that stays in step and takes edits while offline.
// start of setup
import { api, Offline, send, settle, user } from "./local_edits.js";
import type { Create, Edit, Id, Note, Patch, Shown, Task } from "./local_edits.js";
import type { components } from "./schema.js";
// end of setup

// start of walk
type Wanted = { start: number; cursor: string | null; etag: string | null };
type Page = Wanted & components["schemas"]["TaskListResponse"];

/** Ask for every page again; return the pages as they are now. */
async function walk(held: Page[], limit: number): Promise<Page[]> {
  const pages: Page[] = [];
  let wanted: Wanted | null = { start: 0, cursor: null, etag: null };
  while (wanted) {
    const { start }: Wanted = wanted;
    const page = await ask(held.find((known) => known.start === start) ?? wanted, limit);
    if (!page) return walk([], limit);
    pages.push(page);
    wanted = following(page, held);
  }
  return pages;
}

/** Return the page as it is now, or null where the cursor kept for it is no longer taken. */
async function ask(page: Wanted | Page, limit: number): Promise<Page | null> {
  const query = { sort: "created_at", limit, ...(page.cursor && { cursor: page.cursor }) } as const;
  const header = page.etag ? { "If-None-Match": page.etag } : {};
  const { data, error, response } = await send(() =>
    api.GET("/api/{user_id}/tasks", { params: { path: user, query, header } }),
  );
  if (response.status === 304 && "tasks" in page) return page;
  if (response.status === 400 && page.etag) return null;
  if (!data) throw new Error(error?.detail);
  return { ...page, ...data, etag: response.headers.get("ETag") };
}

/** Return the last held page that starts within this one, else the one behind it. */
function following({ start, tasks, next_cursor }: Page, held: Page[]): Wanted | null {
  const end = tasks.at(-1)?.id ?? start;
  if (next_cursor === null) return null;
  const within = held.filter((other) => start < other.start && other.start <= end);
  return within.at(-1) ?? { start: end, cursor: next_cursor, etag: null };
}
// end of walk

// start of copy
type Store = Pick<Storage, "getItem" | "setItem">; // such as localStorage
type Queue = { edits: Edit[]; notes: (Note & { edit: Edit })[] };
const blank = { description: null, complete: false, due_date: null, priority: "none" } as const;

/** The pages of the last walk and the edits since; the store keeps both over a restart. */
export class LocalCopy {
  private pages: Page[];
  private queue: Queue;
  private server: Map<Id, Task>;
  private sent = new Map<Id, number>();
  private syncing: Promise<boolean> | undefined;

  constructor(private store: Store, private limit = 200) {
    this.pages = JSON.parse(store.getItem("pages") ?? "[]");
    this.queue = JSON.parse(store.getItem("queue") ?? '{"edits": [], "notes": []}');
    this.server = byId(this.pages);
  }

  /** Return the tasks to show: the server's, with the edits that are not sent yet. */
  tasks(): Shown[] {
    const shown = new Map<Id, Shown>(this.server);
    for (const edit of this.queue.edits) {
      const task = shown.get(edit.id);
      if (edit.kind === "create") shown.set(edit.id, edit.base);
      else if (edit.kind === "delete") shown.delete(edit.id);
      else if (task) shown.set(edit.id, { ...task, ...edit.body });
    }
    return [...shown.values()];
  }

  /** Return what stands for the task's id until it is sent: its Idempotency-Key. */
  add(body: Create): string {
    const id = crypto.randomUUID();
    this.enqueue({ kind: "create", id, base: { ...blank, tags: [], ...body, id, version: 0 }, body });
    return id;
  }

  /** Queue a change of the properties in `body`. */
  change(id: Id, body: Patch) {
    const base = this.shown(id);
    this.enqueue({ kind: "change", id: base.id, base, body });
  }

  /** Queue a deletion. */
  remove(id: Id) {
    const base = this.shown(id);
    this.enqueue({ kind: "delete", id: base.id, base });
  }

  /** Return the edits of which a person should be told, once. */
  notes() {
    const { notes } = this.queue;
    this.save({ notes: [] });
    return notes;
  }

  /** Send the edits, then walk; return false where the line failed: try again later. */
  sync(): Promise<boolean> {
    this.syncing ??= this.syncOnce().finally(() => (this.syncing = undefined));
    return this.syncing;
  }

  private async syncOnce() {
    try {
      for (let edit; (edit = this.queue.edits[0]); )
        this.settled(edit, ...(await settle(edit, this.server.get(edit.id))));
      this.pages = await walk(this.pages, this.limit);
    } catch (error) {
      if (error instanceof Offline) return false;
      throw error;
    }
    this.server = byId(this.pages);
    this.store.setItem("pages", JSON.stringify(this.pages));
    return true;
  }

  private settled(edit: Edit, task: Task | null, note: Note | null) {
    let edits = this.queue.edits.slice(1);
    const told = [edit];
    if (task) {
      this.server.set(task.id, task);
      this.sent.set(edit.id, task.id);
      edits = edits.map((other) => (other.id === edit.id ? onto(task, other) : other));
    } else {
      this.server.delete(edit.id);
      told.push(...edits.filter((other) => other.id === edit.id));
      edits = edits.filter((other) => other.id !== edit.id);
    }
    const notes = note ? told.map((edit) => ({ ...note, edit })) : [];
    this.save({ edits, notes: [...this.queue.notes, ...notes] });
  }

  private shown(given: Id): Shown {
    const id = this.sent.get(given) ?? given;
    const task = this.tasks().find((task) => task.id === id);
    if (!task) throw new Error(`There is no task ${id}.`);
    return task;
  }

  private enqueue(edit: Edit) {
    this.save({ edits: [...this.queue.edits, edit] });
  }

  private save(parts: Partial<Queue>) {
    this.queue = { ...this.queue, ...parts };
    this.store.setItem("queue", JSON.stringify(this.queue));
  }
}

const byId = (pages: Page[]): Map<Id, Task> =>
  new Map(pages.flatMap(({ tasks }) => tasks.map((task) => [task.id, task])));

/** Return an edit that was made on top of the one that made `task`. */
function onto({ id, version }: Task, edit: Edit): Edit {
  const seen = edit.base.version;
  const base = { ...edit.base, id, version: version === seen + 1 ? version : seen };
  return { ...edit, id, base };
}
// end of copy

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const file = (name: string) => `${process.env["FOLDER"] ?? "."}/${name}.json`;
const store = {
  getItem: (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : null),
  setItem(name: string, text: string) {
    writeFileSync(`${file(name)}.new`, text);
    renameSync(`${file(name)}.new`, file(name)); // whole, or as before
  },
};
const local = new LocalCopy(store, Number(process.env["LIMIT"] ?? 200));
const commands: Record<string, (...given: any[]) => unknown> = {
  tasks: () => local.tasks(),
  add: (body) => local.add(body),
  change: (id, body) => local.change(id, body),
  remove: (id) => local.remove(id),
  notes: () => local.notes(),
  sync: () => local.sync(),
};
// Lines such as ["add", {"title": "Buy milk"}], ["sync"] and ["tasks"].
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...given] = JSON.parse(line);
  console.log(JSON.stringify((await commands[command]?.(...given)) ?? null));
}
