// The websocket of each chat: connects, comes back by itself, and dispatches every frame as an event "chatinterface:<type>"
// on the chat's root. Nothing goes up but what keeps the stream in step.

const FINAL = new Set([4401, 4403, 4404]);
const ACKNOWLEDGE = 16384; // characters of patches
const NOTICED = 2000; // milliseconds without a connection until the page says so
const LONGEST = 20000; // milliseconds between two attempts
const STEADY = 5000; // milliseconds after which a connection counts as a good one

const connections = new Map();

class Connection {
  constructor(root) {
    this.root = root;
    this.attempts = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    if (!this.root.isConnected) return this.forget();
    const url = new URL(this.root.dataset.socketUrl, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("revision", this.root.dataset.revision);
    this.noticed ??= setTimeout(() => this.say(this.root.dataset.textOffline), NOTICED);
    this.received = this.acknowledged = 0;
    const socket = (this.socket = new WebSocket(url));
    socket.onopen = () => this.opened();
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code }) => socket === this.socket && this.closed(code);
  }

  opened() {
    this.since = Date.now();
    clearTimeout(this.noticed);
    this.noticed = null;
    this.say("");
    this.root.dataset.connection = "open";
    this.emit("open");
  }

  receive(data) {
    if (!this.root.isConnected) return this.forget();
    const frame = JSON.parse(data);
    if (frame.type === "error") this.refusal = frame.detail;
    this.emit(frame.type, frame);
    // The log that is fetched anew says itself what it has: without it nothing must seem to be known.
    if (frame.revision !== undefined && frame.type !== "log.changed") this.root.dataset.revision = frame.revision;
    if (frame.type === "message.patch") this.received += frame.tail.length;
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
      return this.say(this.refusal ?? this.root.dataset["text-404"]);
    }
    if (Date.now() - this.since > STEADY) this.attempts = 0;
    const wait = Math.min(LONGEST, 250 * 2 ** this.attempts++);
    this.noticed ??= setTimeout(() => this.say(this.root.dataset.textOffline), NOTICED);
    this.timer = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2));
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

  send(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
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
    connections.delete(this.root);
    this.final = true;
    this.socket?.close();
  }
}

const each = (act) => () => connections.forEach(act);

document.addEventListener("chatinterface:start", ({ target }) => connections.set(target, new Connection(target)));
document.addEventListener("chatinterface:ask", ({ target, detail }) => connections.get(target)?.send(detail));
document.addEventListener("chatinterface:renew", ({ target }) => connections.get(target)?.renew());
document.addEventListener("visibilitychange", each((connection) => document.hidden || connection.hurry()));
window.addEventListener("online", each((connection) => connection.renew()));
window.addEventListener("pageshow", each((connection) => connection.hurry()));
