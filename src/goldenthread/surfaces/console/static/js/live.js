// Keeps an open page up to date: told by /events that something it shows has grown, it asks for itself again, and
// changes only what is other. Without this script, or without a connection, the page is as it was when it was opened.

const LEAST_MS = 5000; // between two looks
const MOST_MS = 60000; // the same, where the server is slow
const JITTER_MS = 3000; // so that many pages don't ask at the same moment
const LATER_MS = 2000; // when it is not convenient now
const OLD_MS = 600000; // what a page shows by the clock is looked at again with the next news of any kind
const LONGEST = 1500; // characters of chains' names in an address; a page of more asks for all

const wanted = new Set((document.body.dataset.live || "").split(" ").filter(Boolean));
let stale = false;
let timer = null;
let last = performance.now();
let least = LEAST_MS;
let looking = false; // one look at a time, however long it takes

/** Whether somebody is in the middle of something that a change would take from under their hands. */
function busy() {
  if (document.visibilityState !== "visible") return true;
  if (document.querySelector("dialog[open], [popover]:popover-open, [data-busy]")) return true;
  const here = document.activeElement;
  if (here && here.matches("input:not([type=checkbox], [type=radio], [type=submit], [type=button]), textarea, select, [contenteditable]")) return true;
  if (!getSelection().isCollapsed) return true;
  return [...document.forms].some(isTouched);
}

/** Whether a form holds what nobody has sent yet. */
function isTouched(form) {
  return [...form.elements].some((field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.defaultSelected);
    return "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  });
}

function plan(wait) {
  if (timer !== null || looking) return;
  const rest = wait ?? Math.max(0, least - (performance.now() - last)) + Math.random() * JITTER_MS;
  timer = setTimeout(look, rest);
}

async function look() {
  timer = null;
  if (!stale) return;
  if (document.visibilityState !== "visible") return; // until it is seen again
  if (busy()) return plan(LATER_MS);
  const began = performance.now();
  let wait;
  stale = false;
  looking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (answer.redirected || answer.status === 403) return stream.close();
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (busy()) { stale = true; wait = LATER_MS; }
    else swap(new DOMParser().parseFromString(text, "text/html"));
  } catch {
    stale = true;
    wait = LEAST_MS * 2 + Math.random() * JITTER_MS;
  }
  looking = false;
  last = performance.now();
  least = Math.min(Math.max(LEAST_MS, 20 * (last - began)), MOST_MS); // a server that is slow is asked less
  if (stale) plan(wait); // what grew while it was on its way may not be in it
}

function swap(page) {
  const [old, fresh] = [document.getElementById("content"), page.getElementById("content")];
  if (!old || !fresh) return;
  const here = document.activeElement;
  const changed = morph(old, fresh);
  if (here && here.isConnected && here !== document.activeElement) here.focus({ preventScroll: true });
  document.title = page.title;
  if (!changed) return;
  const said = document.getElementById("live");
  if (said) said.textContent = `Brought up to date at ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}.`;
  document.dispatchEvent(new CustomEvent("goldenthread:changed"));
}

/** Make an element like another one of a new page, keeping every node that can stay: focus and scroll stay with it. */
function morph(old, fresh) {
  let changed = attributes(old, fresh);
  const left = [...old.childNodes];
  const keyed = new Map(left.map((one) => [keyOf(one), one]).filter(([key]) => key).reverse());
  const used = new Set();
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    const match = key ? keyed.get(key) : at;
    if (match && !used.has(match) && match.parentNode === old && same(match, next)) {
      used.add(match);
      if (match !== at) { old.insertBefore(match, at); changed = true; }
      else at = at.nextSibling;
      if (match.nodeType === Node.ELEMENT_NODE) changed = morph(match, next) || changed;
      else if (match.nodeValue !== next.nodeValue) { match.nodeValue = next.nodeValue; changed = true; }
    } else {
      old.insertBefore(document.importNode(next, true), at);
      changed = true;
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
    changed = true;
  }
  return changed;
}

function same(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);
}

/** What an element is about: its id, or where the first link or form in it leads. A row never turns into another's. */
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  if (node.id) return `#${node.id}`;
  if (!node.matches("a, form, tr, li, article, section, details, dl > div")) return "";
  const link = node.matches("a, form") ? node : node.querySelector("a[href], form[action]");
  return link ? `${node.nodeName} ${link.getAttribute("href") ?? link.getAttribute("action")}` : "";
}

function attributes(old, fresh) {
  let changed = false;
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) { old.setAttribute(name, value); changed = true; }
  }
  for (const { name } of [...old.attributes]) {
    // What is open stays open; what a script marked for itself stays marked.
    if (!fresh.hasAttribute(name) && !(name === "open" && old.matches("details")) && !name.startsWith("data-own")) {
      old.removeAttribute(name);
      changed = true;
    }
  }
  return changed;
}

function hear(event) {
  if (!Object.keys(JSON.parse(event.data)).some((name) => wanted.has(name))) return;
  stale = true;
  plan();
}

const names = [...wanted].join(" ");
const stream = new EventSource(names.length <= LONGEST ? `/events?live=${encodeURIComponent(names)}` : "/events");
stream.addEventListener("grown", (event) => hear(event));
// Evidence was worked out anew, and nothing else happened: that is news where older evidence is shown, or an old day.
stream.addEventListener("made", (event) => {
  if (document.querySelector(".aged") || performance.now() - last > OLD_MS) hear(event);
});
stream.addEventListener("ended", () => stream.close());
// After the connection was lost, nobody knows what grew meanwhile.
let opened = false;
stream.addEventListener("open", () => { if (opened) { stale = true; plan(); } opened = true; });
document.addEventListener("visibilitychange", () => { if (stale && document.visibilityState === "visible") plan(LATER_MS * Math.random()); });
addEventListener("pagehide", () => stream.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
