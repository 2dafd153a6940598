// Days and minutes as due dates are written, 2026-12-01 and 2026-12-01T09:30: on the person's own
// clock. Texts of one kind compare as their days and minutes do, so no due date becomes a Date.

/** Return the day on this browser's clock. */
export function dayOf(now: Date): string {
  const year = String(now.getFullYear()).padStart(4, "0");
  return `${year}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Tell whether a due date is on the day that it is on this browser's clock. */
export function isToday(due_date: string, now: Date): boolean {
  return partsOf(due_date)[0] === dayOf(now);
}

/** Tell whether a due date is over: a day after its end, a minute after itself. */
export function isOver(due_date: string, now: Date): boolean {
  return due_date < (partsOf(due_date)[1] ? minuteOf(now) : dayOf(now));
}

/** Return the day of a due date, and its time, which is empty where there is none. */
export function partsOf(due_date: string): [day: string, time: string] {
  const [day = "", time = ""] = due_date.split("T");
  return [day, time];
}

/** Return a due date of a day and its time, or null without a day. */
export function dueDate(day: string, time: string): string | null {
  return (day && time && `${day}T${time}`) || day || null;
}

const minuteOf = (now: Date) =>
  `${dayOf(now)}T${two(now.getHours())}:${two(now.getMinutes())}`;

const two = (number: number) => String(number).padStart(2, "0");
