// Ctrl-K or Cmd-K: slices, pages, cases and what can be done, by a few letters. The page /find does the same without it.

const box = document.createElement("dialog");
box.className = "palette";
box.setAttribute("aria-label", "Find");
const field = document.createElement("input");
for (const [name, value] of Object.entries({
  type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: "100",
  "aria-label": "Find a slice, a page, a case or something to do", "aria-expanded": "false",
  "aria-controls": "palette-list", "aria-autocomplete": "list", placeholder: "Find a slice, a page, a case …",
})) field.setAttribute(name, value);
const list = document.createElement("ul");
list.id = "palette-list";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Found");
const hint = document.createElement("p");
hint.className = "hint";
hint.setAttribute("role", "status");
box.append(field, list, hint);

const QUIET_MS = 120;
const KEYS = "Arrows choose, Enter goes there, Escape closes.";
let chosen = -1;
let timer = 0;
let asked = 0;

function option(one, place) {
  const row = document.createElement("li");
  row.id = `palette-${place}`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", "false");
  row.dataset.address = one.address;
  const words = document.createElement("span");
  words.textContent = one.words; // Text, never markup: cases and slices are named by others.
  const beside = document.createElement("span");
  beside.textContent = one.beside;
  row.append(words, beside);
  row.addEventListener("mousemove", () => choose(place));
  row.addEventListener("click", go);
  return row;
}

function choose(place) {
  const rows = [...list.children];
  chosen = rows.length ? (place + rows.length) % rows.length : -1;
  rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === chosen)));
  if (chosen < 0) field.removeAttribute("aria-activedescendant");
  else {
    field.setAttribute("aria-activedescendant", rows[chosen].id);
    rows[chosen].scrollIntoView({ block: "nearest" });
  }
}

function go() {
  const address = list.children[chosen]?.dataset.address;
  if (address?.startsWith("/") && !address.startsWith("//")) location.assign(address);
}

async function ask() {
  const mine = ++asked;
  try {
    const answer = await fetch(`/find.json?q=${encodeURIComponent(field.value)}`, { credentials: "same-origin" });
    const found = answer.ok ? (await answer.json()).found : [];
    if (mine !== asked) return; // A later question was asked meanwhile.
    list.replaceChildren(...found.map(option));
    field.setAttribute("aria-expanded", String(found.length > 0));
    hint.textContent = answer.ok ? `${found.length || "Nothing"} found. ${KEYS}` : "It could not be asked. Reload the page.";
    choose(0);
  } catch {
    hint.textContent = "The console does not answer.";
  }
}

function open() {
  if (box.open) return;
  if (!box.isConnected) document.body.append(box);
  field.value = "";
  box.showModal();
  ask();
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, QUIET_MS);
});
field.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) choose(chosen + steps[event.key]);
  else if (event.key === "Enter") go();
  else return;
  event.preventDefault();
});
box.addEventListener("click", (event) => {
  if (event.target === box) box.close();
});
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (box.open) box.close();
    else open();
  }
});
document.querySelector("a.finding")?.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
