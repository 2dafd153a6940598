import { ApiError, Failure, SignedOut } from "./failures.js";

/** Do what a person asked for at `place`; where it fails, say why in its alert and beside its fields. */
export async function attempt(place: HTMLElement, action: () => Promise<void>): Promise<void> {
  if (place.ariaBusy !== "true") await run(place, action, new AbortController().signal);
}

/** Actions of which the latest counts: each aborts the one before, whose outcome is dropped. */
export class Latest {
  #controller = new AbortController();
  #place: HTMLElement | undefined;

  /** Do as `attempt` does; `action` hands its signal to whatever takes time. */
  async attempt(place: HTMLElement, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.drop();
    const { signal } = (this.#controller = new AbortController());
    this.#place = place;
    await run(place, () => action(signal), signal);
  }

  /** Abort what is still running. */
  drop(): void {
    this.#controller.abort();
    if (this.#place) this.#place.ariaBusy = "false";
  }
}

async function run(
  place: HTMLElement,
  action: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  clearProblems(place);
  place.ariaBusy = "true";
  try {
    await action();
  } catch (error) {
    if (!signal.aborted) show(place, error);
  } finally {
    if (!signal.aborted) place.ariaBusy = "false";
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

/**
 * Show what is wrong with one field; the fields of a form have the names of the API's properties. Of
 * several values, such as `/tags/1` is one, each has its field, or its number in the only one.
 */
function showBeside(place: HTMLElement, pointer: string, detail: string): void {
  const [name = "", index] = pointer.replace(/^\//, "").split("/");
  const fields = place.querySelectorAll(`[name="${CSS.escape(name)}"]`);
  const field = fields[Number(index ?? 0)] ?? fields[0];
  const isNumbered = index !== undefined && fields.length === 1;
  if (field) tell(field, isNumbered ? `Number ${Number(index) + 1}: ${detail}` : detail);
}

function tell(field: Element, detail: string): void {
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
