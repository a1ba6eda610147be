// A long timeline as a tree of which only what can be seen is in the page.
//
// The server sends it in windows; this module asks for those that come into sight, and forgets those that have left.
// Without it the same rows stand on pages of two hundred, each with a link to its step.

const WINDOW = 100;
const KEPT = 6;
const AROUND = 8;

class Tree {
  constructor(root) {
    this.root = root;
    this.frame = root.querySelector(".beats-frame");
    this.list = root.querySelector(".beats");
    this.panel = root.querySelector("[data-panel]");
    this.count = root.querySelector("[data-count]");
    this.shown = Number(root.dataset.shown);
    this.windows = new Map(); // number of a window -> its rows, or null while it is asked for; the latest used last
    this.closed = new Set();
    this.active = Number(this.list.dataset.begin);
    this.chosen = "";
    this.list.setAttribute("role", "tree");
    this.list.removeAttribute("start");
    for (const row of this.list.children) plain(row);
    root.classList.add("live");
    this.height = this.list.firstElementChild.getBoundingClientRect().height;
    root.querySelector(".pages")?.remove();
    this.list.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("focusin", (event) => this.focused(event));
    this.frame.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.measured()).observe(this.frame);
    this.sized();
    this.frame.scrollTop = (this.active - 1) * this.height;
    this.draw();
  }

  sized() {
    this.list.style.height = `${this.shown * this.height}px`;
    this.frame.classList.toggle("short", this.shown * this.height < 480);
    if (this.count && !this.root.dataset.find) {
      this.count.textContent = `${this.shown.toLocaleString("en")} rows; arrows move, Enter opens a step`;
    }
  }

  measured() {
    const row = this.list.querySelector(".beat");
    const height = row ? row.getBoundingClientRect().height : this.height;
    if (height && height !== this.height) {
      this.height = height;
      this.sized();
    }
    this.soon();
  }

  soon() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.draw();
    });
  }

  // --- what is in sight ---------------------------------------------------------------------------------------------

  draw() {
    const first = Math.max(1, Math.floor(this.frame.scrollTop / this.height) + 1 - AROUND);
    const fits = Math.ceil(this.frame.clientHeight / this.height);
    const last = Math.min(this.shown, first + fits + 2 * AROUND);
    const wanted = new Map();
    for (let number = first; number <= last; number += 1) this.want(number, wanted);
    this.want(this.active, wanted); // whoever stands on a row keeps standing on it, also when it is out of sight
    for (const row of [...this.list.children]) if (wanted.get(Number(row.dataset.number)) !== row) row.remove();
    let before = null;
    for (const [number, row] of [...wanted].sort(([one], [two]) => one - two)) {
      if (row.parentNode !== this.list) {
        this.list.insertBefore(row, before ? before.nextSibling : this.list.firstChild);
      }
      row.style.top = `${(number - 1) * this.height}px`;
      this.marked(row, number);
      before = row;
    }
  }

  want(number, wanted) {
    if (number < 1 || number > this.shown) return;
    const page = Math.floor((number - 1) / WINDOW);
    if (!this.windows.has(page)) {
      this.fetch(page);
      return;
    }
    const rows = this.windows.get(page);
    this.windows.delete(page);
    this.windows.set(page, rows);
    const row = rows?.[(number - 1) % WINDOW];
    if (row) wanted.set(number, row);
  }

  marked(row, number) {
    const active = number === this.active;
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", row.dataset.level);
    row.setAttribute("aria-posinset", row.dataset.position);
    row.setAttribute("aria-setsize", row.dataset.siblings);
    row.setAttribute("aria-selected", String(row.dataset.key === this.chosen));
    if (row.dataset.open) row.setAttribute("aria-expanded", row.dataset.open);
    row.tabIndex = active ? 0 : -1;
    if (active && this.moves) {
      this.moves = false;
      row.focus({ preventScroll: true });
    }
  }

  async fetch(page) {
    const asked = this.asked ?? 0;
    this.windows.set(page, null);
    const query = new URLSearchParams({
      from: String(page * WINDOW + 1), count: String(WINDOW), show: this.root.dataset.show,
      find: this.root.dataset.find, closed: [...this.closed].join(","),
    });
    const list = await this.parts(`${this.root.dataset.timeline}/window?${query}`);
    if (asked !== (this.asked ?? 0)) return; // it was folded otherwise meanwhile
    if (!list) {
      this.windows.delete(page);
      return;
    }
    const rows = [...list.querySelectorAll(".beat")].map((row) => plain(document.importNode(row, true)));
    this.shown = Number(list.querySelector(".beats").dataset.shown);
    this.windows.set(page, rows);
    for (const old of this.windows.keys()) {
      if (this.windows.size <= KEPT) break;
      if (old !== page && this.windows.get(old)) this.windows.delete(old);
    }
    this.sized();
    this.soon();
  }

  async parts(address) {
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.root.classList.remove("lost");
      return new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      if (this.count) this.count.textContent = "The rest could not be fetched. Load the page again.";
      this.root.classList.add("lost");
      return null;
    }
  }

  // --- what people do -----------------------------------------------------------------------------------------------

  go(number) {
    this.active = Math.max(1, Math.min(this.shown, number));
    const top = (this.active - 1) * this.height;
    if (top < this.frame.scrollTop) this.frame.scrollTop = top;
    const below = top + this.height - this.frame.clientHeight;
    if (below > this.frame.scrollTop) this.frame.scrollTop = below;
    this.moves = true;
    this.draw();
  }

  at(number) {
    return this.windows.get(Math.floor((number - 1) / WINDOW))?.[(number - 1) % WINDOW];
  }

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.frame.clientHeight / this.height) - 1);
    const ways = {
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.shown, End: this.shown,
    };
    const row = this.at(this.active);
    if (event.key in ways) this.go(this.active + ways[event.key]);
    else if (event.key === "ArrowRight" && row?.dataset.open === "false") this.fold(row);
    else if (event.key === "ArrowRight") this.go(this.active + (row?.dataset.open ? 1 : 0));
    else if (event.key === "ArrowLeft" && row?.dataset.open === "true") this.fold(row);
    else if (event.key === "ArrowLeft") this.above(row);
    else if ((event.key === "Enter" || event.key === " ") && row) this.choose(row);
    else if (event.key === "/") document.getElementById("find")?.focus();
    else return;
    event.preventDefault();
  }

  above(row) {
    const level = Number(row?.dataset.level);
    for (let number = this.active - 1; number >= 1; number -= 1) {
      const one = this.at(number);
      if (!one) return;
      if (Number(one.dataset.level) < level) {
        this.go(number);
        return;
      }
    }
  }

  fold(row) {
    const key = row.dataset.key;
    if (!this.closed.delete(key)) this.closed.add(key);
    this.asked = (this.asked ?? 0) + 1;
    const kept = Math.floor((Number(row.dataset.number) - 1) / WINDOW);
    row.dataset.open = String(!this.closed.has(key));
    for (const page of [...this.windows.keys()]) if (page !== kept) this.windows.delete(page);
    this.moves = true;
    this.fetch(kept);
  }

  clicked(event) {
    const row = event.target.closest(".beat");
    if (!row) return;
    if (event.ctrlKey || event.metaKey) {
      window.open(row.dataset.address, "_blank", "noopener");
      return;
    }
    this.active = Number(row.dataset.number);
    if (event.target.closest(".fold") && row.dataset.open) this.fold(row);
    else this.choose(row);
  }

  focused(event) {
    const row = event.target.closest(".beat");
    if (row && Number(row.dataset.number) !== this.active) {
      this.active = Number(row.dataset.number);
      this.soon();
    }
  }

  async choose(row) {
    this.chosen = row.dataset.key;
    this.draw();
    row.focus({ preventScroll: true });
    const found = await this.parts(`${this.root.dataset.timeline}/step/${encodeURIComponent(row.dataset.key)}`);
    if (!found || this.chosen !== row.dataset.key) return;
    this.panel.replaceChildren(...[...found.body.childNodes].map((node) => document.importNode(node, true)));
    this.panel.hidden = false;
  }
}

// A row of the tree is one thing to stand on, so its link becomes text; where it led is kept.
function plain(row) {
  const link = row.querySelector("a.line");
  if (!link) return row;
  const line = document.createElement("span");
  line.className = "line";
  line.append(...link.childNodes);
  row.dataset.address = link.getAttribute("href");
  link.replaceWith(line);
  return row;
}

for (const root of document.querySelectorAll("[data-timeline]")) {
  if (root.querySelector(".beat")) new Tree(root);
}
