// The editor of contracts: the page's own textarea over a coloured copy of its text, a gutter, and a list of offers.
//
// The textarea stays what it is, so reading aloud, undoing, searching and input methods work as everywhere else.

import { offersAt } from "./completing.js";
import { coloured } from "./yaml.js";

const INDENT = "  ";
const LARGEST = 64 * 1024; // what has more is no contract, and is shown without colours

/** Makes a textarea lively inside a frame; the hint says its keys. */
export class Editor {
  constructor(frame, textarea, hint) {
    this.textarea = textarea;
    this.words = null; // what can be completed, once it is there
    this.asked = false; // for offers before it was
    this.offers = null;
    this.free = false; // after Escape, Tab leaves
    this.wrong = new Map(); // line -> {line, column, words}
    this.drawn = []; // the lines that stand in the coloured copy
    this.build(frame, hint);
    this.listen();
    this.draw();
  }

  get text() {
    return this.textarea.value;
  }

  /** What can be completed, from now on. */
  know(words) {
    this.words = words;
    if (this.asked) this.open(true);
  }

  /** Where findings stand: [{line, column, words}]. */
  mark(findings) {
    this.wrong = new Map(findings.map((one) => [one.line, one]));
    this.draw();
  }

  /** Put the caret at a line and column, both from 1. */
  goTo(line, column) {
    const lines = this.text.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = Math.min(start + column - 1, start + (lines[line - 1] ?? "").length);
    this.textarea.focus({ preventScroll: true });
    this.textarea.setSelectionRange(at, at);
    this.show(line);
  }

  /** Another text in place of this one. */
  replace(text) {
    this.textarea.value = text;
    this.draw();
  }

  // --- building -------------------------------------------------------------------------------------------------

  build(frame, hint) {
    this.frame = frame;
    this.gutter = make("div", "gutter", { "aria-hidden": "true" });
    this.colours = make("pre", "colours", { "aria-hidden": "true" });
    this.list = make("ul", "offers", { id: "offers", role: "listbox", "aria-label": "What can stand here" });
    this.list.hidden = true;
    this.told = make("p", "skip-said", { role: "status" });
    const typing = document.activeElement === this.textarea; // moving it takes the caret away
    const [start, end] = [this.textarea.selectionStart, this.textarea.selectionEnd];
    const sheet = make("div", "sheet", {});
    sheet.append(this.colours, this.textarea);
    frame.append(this.gutter, sheet);
    frame.after(this.list, this.told);
    frame.classList.add("lively");
    if (typing) this.textarea.focus({ preventScroll: true });
    if (typing) this.textarea.setSelectionRange(start, end);
    this.textarea.setAttribute("aria-autocomplete", "list");
    this.textarea.setAttribute("aria-controls", "offers");
    hint.textContent =
      "Ctrl+Space offers what can stand here. Tab indents; Escape and then Tab leaves the editor. F8 goes to the next finding. Kept as you write.";
  }

  listen() {
    this.textarea.addEventListener("input", (event) => this.changed(event));
    this.textarea.addEventListener("keydown", (event) => this.pressed(event));
    this.textarea.addEventListener("blur", () => this.close());
    this.textarea.addEventListener("click", () => this.close());
    for (const scrolled of [this.frame, window]) {
      scrolled.addEventListener("scroll", () => this.offers && this.place(this.offers.from), { passive: true });
    }
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const chosen = event.target.closest("li");
      if (chosen) this.take(Number(chosen.dataset.number));
    });
  }

  // --- drawing --------------------------------------------------------------------------------------------------

  /** Draw what differs from what is drawn: at a key, one line of hundreds. */
  draw() {
    const plain = this.text.length > LARGEST;
    const wanted = this.text.split("\n").map((text, at) => ({ text, wrong: this.wrong.get(at + 1), plain }));
    const { before, after } = alike(this.drawn, wanted);
    const old = this.drawn.slice(before, this.drawn.length - after);
    const fresh = wanted.slice(before, wanted.length - after);
    for (const line of fresh) line.node = lineNode(line);
    const next = this.drawn[this.drawn.length - after]?.node ?? null;
    for (const line of old) line.node.remove();
    const piece = document.createDocumentFragment();
    piece.append(...fresh.map((line) => line.node));
    this.colours.insertBefore(piece, next);
    this.drawn = [
      ...this.drawn.slice(0, before),
      ...fresh,
      ...this.drawn.slice(this.drawn.length - after),
    ];
    this.number();
  }

  /** As many numbers as lines, those of findings marked. */
  number() {
    const numbers = this.gutter.children;
    while (numbers.length > this.drawn.length) this.gutter.lastChild.remove();
    while (numbers.length < this.drawn.length) {
      const number = make("span", "", {});
      number.textContent = String(numbers.length + 1);
      this.gutter.append(number);
    }
    for (const marked of this.gutter.querySelectorAll(".wrong")) marked.className = "";
    for (const line of this.wrong.keys()) if (numbers[line - 1]) numbers[line - 1].className = "wrong";
  }

  show(line) {
    const height = this.colours.scrollHeight / Math.max(1, this.text.split("\n").length + 1);
    const top = (line - 1) * height;
    if (top < this.frame.scrollTop || top > this.frame.scrollTop + this.frame.clientHeight - 3 * height) {
      this.frame.scrollTop = Math.max(0, top - this.frame.clientHeight / 3);
    }
    this.frame.scrollIntoView({ block: "nearest" });
  }

  // --- keys -----------------------------------------------------------------------------------------------------

  changed(event) {
    this.free = false;
    this.draw();
    const typed = event.inputType === "insertText" && /[\w\s:]/.test(event.data ?? "");
    if (this.offers || (typed && /[A-Za-z_]/.test(event.data ?? ""))) this.open(false);
    else this.close();
  }

  pressed(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.open(true);
      return;
    }
    if (this.offers && this.moved(event)) return;
    if (event.key === "Escape") {
      this.free = true;
      this.say("Tab leaves the editor now.");
    } else if (event.key === "Tab" && !event.ctrlKey && !event.altKey) {
      if (this.free || event.shiftKey) return;
      event.preventDefault();
      this.insert(INDENT);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.insert(`\n${this.indent()}`);
    } else if (event.key === "F8") {
      event.preventDefault();
      this.nextFinding();
    }
  }

  /** Keys of an open list; true where one was for it. */
  moved(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) {
      event.preventDefault();
      this.choose(this.offers.chosen + steps[event.key]);
      return true;
    }
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
      return true;
    }
    if ((event.key === "Enter" || event.key === "Tab") && this.offers.chosen >= 0) {
      event.preventDefault();
      this.take(this.offers.chosen);
      return true;
    }
    return false;
  }

  indent() {
    const line = this.text.slice(0, this.textarea.selectionStart).split("\n").pop();
    const own = /^\s*/.exec(line)[0];
    if (/:\s*$/.test(line)) return own + INDENT;
    return /^\s*- \S/.test(line) ? `${own}- ` : own;
  }

  nextFinding() {
    const here = this.text.slice(0, this.textarea.selectionStart).split("\n").length;
    const lines = [...this.wrong.keys()].sort((one, other) => one - other);
    const line = lines.find((one) => one > here) ?? lines[0];
    if (line === undefined) return this.say("Nothing is wrong.");
    const found = this.wrong.get(line);
    this.goTo(line, found.column);
    return this.say(`Line ${line}: ${found.words}`);
  }

  insert(text) {
    this.textarea.focus();
    // The only way that keeps the browser's own undo; where it is gone, the text is set without.
    if (!document.execCommand("insertText", false, text)) {
      this.textarea.setRangeText(text, this.textarea.selectionStart, this.textarea.selectionEnd, "end");
      this.textarea.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  }

  // --- offers ---------------------------------------------------------------------------------------------------

  open(asked) {
    if (!this.words) {
      this.asked = asked;
      return;
    }
    const caret = this.textarea.selectionStart;
    const found = offersAt(this.words, this.text, caret);
    if (!found.offers.length) {
      this.close();
      if (asked) this.say("Nothing is known that can stand here.");
      return;
    }
    this.offers = { ...found, chosen: -1 };
    this.list.replaceChildren(...found.offers.map(offered));
    this.list.hidden = false;
    this.textarea.setAttribute("aria-haspopup", "listbox");
    this.place(found.from);
    this.choose(asked ? 0 : -1);
    this.say(`${found.offers.length} can stand here. Arrow keys choose, Enter takes, Escape closes.`);
  }

  place(from) {
    const before = this.text.slice(0, from).split("\n");
    const box = this.frame.getBoundingClientRect();
    const sheet = this.colours.getBoundingClientRect();
    const height = sheet.height / (this.text.split("\n").length + 1);
    const left = sheet.left + 12 + before[before.length - 1].length * this.letter();
    const under = Math.min(sheet.top + 12 + before.length * height, box.bottom);
    const room = innerHeight - under > this.list.offsetHeight + 8;
    const top = room ? under : Math.max(8, under - height - this.list.offsetHeight);
    this.list.style.left = `${Math.max(8, Math.min(left, innerWidth - this.list.offsetWidth - 8))}px`;
    this.list.style.top = `${top}px`;
  }

  letter() {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = getComputedStyle(this.textarea).font;
    return pen.measureText("m").width;
  }

  choose(number) {
    const items = [...this.list.children];
    const chosen = Math.max(-1, Math.min(number, items.length - 1));
    this.offers.chosen = chosen;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    if (chosen < 0) return this.textarea.removeAttribute("aria-activedescendant");
    this.textarea.setAttribute("aria-activedescendant", items[chosen].id);
    return items[chosen].scrollIntoView({ block: "nearest" });
  }

  take(number) {
    const offer = this.offers.offers[number];
    this.textarea.setSelectionRange(this.offers.from, this.textarea.selectionStart);
    this.close();
    this.insert(offer.text);
    this.close();
  }

  close() {
    if (!this.offers) return;
    this.offers = null;
    this.list.hidden = true;
    this.textarea.removeAttribute("aria-activedescendant");
    this.textarea.removeAttribute("aria-haspopup");
  }

  say(words) {
    this.told.textContent = words;
  }
}

/** How many lines at the beginning and at the end are drawn as they are wanted. */
function alike(drawn, wanted) {
  const same = (one, other) => one.text === other.text && one.wrong === other.wrong && one.plain === other.plain;
  const most = Math.min(drawn.length, wanted.length);
  let before = 0;
  while (before < most && same(drawn[before], wanted[before])) before += 1;
  let after = 0;
  while (after < most - before && same(drawn[drawn.length - 1 - after], wanted[wanted.length - 1 - after])) after += 1;
  return { before, after };
}

/** A line in its colours; what stands at a finding's column is marked. */
function lineNode({ text, wrong, plain }) {
  const node = make("span", "", {});
  let at = 0;
  for (const [kind, part] of plain ? [["", text]] : coloured(text)) {
    const here = wrong && at <= wrong.column - 1 && wrong.column - 1 < at + part.length;
    at += part.length;
    if (!kind && !here) {
      node.append(part);
      continue;
    }
    const piece = make("span", `${kind ? `y-${kind}` : ""}${here ? " y-wrong" : ""}`.trim(), {});
    piece.textContent = part;
    node.append(piece);
  }
  node.append("\n");
  return node;
}

function offered(offer, number) {
  const item = make("li", `offer-${offer.kind}`, { id: `offer-${number}`, role: "option", "aria-selected": "false" });
  item.dataset.number = String(number);
  const code = make("code", "", {});
  code.textContent = offer.text;
  item.append(code);
  if (offer.about) {
    const about = make("span", "about", {});
    about.textContent = offer.about;
    item.append(about);
  }
  return item;
}

function make(tag, classes, attributes) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
