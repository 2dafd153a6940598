import type { Task } from "./api.js";
import type { components } from "./schema.js";

export type Priority = components["schemas"]["Priority"];
export type Order = components["schemas"]["TaskOrder"];

export const PRIORITIES: readonly Priority[] = ["none", "low", "medium", "high", "urgent"];

/** Return how urgent a priority is, from 0. */
export const rank = (priority: Priority) => PRIORITIES.indexOf(priority);

/** The API's orders: each returns less than 0 where `a` comes before `b`. */
const ORDERS: Record<Order, (a: Task, b: Task) => number> = {
  "-created_at": (a, b) => b.id - a.id,
  created_at: (a, b) => a.id - b.id,
  due_date: (a, b) => compare(dueKey(a), dueKey(b)) || a.id - b.id,
  "-priority": (a, b) => rank(b.priority) - rank(a.priority) || b.id - a.id,
};

export const ORDER_NAMES = Object.keys(ORDERS) as Order[];

/** Tell whether a task comes before another; without an order the newest is first. */
export function isBefore(a: Task, b: Task, order: Order = "-created_at"): boolean {
  return ORDERS[order](a, b) < 0;
}

/** A day comes after its times, because all of it is left, and no due date comes last. */
function dueKey({ due_date }: Task): string {
  if (due_date === null) return "~";
  return due_date.includes("T") ? due_date : `${due_date}T~`;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
