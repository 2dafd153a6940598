import type { Task } from "./api.js";
import { dayOf, isOver, isToday } from "./day.js";
import { rank } from "./order.js";
import type { paths } from "./schema.js";
import type { View } from "./view.js";

/** The contract's parameters of a list. */
export type Query = NonNullable<paths["/api/{user_id}/tasks"]["get"]["parameters"]["query"]>;

/** Return what to ask the API for a view at a time, whose day only this browser knows. */
export function queryOf({ due, ...same }: View, now: Date): Query {
  const today = dayOf(now);
  const days = {
    today: { due_from: today, due_to: today },
    overdue: { due_to: today, complete: false }, // `belongs` leaves out what is due later today
    none: { has_due_date: false },
  };
  return { ...same, ...(due && days[due]) };
}

/** Tell whether a view has a task, apart from the search: only the API knows what that finds. */
export function belongs(task: Task, view: View, now: Date): boolean {
  return (
    (view.complete === undefined || view.complete === task.complete) &&
    (view.tag ?? []).every((tag) => task.tags.includes(tag)) &&
    rank(task.priority) >= rank(view.min_priority ?? "none") &&
    (!view.due || isDue(task, view.due, now))
  );
}

/** Tell whether a task was due before now and still is to be done. */
export function isOverdue({ due_date, complete }: Task, now: Date): boolean {
  return due_date !== null && !complete && isOver(due_date, now);
}

function isDue(task: Task, due: NonNullable<View["due"]>, now: Date): boolean {
  if (due === "overdue") return isOverdue(task, now);
  return due === "none" ? task.due_date === null : isToday(task.due_date ?? "", now);
}
