// The websocket of each chat: connects, comes back by itself, and dispatches every frame as an event "chatinterface:<type>"
// on the chat's root. Up goes what keeps the stream in step, and the messages that the composer gives it.

const FINAL = new Set([4401, 4403, 4404, 4409]);
const MOVED = 4409; // the visitor has logged in, in another tab
const ACKNOWLEDGE = 16384; // UTF-16 units of patches
const NOTICED = 2000; // milliseconds without a connection until the page says so
const LONGEST = 20000; // milliseconds between two attempts
const STEADY = 5000; // milliseconds after which a connection counts as a good one

// Frames whose revision tells what the log is to become, not what it is by them.
const FORETELLS = new Set(["log.changed", "sent"]);

const REFERS = / (?:src|data-fetch)=/;

const connections = new Map();

// In UTF-16 units, of which a character has one or two: the server, which counts characters, knows.
function sizeOf({ tail, changes = [] }) {
  return changes.reduce((sum, change) => sum + (change.tail ?? change.html ?? change.shell).length, tail.length);
}

class Connection {
  constructor(root) {
    this.root = root;
    this.attempts = 0;
    this.expected = 0; // the revision that the log is to have
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    if (!this.root.isConnected) return this.forget();
    this.noticed ??= setTimeout(() => this.say(this.root.dataset.textOffline), NOTICED);
    this.granted = this.byToken;
    this.attend(this.dial());
    this.socket.onopen = () => this.opened();
  }

  get byToken() {
    return /[?&]token=/.test(this.root.dataset.socketUrl);
  }

  dial() {
    const url = new URL(this.root.dataset.socketUrl, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("revision", this.root.dataset.revision);
    return new WebSocket(url);
  }

  attend(socket) {
    this.socket = socket;
    this.received = this.acknowledged = 0;
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code }) => socket === this.socket && this.closed(code);
  }

  // A page that its token has let in may have had no session then: by its cookie its visitor can send, too. The open
  // socket is given up when the other is there; not while a reply is written, of which something would be missed.
  identify() {
    if (!this.granted || this.byToken || this.identifying || !this.rests) return;
    this.identifying = true;
    const [old, socket] = [this.socket, this.dial()];
    socket.onclose = () => (this.identifying = false);
    socket.onopen = () => {
      this.identifying = false;
      if (this.socket !== old || old.readyState !== WebSocket.OPEN || !this.rests) return socket.close();
      this.granted = false;
      this.attend(socket);
      old.onmessage = null;
      old.close();
    };
  }

  // The log has all that is known to have been said, and nothing is being written.
  get rests() {
    const { state, revision } = this.root.dataset;
    return state === "idle" && Number(revision) >= this.expected;
  }

  opened() {
    this.since = Date.now();
    clearTimeout(this.noticed);
    this.noticed = null;
    this.say("");
    this.root.dataset.connection = "open";
    this.emit("open");
  }

  // A new visitor gets the cookie, without which nothing that a reply refers to can be loaded, with the answer to the
  // first message: the reply may be faster.
  holds(data) {
    const known = this.answered || !this.root.querySelector("input[name=token]");
    if (!this.held && (known || !REFERS.test(data))) return false;
    (this.held ??= []).push(data);
    return true;
  }

  answer({ revision = 0 }) {
    this.answered = true;
    this.expected = revision;
    const held = this.held ?? [];
    this.held = null;
    held.forEach((data) => this.receive(data));
  }

  receive(data) {
    if (!this.root.isConnected) return this.forget();
    if (this.holds(data)) return;
    const frame = JSON.parse(data);
    if (frame.type === "error") this.refusal = frame.detail;
    this.emit(frame.type, frame);
    // The log that is fetched anew says itself what it has: without it nothing must seem to be known.
    if (frame.revision !== undefined && !FORETELLS.has(frame.type)) this.root.dataset.revision = frame.revision;
    if (frame.type === "message.patch") this.received += sizeOf(frame);
    const due = frame.type === "message.settled" ? 1 : ACKNOWLEDGE;
    if (this.received - this.acknowledged >= due) {
      this.acknowledged = this.received;
      this.send({ type: "ack", bytes: this.received });
    }
  }

  closed(code) {
    this.root.dataset.connection = "closed";
    this.final = FINAL.has(code);
    this.emit("closed", { final: this.final });
    if (this.final) {
      clearTimeout(this.noticed);
      if (code === MOVED) this.follow();
      return this.say(this.refusal ?? this.root.dataset["text-404"]);
    }
    if (Date.now() - this.since > STEADY) this.attempts = 0;
    const wait = Math.min(LONGEST, 250 * 2 ** this.attempts++);
    this.noticed ??= setTimeout(() => this.say(this.root.dataset.textOffline), NOTICED);
    this.timer = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
  }

  // What was the session's is the user's, who has it as soon as the answer to the login has come.
  async follow(tries = 20) {
    await new Promise((waited) => setTimeout(waited, 500));
    const { ok } = await fetch(location.href, { method: "HEAD" }).catch(() => ({}));
    if (ok) location.reload();
    else if (tries) this.follow(tries - 1);
  }

  // After a change of the network, or of what the visitor looks at: no waiting.
  hurry() {
    if (!this.final && this.socket.readyState > WebSocket.OPEN) this.connect();
  }

  // An open socket may be dead without knowing it.
  renew() {
    if (this.final) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.root.dataset.connection = "closed";
    this.connect();
  }

  // Whether it went out; whether it arrives is another matter.
  send(frame) {
    const open = this.socket.readyState === WebSocket.OPEN;
    if (open) this.socket.send(JSON.stringify(frame));
    return open;
  }

  say(text) {
    const line = this.root.querySelector("[data-chat-connection]");
    if (line) line.textContent = text;
  }

  emit(type, detail) {
    this.root.dispatchEvent(new CustomEvent(`chatinterface:${type}`, { bubbles: true, detail }));
  }

  forget() {
    clearTimeout(this.noticed);
    clearTimeout(this.timer);
    connections.delete(this.root);
    this.final = true;
    this.socket?.close();
  }
}

const each = (act) => () => connections.forEach(act);

document.addEventListener("chatinterface:start", ({ target }) => connections.set(target, new Connection(target)));
for (const type of ["sent", "pressed"]) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => {
    connections.get(target.closest("[data-chat]"))?.answer(detail);
  });
}
document.addEventListener("chatinterface:ask", ({ target, detail }) => connections.get(target)?.send(detail));
document.addEventListener("chatinterface:send", ({ target, detail }) => {
  const connection = connections.get(target);
  detail.sent = connection && !connection.granted && connection.send(detail.frame);
});
// When the visitor is known, by the answer to what they have sent or pressed, and the reply is complete: either may come
// last.
for (const type of ["accepted", "pressed", "message.settled"]) {
  document.addEventListener(`chatinterface:${type}`, ({ target }) => {
    setTimeout(() => connections.get(target.closest("[data-chat]"))?.identify());
  });
}
document.addEventListener("chatinterface:renew", ({ target }) => connections.get(target)?.renew());
document.addEventListener("chatinterface:gone", ({ detail }) => connections.get(detail)?.forget());
document.addEventListener("visibilitychange", each((connection) => document.hidden || connection.hurry()));
window.addEventListener("online", each((connection) => connection.renew()));
window.addEventListener("pageshow", each((connection) => connection.hurry()));
