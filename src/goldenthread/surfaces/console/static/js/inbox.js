// Single keys for the inbox. Everything they do, a link or a button on the page does, too.

const KEPT = "goldenthread-keys";
const typing = (element) => element?.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

let on = true;
try {
  on = localStorage.getItem(KEPT) !== "off";
} catch {
  on = true; // storage is closed here, and so nothing is remembered
}

const show = () => {
  document.documentElement.toggleAttribute("data-keys", on);
  for (const box of document.querySelectorAll(".keys")) {
    box.hidden = false;
    box.querySelector(".keys-on").checked = on;
  }
};

for (const box of document.querySelectorAll(".keys-on")) {
  box.addEventListener("change", () => {
    on = box.checked;
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // as above
    }
    show();
  });
}

// Opens what folds a form away, and goes to its first field.
const open = (id) => {
  const form = document.getElementById(id);
  const folded = form?.closest("details");
  if (!folded) return;
  folded.open = true;
  const field = form.querySelector("input:not([type=hidden]), textarea, select");
  (field ?? form).focus();
  folded.scrollIntoView({ block: "nearest" });
};

for (const link of document.querySelectorAll('.answer a.button[href^="#"]')) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    open(link.hash.slice(1));
  });
}

// --- the list ------------------------------------------------------------------------------------

const asks = [...document.querySelectorAll(".ask")];
let place = -1;

const go = (step) => {
  if (!asks.length) return;
  asks[place]?.classList.remove("here");
  place = Math.min(Math.max(place + step, 0), asks.length - 1);
  asks[place].classList.add("here");
  asks[place].querySelector("h2 a").focus({ preventScroll: true });
  asks[place].scrollIntoView({ block: "nearest" });
};

const count = () => {
  const ticked = asks.filter((one) => one.querySelector(".tick input")?.checked);
  const words = document.querySelector(".together .count");
  if (!words) return;
  const alike = new Set(ticked.map((one) => one.dataset.action)).size < 2;
  words.textContent = !ticked.length ? "" : alike ? `${ticked.length} ticked` : "These ask for different actions.";
  const sure = document.querySelector(".together [name=sure]");
  if (sure) sure.closest("p").hidden = !ticked.some((one) => one.dataset.final);
};

for (const one of asks) one.addEventListener("change", count);
count();

// --- keys ----------------------------------------------------------------------------------------

const inList = {
  j: () => go(1),
  k: () => go(-1),
  x: () => asks[place]?.querySelector(".tick input")?.click(),
};

const onItem = (key) => {
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return false;
  if (target instanceof HTMLFormElement) target.requestSubmit();
  else if (target.matches('a[href^="#"]')) open(target.hash.slice(1));
  else if (target.matches("summary")) open(target.parentElement.dataset.opens);
  else target.click();
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (!on || event.defaultPrevented || event.repeat || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const done = asks.length && inList[event.key] ? (inList[event.key](), true) : onItem(event.key);
  if (done) event.preventDefault();
});

show();
