// A draft's page while somebody writes: what they write is kept, and what follows from it is shown, as they go.

import { Editor } from "./editor.js";

const PAUSE_MS = 500; // after the last key
const AGAIN_MS = 700; // while a plan is being worked out
const LATER_MS = 4000; // after the server could not be reached

const desk = document.getElementById("desk");
const form = document.getElementById("writing");
const saved = document.getElementById("saved");
const elsewhere = document.getElementById("elsewhere");
const refused = document.getElementById("refused");
const printed = document.getElementById("printed");
const address = `/author/drafts/${desk.dataset.draft}`;
const csrf = document.querySelector('meta[name="csrf"]').content;

const editor = new Editor(
  document.getElementById("editor"),
  document.getElementById("text"),
  document.getElementById("keys"),
);

let kept = editor.textarea.defaultValue; // what the server has; somebody may have typed before this script came
let revision = Number(desk.dataset.revision);
let timer = 0;
let busy = null; // the save under way
let leaving = false; // a deed is under way that ends this draft
let torn = false; // saved elsewhere meanwhile: nothing goes out before somebody chose

marks();
fetch("/author/words", { headers: { Accept: "application/json" } })
  .then((answer) => (answer.ok ? answer.json() : null))
  .then((words) => words && editor.know(words));

if (editor.text !== kept) timer = setTimeout(keep, PAUSE_MS);

// --- keeping ------------------------------------------------------------------------------------------------------

editor.textarea.addEventListener("input", () => {
  if (!torn) saved.textContent = "Not saved yet";
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE_MS);
});
addEventListener("beforeunload", (event) => {
  if (editor.text !== kept) event.preventDefault();
});

/** Save what is written, if it is not saved; true where the server has it. */
async function keep(over = "ask") {
  clearTimeout(timer);
  if (busy) await busy;
  if (torn && over === "ask") return false;
  if (editor.text === kept && over === "ask") return true;
  busy = send(over);
  const done = await busy;
  busy = null;
  if (done && editor.text !== kept) timer = setTimeout(keep, PAUSE_MS);
  return done;
}

async function send(over) {
  const text = editor.text;
  saved.textContent = "Saving";
  let answer;
  try {
    answer = await post(address, { text, revision: String(revision), over });
  } catch {
    saved.textContent = "Not saved: the console cannot be reached. It is tried again.";
    timer = setTimeout(keep, LATER_MS);
    return false;
  }
  const said = await answer.json();
  if (!answer.ok) return notKept(said);
  kept = text;
  torn = false;
  elsewhere.hidden = true;
  refused.hidden = true;
  await look(over === "mine" ? Infinity : revision + 1);
  saved.textContent = "Saved just now";
  return true;
}

function notKept({ code, message }) {
  saved.textContent = "Not saved";
  torn = code === "draft-changed";
  elsewhere.hidden = !torn;
  if (!torn) refuse(code, message);
  return false;
}

function refuse(code, message) {
  refused.textContent = `${code}: ${message}`;
  refused.hidden = false;
}

function post(to, fields) {
  return fetch(to, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf, ...fields }),
  });
}

document.getElementById("theirs").addEventListener("click", () => {
  kept = editor.text; // it is given up on purpose
  location.reload();
});
document.getElementById("mine").addEventListener("click", () => keep("mine"));

// --- what follows -------------------------------------------------------------------------------------------------

/** Fetch what is found in the saved text, and show it; a revision after `newest` is somebody else's, and said so. */
async function look(newest = revision) {
  const answer = await fetch(`${address}/found`);
  if (!answer.ok) return;
  const piece = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".found");
  if (!piece) return;
  if (Number(piece.dataset.revision) > newest) {
    torn = true;
    elsewhere.hidden = false;
    return;
  }
  const found = document.getElementById("found");
  const before = found.querySelector(".verdict").textContent;
  const open = [...found.querySelectorAll("details")].map((one) => one.open);
  found.replaceChildren(piece);
  found.querySelectorAll("details").forEach((one, at) => (one.open = open[at] ?? false));
  revision = Number(piece.dataset.revision);
  form.elements.revision.value = String(revision);
  document.querySelector("h1").textContent = piece.dataset.title;
  marks();
  const verdict = piece.querySelector(".verdict").textContent;
  if (verdict !== before) editor.say(verdict); // read aloud
  const reads = piece.dataset.reads === "yes";
  document.getElementById("printed-old").hidden = reads;
  if (reads) printed.src = `${address}/printed?r=${revision}`;
}

/** Mark what is wrong at its line, and look again while the plan is being worked out. */
function marks() {
  const found = document.querySelector("#found .found");
  const all = [...found.querySelectorAll(".findings a.at")];
  editor.mark(
    all.map((one) => ({
      line: Number(one.dataset.line),
      column: Number(one.dataset.column),
      words: one.closest("li").querySelector(".words").textContent,
    })),
  );
  if (found.dataset.plan === "working") setTimeout(again, AGAIN_MS);
}

async function again() {
  if (leaving) return;
  if (!busy && editor.text === kept) await look();
  else setTimeout(again, AGAIN_MS);
}

document.getElementById("found").addEventListener("click", (event) => {
  const link = event.target.closest("a.at");
  if (!link) return;
  event.preventDefault();
  editor.goTo(Number(link.dataset.line), Number(link.dataset.column));
});

// --- the buttons --------------------------------------------------------------------------------------------------

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  const to = button?.getAttribute("formaction") ?? address;
  if (!(await keep())) return;
  if (to === address) {
    await look();
    return;
  }
  if (to.endsWith("/commit") && !sound()) return;
  await act(to);
});

/** Whether the check found nothing; else its first finding is shown. */
function sound() {
  const found = document.querySelector("#found .found");
  if (!["invalid", "refused"].includes(found.dataset.state)) return true;
  refuse(`contract-${found.dataset.state}`, `Nothing was committed. ${found.querySelector(".verdict").textContent}`);
  found.querySelector(".findings a.at")?.click();
  return false;
}

/** Do what a button says with the saved text; what is refused is said here, and nothing is lost. */
async function act(to) {
  let answer;
  leaving = true;
  try {
    answer = await post(to, { text: editor.text, revision: String(revision), over: "ask" });
  } catch {
    leaving = false;
    refuse("not-reached", "The console cannot be reached. Nothing happened; try again.");
    return;
  }
  const said = await answer.json();
  if (!answer.ok) {
    leaving = false;
    await look();
    refuse(said.code, said.message);
    return;
  }
  location.assign(said.to);
}
