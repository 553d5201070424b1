// The form below the log: sends by Enter, clears at once, and never loses what was typed. Each message has a key of its
// own, kept for repeats, so that sending again what may have arrived is harmless: plain text goes by the open socket,
// and is posted where that does not take it.

const RETRY = 5000; // milliseconds
const PATIENCE = 4000; // milliseconds for the socket to answer
const LONGEST = 8000; // UTF-16 units that go by the socket
const SOON = 50; // milliseconds for the log to have what was sent before the page shows that by itself
const REPEATABLE = new Set([0, 502, 503, 504]); // Whether it arrived is not known, or it did not.

// crypto.randomUUID() is there only where the page is served securely.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// A field that grows with its text heeds no attribute that says from and to how many lines.
function limit({ rows, style, dataset }) {
  const height = (lines) => `calc(var(--ci-target) + ${lines - 1} * 1.5rem)`;
  if (rows > 1) style.minBlockSize = height(rows);
  if (dataset.maxRows) style.maxBlockSize = `min(40dvh, ${height(dataset.maxRows)})`;
}

class Composer {
  constructor(root, form) {
    this.root = root;
    this.form = form;
    this.input = form.querySelector("[data-chat-area]");
    this.errors = form.querySelector("[data-chat-errors]");
    this.outbox = root.querySelector("[data-chat-outbox]");
    this.sending = null; // {text, key, waiting, shown, carried}
    this.posted = false; // whether the last request was for the text: its answer may find another input active
    this.expected = 0; // the revision in which the log has what was sent last
    const early = this.input.value;
    this.restore();
    this.input.addEventListener("keydown", (event) => this.keydown(event));
    this.input.addEventListener("input", () => this.typed());
    form.addEventListener("submit", (event) => this.submit(event), { capture: true });
    form.addEventListener("htmx:configRequest", ({ detail }) => this.configure(detail.parameters));
    form.addEventListener("htmx:beforeSend", () => this.started());
    form.addEventListener("htmx:beforeSwap", ({ detail }) => this.admit(detail));
    form.addEventListener("htmx:afterRequest", ({ detail }) => this.answered(detail.xhr));
    form.querySelector("[data-action=send]").disabled = false;
    this.grow();
    form.querySelectorAll("[data-chat-area]").forEach(limit);
    if (document.activeElement === document.body && !("unfocused" in form.dataset)) this.input.focus({ preventScroll: true });
    // An Enter that was pressed before this ran has made a line.
    if (early.endsWith("\n")) {
      this.set(early.slice(0, -1));
      form.requestSubmit();
    }
  }

  // Another input of the chat is the active one: it is inputs.js that sends it.
  get aside() {
    return this.input.matches(":disabled");
  }

  // Whether the text stays where it is when it was sent.
  get keeps() {
    return "keeps" in this.form.dataset;
  }

  keydown(event) {
    // While a word is being composed Enter accepts it; Safari has already ended the composition then, and says 229.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const commanded = event.ctrlKey || event.metaKey;
    const breaks = this.input.dataset.enter === "breaks";
    if (!commanded && (breaks || event.shiftKey || event.altKey)) return;
    event.preventDefault();
    if (!event.repeat) this.form.requestSubmit();
  }

  typed() {
    this.next = false;
    this.complain("");
    this.grow();
    this.save();
  }

  submit(event) {
    if (this.aside) return;
    const text = this.input.value;
    // An Enter counts when the message before has arrived and can be followed, unless what it was pressed for is edited.
    if (this.sending && !this.repeating) this.next = text.trim() && text !== this.sending.text;
    if (this.sending?.waiting) return;
    // attach.js says which files go with it, and whether they are there.
    const attached = { held: Boolean(this.sending), uploads: "", uploadsToken: "" };
    const { held, uploads, uploadsToken } = attached.held ? attached : this.emit("composing", attached);
    if (held || !(text.trim() || uploads)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const same = this.refused?.text === text && (this.refused.uploads ?? "") === uploads;
    this.sending = { text, key: same ? this.refused.key : uuid(), uploads, uploadsToken };
    if (!this.carry()) return;
    event.preventDefault();
    event.stopPropagation();
    this.started();
  }

  // By the socket, where the conversation has begun and what is sent is text and nothing else.
  carry() {
    const { text, key, uploads } = this.sending;
    const { token, example } = this.form.elements;
    if (!("sends" in this.root.dataset) || token || example?.value || uploads || text.length > LONGEST) return false;
    const { sent = false } = this.emit("send", { frame: { type: "send", key, text } });
    this.sending.carried = Boolean(sent);
    if (sent) this.timer = setTimeout(() => this.post(key), PATIENCE);
    return sent;
  }

  taken(key) {
    if (!this.sending?.carried || this.sending.key !== key) return;
    clearTimeout(this.timer);
    this.accepted();
    this.save();
  }

  // The socket has not taken it, or nobody knows: the answer to a request says.
  post(key = this.sending?.key) {
    if (!this.sending?.carried || this.sending.key !== key) return;
    clearTimeout(this.timer);
    this.sending.carried = false;
    this.sending.waiting = true;
    this.again();
  }

  configure(parameters) {
    this.posted = !this.aside;
    if (!this.posted) return;
    parameters.message = this.sending.text;
    parameters.key = this.sending.key;
    if (!this.sending.uploads) return;
    parameters.uploads = this.sending.uploads;
    parameters.uploads_token = this.sending.uploadsToken;
  }

  started() {
    this.complain("");
    if (this.aside) return;
    this.sending.waiting = false;
    // While a reply is written the server may refuse: then the text had better not go and come back.
    const { state, onBusy } = this.root.dataset;
    if ((state === "idle" || onBusy) && !this.sending.shown) this.show();
    this.save();
  }

  show() {
    this.sending.shown = true;
    this.outbox.querySelector(".ci-body > p").textContent = this.sending.text;
    clearTimeout(this.appearing);
    this.appearing = setTimeout(() => this.appear(), SOON);
    if (!this.keeps) this.set("");
    // The button that was pressed gives way to another.
    if (this.form.contains(document.activeElement)) this.input.focus({ preventScroll: true });
    this.emit("sending");
  }

  // Have the page show by itself what was sent, or no more.
  reveal(visible) {
    clearTimeout(this.appearing);
    this.appearing = null;
    this.outbox.hidden = !visible;
    this.root.toggleAttribute("data-appeared", visible);
  }

  appear() {
    this.reveal(true);
    this.emit("placed");
  }

  // The log has it, which may never have appeared before.
  vanish() {
    const soon = this.appearing;
    this.reveal(false);
    if (soon) this.emit("placed");
  }

  // Of all refusals, 422 brings the sentences to show.
  admit(detail) {
    detail.shouldSwap = detail.xhr.status === 422;
    detail.isError = !detail.shouldSwap && detail.isError;
  }

  answered(xhr) {
    const successful = xhr.status >= 200 && xhr.status < 300;
    if (!this.posted && successful) this.settled();
    if (!this.posted || !this.sending) return;
    if (successful) this.accepted();
    else if (REPEATABLE.has(xhr.status)) this.wait();
    else this.refuse(xhr.status);
    this.save();
  }

  accepted() {
    if (!this.keeps && !this.sending.shown && this.input.value === this.sending.text) this.set("");
    this.sending = this.refused = null;
    this.outbox.lastElementChild.hidden = true;
    const status = this.root.querySelector("[data-chat-status]");
    if (status.textContent === this.root.dataset.textKept) status.textContent = "";
    this.emit("accepted");
    this.settled();
    this.proceed();
  }

  // What the server has may be in the log already, where only the answer was late or lost: then it is not shown twice, and
  // what Enter was pressed for too early can follow.
  proceed() {
    const { state, onBusy, revision } = this.root.dataset;
    const there = Number(revision) >= this.expected;
    if (there && !this.sending) this.vanish();
    if (!this.next || this.aside || this.sending || !(onBusy || (state === "idle" && there))) return;
    this.next = false;
    this.form.requestSubmit();
  }

  // The conversation has its row now: its owner is known without the token, which ends some day.
  settled() {
    const token = this.form.elements.token;
    if (!token) return;
    this.forget();
    token.remove();
    const url = new URL(this.root.dataset.socketUrl, location.href);
    url.searchParams.delete("token");
    this.root.dataset.socketUrl = url.pathname + url.search;
  }

  wait() {
    if (!this.sending.shown) this.show();
    this.sending.waiting = true;
    this.outbox.lastElementChild.hidden = false;
    this.root.querySelector("[data-chat-status]").textContent = this.root.dataset.textKept;
    this.appear();
    this.retry();
  }

  retry() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), RETRY);
  }

  again() {
    if (!this.sending?.waiting || !this.form.isConnected) return;
    if (this.aside) return this.retry();
    this.repeating = true;
    this.form.requestSubmit();
    this.repeating = false;
  }

  refuse(status) {
    const { text, key, shown, uploads } = this.sending;
    this.refused = { text, key, uploads };
    this.sending = null;
    this.next = false;
    this.reveal(false);
    if (shown && !this.keeps) this.set(this.input.value ? `${text}\n${this.input.value}` : text);
    const { dataset } = this.root;
    if (status !== 422) this.complain(dataset[`text-${status}`] ?? dataset.textTrouble);
    this.invalid(true);
    this.emit("refused");
  }

  complain(text) {
    if (text) this.errors.textContent = text;
    else if (this.errors.firstChild) this.errors.replaceChildren();
    this.invalid(Boolean(text));
  }

  invalid(invalid) {
    if (invalid === this.input.hasAttribute("aria-invalid")) return;
    if (invalid) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", this.errors.id);
    } else {
      this.input.removeAttribute("aria-invalid");
      this.input.removeAttribute("aria-describedby");
    }
  }

  // A message has arrived in the log. It may be the one that waits: sending that again tells.
  arrived() {
    if (this.sending?.waiting) this.again();
    else this.vanish();
  }

  confirmed(revision) {
    this.expected = revision;
  }

  set(text) {
    this.input.value = text;
    this.grow();
  }

  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.input.style.blockSize = "auto";
    this.input.style.blockSize = `${this.input.scrollHeight}px`;
  }

  get place() {
    const { chatName, conversation } = this.root.dataset;
    return `chatinterface:${chatName}:${this.form.elements.token ? "new" : conversation}`;
  }

  save() {
    const { text, key, uploads } = this.sending ?? this.refused ?? {};
    const draft = this.input.value === text ? "" : this.input.value;
    try {
      if (draft || text || uploads) sessionStorage.setItem(this.place, JSON.stringify({ draft, text, key, uploads }));
      else this.forget();
    } catch {
      // Without storage a reload loses the draft, and nothing else.
    }
  }

  restore() {
    try {
      const { draft, text, key, uploads } = JSON.parse(sessionStorage.getItem(this.place)) ?? {};
      if (text || uploads) this.refused = { text, key, uploads };
      this.input.value ||= [text, draft].filter(Boolean).join("\n");
    } catch {
      // See save().
    }
  }

  forget() {
    try {
      sessionStorage.removeItem(this.place);
    } catch {
      // See save().
    }
  }

  emit(type, detail) {
    this.root.dispatchEvent(new CustomEvent(`chatinterface:${type}`, { bubbles: true, detail }));
    return detail;
  }
}

const composers = new Map();

document.addEventListener("chatinterface:start", ({ target: root }) => {
  const form = root.querySelector("[data-chat-form]");
  if (form?.querySelector("[data-chat-area]")) composers.set(root, new Composer(root, form));
});
document.addEventListener("chatinterface:gone", ({ detail }) => composers.delete(detail));
document.addEventListener("chatinterface:sent", ({ target, detail }) => {
  const composer = composers.get(target.closest("[data-chat]"));
  composer?.confirmed(detail.revision);
  composer?.taken(detail.key);
});
document.addEventListener("chatinterface:unsent", ({ target, detail }) => composers.get(target)?.post(detail.key));
document.addEventListener("chatinterface:closed", ({ target }) => composers.get(target)?.post());
document.addEventListener("chatinterface:pressed", ({ target }) => {
  const composer = composers.get(target.closest("[data-chat]"));
  composer?.settled();
  composer?.save();
});
for (const type of ["message.settled", "refetched"]) {
  document.addEventListener(`chatinterface:${type}`, ({ target }) => setTimeout(() => composers.get(target)?.proceed()));
}
document.addEventListener("chatinterface:open", ({ target }) => composers.get(target)?.again());
document.addEventListener("chatinterface:refetched", ({ target }) => composers.get(target)?.arrived());
document.addEventListener("chatinterface:message.added", ({ target }) => composers.get(target)?.arrived());
window.addEventListener("online", () => composers.forEach((composer) => composer.again()));
