import { askToSignIn, welcome } from "./account.js";
import { adding } from "./add.js";
import { SignedOut } from "./failures.js";
import { filtering, forgetView, showView } from "./filter.js";
import { clearTasks, showTask, showTasks } from "./list.js";
import { find } from "./page.js";
import { attempt } from "./problems.js";
import { currentUser, signOut, type User } from "./session.js";
import { forgetToken } from "./token.js";
import { ALL, viewOfAddress, type View } from "./view.js";

const account = find("#account");
const tasks = find("#tasks");
const person = find("#person");
let user: User;

async function enter(who: User): Promise<void> {
  user = who;
  find("#who").textContent = user.name;
  show(tasks);
  await look(viewOfAddress());
}

async function look(view: View): Promise<void> {
  showView(view);
  await showTasks(user, view);
}

function leave(why = ""): void {
  forgetToken();
  clearTasks();
  forgetView();
  show(account);
  askToSignIn(why);
}

function show(section: HTMLElement): void {
  account.hidden = section !== account;
  tasks.hidden = person.hidden = section !== tasks;
  find("input", section).focus();
}

welcome(enter);
filtering((view) => void showTasks(user, view));
adding(
  () => user,
  (task) => showTask(task) || void look(ALL), // a person looks for what was just added
);
document.addEventListener("signedout", () => leave(new SignedOut().message));
find("#leave").addEventListener("click", () => {
  void attempt(person, async () => {
    await signOut();
    leave();
  });
});

await attempt(account, async () => {
  const known = await currentUser();
  if (known) await enter(known);
});
if (tasks.hidden) show(account);
