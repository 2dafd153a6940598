/** Return what a selector finds in a part of the page, which must be there. */
export function find<E extends HTMLElement>(selector: string, part: ParentNode = document): E {
  const element = part.querySelector<E>(selector);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return element;
}

/** Return a copy of a template's only element. */
export function copyOf<E extends HTMLElement>(template: string): E {
  const content = find<HTMLTemplateElement>(template).content;
  return content.firstElementChild?.cloneNode(true) as E;
}

/** Return what a form's field of that name holds. */
export function text(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "");
}
