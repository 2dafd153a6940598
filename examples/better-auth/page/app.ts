import { askToSignIn, welcome } from "./account.js";
import { adding } from "./add.js";
import { SignedOut } from "./failures.js";
import { clearTasks, showTask, showTasks } from "./list.js";
import { find } from "./page.js";
import { attempt } from "./problems.js";
import { currentUser, signOut, type User } from "./session.js";
import { forgetToken } from "./token.js";

const account = find("#account");
const tasks = find("#tasks");
const person = find("#person");
let user: User;

async function enter(who: User): Promise<void> {
  user = who;
  find("#who").textContent = user.name;
  show(tasks);
  await attempt(find("#listing"), () => showTasks(user));
}

function leave(why = ""): void {
  forgetToken();
  clearTasks();
  show(account);
  askToSignIn(why);
}

function show(section: HTMLElement): void {
  account.hidden = section !== account;
  tasks.hidden = person.hidden = section !== tasks;
  find("input", section).focus();
}

welcome(enter);
adding(() => user, showTask);
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
