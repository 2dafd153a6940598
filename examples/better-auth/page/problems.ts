import { ApiError, Failure, SignedOut } from "./failures.js";

/** Do what a person asked for at `place`; where it fails, say why in its alert and beside its fields. */
export async function attempt(place: HTMLElement, action: () => Promise<void>): Promise<void> {
  if (place.ariaBusy === "true") return;
  clearProblems(place);
  place.ariaBusy = "true";
  try {
    await action();
  } catch (error) {
    show(place, error);
  } finally {
    place.ariaBusy = "false";
  }
}

export function say(place: HTMLElement, words: string): void {
  const alert = place.querySelector("[role=alert]");
  if (alert) alert.textContent = words;
}

export function clearProblems(place: HTMLElement): void {
  say(place, "");
  place.querySelectorAll(".fault").forEach((fault) => fault.remove());
  place.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

function show(place: HTMLElement, error: unknown): void {
  if (!(error instanceof Failure)) {
    say(place, "Something went wrong. Reload the page.");
    reportError(error); // a bug: for the console
    return;
  }
  say(place, error.message);
  if (error instanceof SignedOut) {
    document.dispatchEvent(new Event("signedout"));
  } else if (error instanceof ApiError) {
    error.problem.errors?.forEach(({ pointer, detail }) => showBeside(place, pointer, detail));
    place.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }
}

/** Show what is wrong with one field; the fields of a form have the names of the API's properties. */
function showBeside(place: HTMLElement, pointer: string, detail: string): void {
  const field = place.querySelector(`[name="${CSS.escape(pointer.replace("/", ""))}"]`);
  if (!field) return;
  if (field.ariaInvalid) {
    field.nextElementSibling?.append(` ${detail}`); // its fault, of which this is another sentence
    return;
  }
  const fault = document.createElement("span");
  fault.className = "fault";
  fault.id = `fault-${crypto.randomUUID()}`;
  fault.textContent = detail;
  field.after(fault);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", fault.id);
}
