// Where the reader is in the log: follows the end while the reader is there, keeps the place while older messages are
// loaded or the log is fetched anew.

const NEAR = "100"; // pixels from the end
const POLL = 3000; // milliseconds between two looks at the log while a reply is written and no socket is open
const PATIENCE = 1500; // milliseconds for the socket to bring what was sent
const logs = new WeakMap();

const newest = (node) => Math.max(0, ...Array.from(node.querySelectorAll("[data-message]"), ({ dataset }) => Number(dataset.message)));

class Log {
  constructor(root) {
    this.root = root;
    this.element = root.querySelector("[data-chat-log]");
    this.button = root.querySelector("[data-action=latest]");
    const { scrollLimit = NEAR, scrollButton = NEAR, viewFirst } = root.dataset;
    this.near = Number(scrollLimit);
    this.far = Number(scrollButton);
    this.following = viewFirst === undefined;
    this.top = 0;
    this.unseen = 0;
    if (this.following && !this.blank) this.element.scrollTop = this.element.scrollHeight;
    this.element.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // An image has its height only now.
    this.element.addEventListener("load", () => this.grown(), { capture: true });
    new ResizeObserver(() => this.grown()).observe(this.element);
    root.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
      if (detail.shouldSwap && target.matches("[data-chat-older]")) this.open();
    });
    root.addEventListener("htmx:beforeRequest", ({ target }) => target.matches("[data-turns]") && this.turns(target));
    root.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful || (this.turning = null));
    root.addEventListener("htmx:afterSwap", () => this.swapped());
    this.poll = setInterval(() => this.look(), POLL);
  }

  // Only the reader's own scrolling upwards ends the following: content that grows also moves the end away.
  scrolled() {
    if (this.anchor) return;
    const { scrollTop } = this.element;
    if (this.distance < (this.near || 1)) this.follow(true);
    else if (scrollTop < this.top) this.follow(false);
    else this.show();
    this.top = scrollTop;
  }

  get distance() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight;
  }

  // What the page says of itself is read from its beginning.
  get blank() {
    return this.root.hasAttribute("data-empty") && this.element.querySelector("[data-chat-outbox]").hidden;
  }

  follow(following) {
    this.following = following;
    if (following) this.unseen = 0;
    this.show();
  }

  // Where the log does not follow by itself, it still goes where its reader asks.
  grown({ asked = false } = {}) {
    if (!this.following || (!this.near && !asked)) return this.show();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.following || this.blank) return;
      this.element.scrollTop = this.element.scrollHeight;
      this.top = this.element.scrollTop;
    });
  }

  added() {
    if (!this.following || !this.near) this.unseen += 1;
    this.grown();
  }

  show() {
    const far = this.far && (this.far <= this.near || this.distance >= this.far);
    const hidden = !far || Boolean(this.following && this.near);
    if (this.button.hidden !== hidden) this.button.hidden = hidden;
    const count = this.button.querySelector(".ci-count");
    if (count.dataset.count === String(this.unseen)) return;
    count.dataset.count = this.unseen;
    count.hidden = !this.unseen;
    count.textContent = count.dataset.label.replace("{count}", this.unseen);
  }

  latest() {
    this.follow(true);
    this.grown({ asked: true });
    this.root.querySelector("[data-chat-input]")?.focus({ preventScroll: true });
  }

  // Another version stands where the one stood whose button was pressed, and the focus is on the same button of it.
  turns(button) {
    const article = button.closest("[data-message]");
    this.turning = { id: button.dataset.turns, top: article?.getBoundingClientRect().top };
  }

  // Older messages come.
  open() {
    this.hush();
    this.hold();
  }

  // What was said before is not read out again.
  hush() {
    clearTimeout(this.hushed);
    this.element.setAttribute("aria-live", "off");
    this.hushed = setTimeout(() => this.element.removeAttribute("aria-live"), 1000);
  }

  // Remember the first message in view, and where it stands.
  hold() {
    if (this.turning?.id) {
      this.following = false;
      this.anchor = this.turning;
    }
    if (this.following || this.anchor) return;
    const { top } = this.element.getBoundingClientRect();
    for (const article of this.element.querySelectorAll("[data-message]")) {
      const box = article.getBoundingClientRect();
      this.anchor = { id: article.dataset.message, top: box.top };
      if (box.bottom > top) return;
    }
  }

  // The message itself, or what was said before it where it is not shown any more: ids are in the order of the log.
  get anchored() {
    const articles = this.anchor ? [...this.element.querySelectorAll("[data-message]")] : [];
    return articles.findLast((article) => Number(article.dataset.message) <= this.anchor.id);
  }

  swapped() {
    this.emit("inserted");
    if (this.anchor && !this.fetching) this.release();
  }

  release() {
    const article = this.anchored;
    if (article) this.element.scrollTop += article.getBoundingClientRect().top - this.anchor.top;
    this.top = this.element.scrollTop;
    this.anchor = null;
    if (this.turning) this.turned();
    this.grown();
  }

  // It was the visitor's own doing, of which the status line tells: the log is not read out again.
  turned() {
    const { id } = this.turning;
    this.turning = null;
    this.hush();
    if (id) this.follow(this.distance < (this.near || 1));
  }

  async refetch() {
    this.fetching?.abort();
    // A visitor's first message makes their session; only its answer brings the cookie that shows them the log.
    this.awaited = Boolean(this.root.querySelector("input[name=token]")) && !this.answered;
    if (this.awaited) return;
    const fetching = (this.fetching = new AbortController());
    try {
      const html = await this.get(this.root.dataset.logUrl, fetching.signal);
      if (html !== null) await this.replace(html, fetching.signal);
    } catch (error) {
      if (error.name !== "AbortError") setTimeout(() => this.refetch(), POLL);
    } finally {
      if (this.fetching === fetching) this.fetching = null;
    }
  }

  async get(url, signal) {
    const response = await fetch(url, { signal, headers: { "HX-Request": "true" } });
    if (response.redirected || response.headers.has("HX-Redirect")) location.reload();
    if (response.status >= 500) throw new Error(response.statusText);
    return response.ok && !response.redirected ? response.text() : null;
  }

  async replace(html, signal) {
    this.hold();
    const made = Object.assign(document.createElement("template"), { innerHTML: html }).content;
    if (this.turning || !this.tells(made)) this.hush();
    const focus = this.focused();
    const outbox = this.element.querySelector("[data-chat-outbox]");
    while (outbox.previousSibling) outbox.previousSibling.remove();
    outbox.before(made);
    this.emit("inserted");
    const { revision, undone } = this.element.querySelector("[data-chat-snapshot]").dataset;
    this.root.dataset.undone = undone;
    this.root.toggleAttribute("data-empty", !this.element.querySelector("[data-message]:not([data-quiet])"));
    try {
      while (this.anchor && !this.anchored && (await this.earlier(signal)));
    } finally {
      this.release();
      focus?.();
      this.renewed();
    }
    const behind = Number(revision) < Number(this.root.dataset.revision) && revision !== this.fetched;
    this.fetched = revision;
    if (behind) await this.refetch();
    else this.root.dataset.revision = revision;
  }

  // Whether it has a new message, or the end of one.
  tells(made) {
    const busy = [...this.element.querySelectorAll("[data-message][aria-busy]")];
    const ended = busy.some(({ dataset }) => !made.querySelector(`[data-message="${dataset.message}"][aria-busy]`));
    return ended || newest(made) > newest(this.element);
  }

  // What has the focus is replaced: gives it to what takes its place, or to the log.
  focused() {
    const control = document.activeElement;
    const article = this.element.contains(control) && control.closest("[data-message]");
    if (!article) return null;
    const id = this.turning?.id || article.dataset.message;
    const { action } = control.dataset;
    return () => {
      if (![document.body, this.element].includes(document.activeElement)) return;
      if (control.isConnected) return control.focus({ preventScroll: true });
      const there = this.element.querySelector(`[data-message="${id}"]`);
      const same = action && there?.querySelector(`[data-action="${action}"]:enabled`);
      const near = action && there?.querySelector(".ci-versions :enabled");
      (same || near || this.element).focus({ preventScroll: true });
    };
  }

  // What the reader looks at may be further back than the newest messages.
  async earlier(signal) {
    const sentinel = this.element.querySelector("[data-chat-older]");
    const html = sentinel && (await this.get(sentinel.getAttribute("hx-get"), signal));
    if (html) sentinel.outerHTML = html;
    this.emit("inserted");
    return Boolean(html);
  }

  renewed() {
    window.htmx?.process(this.element);
    this.element.dispatchEvent(new CustomEvent("chatinterface:content", { bubbles: true, detail: [this.element] }));
    for (const article of this.element.querySelectorAll("[data-message][aria-busy]")) {
      this.emit("ask", { type: "ack", message: Number(article.dataset.message), seq: 0 });
    }
    this.emit("refetched");
  }

  // Where no socket can be had, a reply is still shown.
  look() {
    if (!this.root.isConnected) return this.gone();
    const { connection, state } = this.root.dataset;
    if (connection === "closed" && !this.ended && state !== "idle" && navigator.onLine) this.refetch();
  }

  // What listens to the page of a chat hears nothing of a chat that is in none any more.
  gone() {
    clearInterval(this.poll);
    document.dispatchEvent(new CustomEvent("chatinterface:gone", { detail: this.root }));
  }

  expect(revision, { follow = true } = {}) {
    this.answered = true;
    if (follow) this.follow(true);
    if (this.awaited) return this.refetch();
    const behind = () => Number(this.root.dataset.revision) < revision;
    if (!behind()) return void (this.turning = null);
    const open = this.root.dataset.connection === "open";
    setTimeout(() => {
      if (!behind()) return;
      if (open) this.emit("renew");
      this.refetch();
    }, open ? PATIENCE : 200);
  }

  emit(type, detail) {
    this.root.dispatchEvent(new CustomEvent(`chatinterface:${type}`, { bubbles: true, detail }));
  }
}

function on(type, handle) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => {
    const root = target.closest("[data-chat]");
    if (logs.has(root)) handle(logs.get(root), detail);
  });
}

document.addEventListener("chatinterface:start", ({ target }) => logs.set(target, new Log(target)));
on("sending", (log) => log.follow(true));
on("placed", (log) => log.grown({ asked: true }));
on("sent", (log, { revision }) => log.expect(revision));
on("pressed", (log, { revision }) => log.expect(revision, { follow: false }));
on("turned", (log, { revision }) => log.expect(revision, { follow: false }));
on("message.added", (log) => log.added());
on("message.patch", (log) => log.grown());
on("content", (log) => log.grown());
on("closed", (log, { final }) => (log.ended = final));
on("log.changed", (log) => log.refetch());
// What a part looks like may come after it.
document.addEventListener("load", ({ target }) => {
  if (target.rel !== "stylesheet") return;
  for (const root of document.querySelectorAll("[data-chat]")) logs.get(root)?.grown();
}, { capture: true });
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-action=latest]")) logs.get(target.closest("[data-chat]"))?.latest();
});
