import { find, text } from "./page.js";
import { attempt, clearProblems, say } from "./problems.js";
import { signIn, signUp, type User } from "./session.js";

const form = find<HTMLFormElement>("#account form");
const name = find<HTMLInputElement>("#account [name=name]");
const password = find<HTMLInputElement>("#account [name=password]");
const other = find("#other");
let isNew = false;

/** Let a person sign in or sign up, and go on with the user. */
export function welcome(enter: (user: User) => Promise<void>): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(form, async () => {
      const user = await (isNew ? signUp : signIn)(credentials());
      form.reset();
      await enter(user);
    });
  });
  other.addEventListener("click", () => choose(!isNew));
  choose(false);
}

/** Ask a person to sign in, who may have to know why. */
export function askToSignIn(why: string): void {
  choose(false);
  say(form, why);
}

const credentials = () => ({
  name: text(form, "name"),
  email: text(form, "email"),
  password: text(form, "password"),
});

function choose(signingUp: boolean): void {
  isNew = signingUp;
  clearProblems(form);
  name.disabled = !isNew;
  find("#name").hidden = !isNew;
  password.autocomplete = isNew ? "new-password" : "current-password";
  find("#account h1").textContent = isNew ? "Create an account" : "Welcome back";
  find("#account [type=submit]").textContent = isNew ? "Sign up" : "Sign in";
  other.textContent = isNew ? "I have an account" : "Create an account";
}
