import { copyOf, find } from "./page.js";
import { ALL, rememberView, textsOf, viewOf, viewOfAddress, type View } from "./view.js";

const PAUSE = 250; // ms between two keys after which a person waits for the answer

const form = find<HTMLFormElement>("#filter");
const search = find<HTMLInputElement>("[name=q]", form);
const tags = find<HTMLFieldSetElement>("#tags", form);
let pending: number | undefined;

/** Let a person choose which tasks are listed; `chosen` is called with each choice. */
export function filtering(chosen: (view: View) => void): void {
  const choose = () => {
    clearTimeout(pending);
    const view = formView();
    rememberView(view);
    chosen(view);
  };
  const chooseIfNew = () => {
    if (String(textsOf(formView())) !== String(textsOf(viewOfAddress()))) choose();
  };
  const chooseSoon = () => {
    clearTimeout(pending);
    pending = setTimeout(chooseIfNew, PAUSE);
  };
  form.addEventListener("input", (event) => {
    if (event.target !== search) choose();
    else if (!(event as InputEvent).isComposing) chooseSoon();
  });
  search.addEventListener("compositionend", chooseSoon); // a word is ready, as in Japanese
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault(); // some browsers clear a search themselves, and others don't
    search.value = "";
    chooseIfNew();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose();
  });
  find("#list").addEventListener("click", (event) => {
    const tag = (event.target as Element).closest<HTMLButtonElement>(".tag")?.value;
    if (tag === undefined) return;
    const view = formView();
    showView({ ...view, tag: [...new Set(view.tag).add(tag)] });
    choose();
    find(`[value="${CSS.escape(tag)}"]`, tags).focus(); // the button goes with the list
  });
}

/** Show which view is chosen, in the form and in the page's address. */
export function showView(view: View): void {
  clearTimeout(pending);
  rememberView(view);
  const texts = textsOf(view);
  showTags(view.tag ?? []);
  for (const field of form.querySelectorAll<HTMLInputElement>("[name]:not([name=tag])")) {
    const text = texts.get(field.name) ?? "";
    if (field.type === "radio") field.checked = field.value === text;
    else field.value = text;
  }
}

/** Forget what was chosen: the next person at this browser is not to see it. */
export function forgetView(): void {
  showView(ALL);
}

/** Show the chosen tags as ticked boxes; one that is unticked stays, to be ticked again. */
function showTags(chosen: string[]): void {
  tags.hidden = !chosen.length;
  find("div", tags).replaceChildren(...chosen.map(tagBox));
}

function tagBox(tag: string): HTMLLabelElement {
  const label = copyOf<HTMLLabelElement>("#tag");
  find<HTMLInputElement>("input", label).value = tag;
  find("span", label).textContent = tag;
  return label;
}

function formView(): View {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  return viewOf(new URLSearchParams(entries));
}
