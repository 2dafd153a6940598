// A due date as a person reads it, the same in every time zone.
// start of shown
function shown(due_date: string, locale?: string): string {
  return due_date.includes("T")
    ? new Date(due_date).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })
    : new Date(`${due_date}T00:00`).toLocaleDateString(locale, { dateStyle: "medium" });
}
// end of shown

for (const due_date of ["2026-12-01", "2026-12-01T09:30"]) console.log(shown(due_date, "en-GB"));

export {};
