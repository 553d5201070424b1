// The list of the visitor's conversations beside a chat: its days, its keys, what changes in it while it is looked at,
// its search, and whether it is shown. What is done to a conversation is in history_menu.js.

const SOON = 250; // milliseconds in which changes are gathered
const TYPING = 200; // milliseconds after the last key of a search
const ROWS = "[data-history-item]";
const PHONE = matchMedia("(max-width: 56rem)");
const lists = new WeakMap();

class List {
  constructor(root, panel) {
    this.root = root;
    this.panel = panel;
    this.element = panel.querySelector("[data-history-list]");
    this.search = panel.querySelector("[data-history-search]");
    this.archive = panel.querySelector("[data-action=archived]");
    this.key = `chatinterface:history:${root.dataset.chatName}`;
    this.title = panel.dataset.title;
    this.unread = panel.hasAttribute("data-unread");
    this.changes = new Set();
    this.show(!PHONE.matches && localStorage.getItem("chatinterface:history") !== "closed");
    PHONE.addEventListener("change", () => this.show(!PHONE.matches));
    panel.addEventListener("click", (event) => this.clicked(event));
    panel.addEventListener("keydown", (event) => this.pressed(event));
    this.element.addEventListener("focusin", ({ target }) => this.rove(target.closest(ROWS)));
    this.element.addEventListener("htmx:afterSwap", () => this.arrange());
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.look(), TYPING);
    });
    addEventListener("pagehide", () => this.remember());
    this.arrange();
    this.restore();
    this.see();
  }

  get rows() {
    return [...this.element.querySelectorAll(ROWS)];
  }

  get own() {
    return this.row(this.root.dataset.conversation);
  }

  get mode() {
    return this.element.querySelector("[data-shelf]:last-of-type").dataset.shelf;
  }

  row(uuid) {
    return this.element.querySelector(`[data-history-item="${uuid}"]`);
  }

  // Days, the row of this page, and the one that the tab key reaches.
  arrange() {
    const current = this.own;
    for (const link of this.element.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    current?.querySelector("a")?.setAttribute("aria-current", "page");
    const shelf = this.element.querySelector("[data-shelf=recent]");
    shelf?.querySelectorAll("[data-day]").forEach((heading) => heading.remove());
    let before;
    for (const row of shelf?.querySelectorAll(ROWS) ?? []) {
      const day = this.day(new Date(row.dataset.at));
      if (day !== before) row.before(heading(day));
      before = day;
    }
    this.rove(this.element.querySelector(`${ROWS}:focus-within`) ?? current ?? this.rows[0]);
    if (current && current.querySelector("a")) this.name(current);
  }

  // In the reader's time and language.
  day(time) {
    const { lang } = document.documentElement;
    const days = Math.round((midnight(new Date()) - midnight(time)) / 86400000);
    if (days <= 0) return this.panel.dataset.textToday;
    if (days === 1) return this.panel.dataset.textYesterday;
    if (days < 7) return capital(time.toLocaleDateString(lang, { weekday: "long" }), lang);
    const year = time.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return time.toLocaleDateString(lang, { day: "numeric", month: "long", year });
  }

  // The tab key reaches one row; the arrows go from there.
  rove(row) {
    if (!row) return;
    for (const each of this.rows) {
      for (const stop of each.querySelectorAll("a, button")) stop.tabIndex = each === row ? 0 : -1;
    }
  }

  // The browser's tab is called what the conversation is called.
  name(row) {
    const title = row.querySelector(".ci-item-title").title;
    if (title === this.title) return;
    if (document.title.includes(this.title)) document.title = document.title.replace(this.title, () => title);
    this.title = title;
  }

  changed(uuid, gone = false) {
    if (gone) return this.remove(this.row(uuid));
    this.changes.add(uuid);
    this.soon ??= setTimeout(() => this.update(), SOON);
  }

  async update() {
    const changes = [...this.changes];
    this.changes.clear();
    this.soon = null;
    if (changes.length > 5 || changes.includes(null)) return this.load(this.query);
    for (const uuid of changes) await this.fetchRow(uuid);
    this.arrange();
  }

  async fetchRow(uuid) {
    const response = await get(`${this.panel.dataset.listUrl}${uuid}/`);
    const html = response?.ok && !response.redirected ? await response.text() : "";
    // Only now: the list may have been loaded anew meanwhile.
    const row = this.row(uuid);
    if (row?.querySelector("input")) return;
    if (response?.status === 404) this.remove(row);
    else if (html) this.place(parsed(html), row);
  }

  // Where it belongs now. What is further down than what is loaded comes by scrolling.
  place(fresh, row) {
    const { mode } = this;
    const shelf = fresh.dataset.archived ? "archived" : fresh.dataset.pinned && mode !== "found" ? "pinned" : mode;
    if (uuidOf(fresh) === this.root.dataset.conversation) this.unread = "unread" in fresh.dataset;
    if (mode === "found") return this.refresh(row, fresh);
    const list = this.element.querySelector(`[data-shelf=${shelf === "archived" || shelf === "pinned" ? shelf : "recent"}]`);
    if (!list || (mode === "archived" && shelf !== "archived")) return this.remove(row);
    const focused = row?.contains(document.activeElement) && document.activeElement.dataset.action;
    const had = row?.contains(document.activeElement);
    row?.remove();
    const key = { archived: "archived", pinned: "pinned" }[shelf] ?? "at";
    const time = Date.parse(fresh.dataset[key]);
    const next = [...list.querySelectorAll(ROWS)].find((each) => Date.parse(each.dataset[key]) < time);
    const more = list.querySelector("[data-history-more]");
    if (!next && more && !had) return;
    if (next) next.before(fresh);
    else if (more) more.before(fresh);
    else list.append(fresh);
    if (had) fresh.querySelector(focused ? `[data-action=${focused}]` : "a")?.focus();
  }

  refresh(row, fresh) {
    if (!row) return;
    const snippet = row.querySelector(".ci-snippet");
    const had = row.contains(document.activeElement);
    if (snippet) fresh.querySelector("a").append(snippet);
    row.replaceWith(fresh);
    if (had) fresh.querySelector("a").focus();
  }

  remove(row) {
    if (!row) return;
    const { rows } = this;
    const near = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
    const had = row.contains(document.activeElement);
    row.remove();
    this.changes.delete(uuidOf(row));
    this.arrange();
    if (had) (near?.querySelector("a") ?? this.search).focus();
  }

  get query() {
    const text = this.search.value.trim();
    if (text) return `?q=${encodeURIComponent(text)}`;
    return this.archive.getAttribute("aria-pressed") === "true" ? "?archived=1" : "";
  }

  async load(query) {
    this.fetching?.abort();
    const fetching = (this.fetching = new AbortController());
    const response = await get(`${this.panel.dataset.listUrl}${query}`, fetching.signal);
    if (!response?.ok || response.redirected) return;
    const html = await response.text();
    if (fetching.signal.aborted || this.element.querySelector("input")) return;
    const focused = document.activeElement?.closest(ROWS);
    this.element.innerHTML = html;
    window.htmx?.process(this.element);
    if (focused) (this.row(uuidOf(focused)) ?? this.rows[0])?.querySelector("a").focus();
    this.arrange();
    return true;
  }

  async look() {
    if (!(await this.load(this.query)) || !this.search.value.trim()) return this.say("");
    this.element.scrollTop = 0;
    const { textFound, textNothing } = this.panel.dataset;
    const more = this.element.querySelector("[data-history-more]") ? "+" : "";
    this.say(this.rows.length ? textFound.replace("{count}", this.rows.length + more) : textNothing);
  }

  say(text) {
    this.panel.querySelector("[data-history-status]").textContent = text;
  }

  // Another page of the same list begins where this one was left.
  remember() {
    const { scrollTop } = this.element;
    if (this.mode === "recent") sessionStorage.setItem(this.key, JSON.stringify({ top: scrollTop, count: this.rows.length }));
  }

  async restore() {
    const { top = 0, count = 0 } = JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
    while (top > this.element.clientHeight && this.rows.length < Math.min(count, 1000) && (await this.more()));
    this.element.scrollTop = top;
    this.own?.scrollIntoView({ block: "nearest" });
  }

  async more() {
    const sentinel = this.element.querySelector("[data-history-more]");
    const response = sentinel && (await get(sentinel.getAttribute("hx-get")));
    if (!response?.ok || !sentinel.isConnected) return false;
    sentinel.outerHTML = await response.text();
    window.htmx?.process(this.element);
    this.arrange();
    return true;
  }

  // A new visitor has a session by the answer to the first message, which the reply may be faster than.
  get known() {
    return this.sent || !this.root.querySelector("input[name=token]");
  }

  // A reply that ended before the reader's eyes is not unread.
  see() {
    if (!this.unread || !this.known || document.visibilityState !== "visible" || !window.htmx) return;
    this.unread = false;
    const { logUrl, conversation } = this.root.dataset;
    const seen = window.htmx.ajax("POST", `${logUrl}../see/`, { source: this.panel, swap: "none" });
    seen.then(() => this.changed(conversation), () => {});
  }

  settled() {
    if (this.panel.hasAttribute("data-fresh") && this.sent) {
      // Its socket was opened before the visitor had a session, to whose list it belongs.
      this.panel.removeAttribute("data-fresh");
      this.emit("renew");
    }
    this.unread = true;
    this.see();
    this.changed(this.root.dataset.conversation);
  }

  show(shown, focus = false) {
    this.root.dataset.historyState = shown ? "open" : "closed";
    const toggle = this.root.querySelector("[data-action=history]");
    toggle?.setAttribute("aria-expanded", shown);
    for (const each of this.root.children) {
      if (each !== this.panel) each.inert = shown && PHONE.matches;
    }
    if (!focus) return;
    if (!PHONE.matches) localStorage.setItem("chatinterface:history", shown ? "open" : "closed");
    if (!shown) toggle?.focus();
    else (this.own ?? this.panel).querySelector("a").focus();
  }

  clicked({ target }) {
    if (target.closest("[data-action=close-history]") || target === this.panel) this.show(false, true);
    const archived = target.closest("[data-action=archived]");
    if (!archived) return;
    archived.setAttribute("aria-pressed", archived.getAttribute("aria-pressed") !== "true");
    this.search.value = "";
    this.load(this.query);
  }

  pressed(event) {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (key === "Escape" && target === this.search && target.value) {
      target.value = "";
      this.look();
    } else if (key === "Escape" && PHONE.matches && !target.closest("[popover], dialog")) {
      this.show(false, true);
    } else if (target === this.search ? key === "ArrowDown" : target.closest(ROWS) && !target.matches("input")) {
      if (!this.move(key, target.closest(ROWS))) return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  move(key, row) {
    const { rows } = this;
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
    if (to === undefined) return false;
    if (to < 0) this.search.focus();
    else rows[to]?.querySelector("a").focus();
    if (to >= rows.length - 1) this.element.querySelector("[data-history-more]")?.scrollIntoView({ block: "nearest" });
    return true;
  }

  emit(type, detail) {
    this.root.dispatchEvent(new CustomEvent(`chatinterface:${type}`, { bubbles: true, detail }));
  }
}

const uuidOf = (row) => row.dataset.historyItem;
const midnight = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate());
const capital = (text, lang) => text.charAt(0).toLocaleUpperCase(lang) + text.slice(1);

function heading(text) {
  const item = document.createElement("li");
  item.className = "ci-day";
  item.dataset.day = "";
  item.append(document.createElement("h2"));
  item.firstChild.textContent = text;
  return item;
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

// Nothing where it was given up, or there is no connection.
const get = (url, signal) => fetch(url, { signal, headers: { "HX-Request": "true" } }).catch(() => null);

function on(type, handle) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => {
    const list = lists.get(target.closest("[data-chat]"));
    if (list) handle(list, detail ?? {});
  });
}

document.addEventListener("chatinterface:start", ({ target }) => {
  const panel = target.querySelector("[data-history]");
  if (panel) lists.set(target, new List(target, panel));
});
on("history.changed", (list, { conversation, gone }) => list.changed(conversation, gone));
for (const type of ["sent", "pressed"]) {
  on(type, (list) => {
    list.sent = true;
    list.see();
    list.changed(list.root.dataset.conversation);
  });
}
on("message.added", (list) => list.changed(list.root.dataset.conversation));
on("message.settled", (list) => list.settled());
// What changed while there was no connection.
on("open", (list) => (list.connected && list.load(list.query), (list.connected = true)));
document.addEventListener("visibilitychange", () => {
  document.querySelectorAll("[data-chat]").forEach((root) => lists.get(root)?.see());
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-action=history]");
  const list = button && lists.get(button.closest("[data-chat]"));
  if (list) list.show(list.root.dataset.historyState !== "open", true);
});
