// The files of a message: picked, dropped, pasted or recorded, uploaded while the text is written, shown as chips above
// it. The composer asks for them when it sends.

const AT_ONCE = 3; // uploads
const THUMBNAIL = 88; // pixels
const DRAWN = 30 * 1024 * 1024; // bytes of an image that is drawn small
const TAIL = 10; // characters of a name that are shown whatever its length
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const TEXTUAL = /^text\/|[+/](json|xml|yaml|javascript|x-sh|sql)$/;

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.slice(0, 4).join("")}-${hex.slice(4, 6).join("")}-4${hex[6].slice(1)}${hex[7]}-a${hex[8].slice(1)}${hex[9]}-${hex.slice(10).join("")}`;
}

function amount(bytes) {
  const power = bytes && Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const options = { style: "unit", unit: UNITS[power], unitDisplay: power ? "short" : "long", maximumFractionDigits: bytes >= 1024 ** power * 10 ? 0 : 1 };
  return new Intl.NumberFormat(document.documentElement.lang || undefined, options).format(bytes / 1024 ** power);
}

function kindOf(type) {
  const kind = type.split("/")[0];
  return ["image", "audio", "video"].includes(kind) ? kind : TEXTUAL.test(type) ? "text" : "file";
}

// A small picture of an image, drawn: a strict content policy lets no image show what was not served.
async function draw(blob, place) {
  try {
    const image = await createImageBitmap(blob);
    const canvas = document.createElement("canvas");
    const scale = THUMBNAIL / Math.min(image.width, image.height);
    canvas.width = canvas.height = THUMBNAIL;
    const [width, height] = [image.width * scale, image.height * scale];
    canvas.getContext("2d").drawImage(image, (THUMBNAIL - width) / 2, (THUMBNAIL - height) / 2, width, height);
    image.close();
    place.replaceChildren(canvas);
    return canvas.toDataURL("image/webp", 0.7);
  } catch {
    return ""; // Whatever its type says, it is no image that this browser knows: its icon stays.
  }
}

function fromDataUrl(url) {
  const bytes = Uint8Array.from(atob(url.split(",")[1] ?? ""), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: "image/webp" });
}

class Attach {
  constructor(root, element) {
    this.root = root;
    this.element = element;
    this.form = element.closest("form");
    this.list = element.querySelector("[data-chat-files]");
    this.picker = element.querySelector("[data-chat-picker]");
    this.note = element.querySelector("[data-chat-attach-note]");
    this.recorder = element.querySelector("[data-chat-recorder]");
    this.panel = element.closest("[data-input-panel]"); // Of an input that is files and nothing else.
    this.files = []; // {id, name, type, size, state: "waiting" | "running" | "done" | "failed", thumb, error, chip, file}
    this.depth = 0;
    const { uploadUrl } = element.dataset;
    this.place = { url: uploadUrl, token: null };
    this.listen();
    this.restore();
  }

  listen() {
    const { root, element } = this;
    element.addEventListener("click", (event) => this.clicked(event));
    this.picker.addEventListener("change", () => this.picked());
    this.form.addEventListener("paste", (event) => this.pasted(event));
    root.addEventListener("dragenter", (event) => this.dragged(event, 1));
    root.addEventListener("dragleave", (event) => this.dragged(event, -1));
    root.addEventListener("dragover", (event) => this.carries(event) && event.preventDefault());
    root.addEventListener("drop", (event) => this.dropped(event));
    if (this.panel) return this.alone();
    root.addEventListener("chatinterface:composing", ({ detail }) => this.composing(detail));
    root.addEventListener("chatinterface:sending", () => this.sending());
    root.addEventListener("chatinterface:accepted", () => this.accepted());
    root.addEventListener("chatinterface:refused", () => this.refused());
    this.form.addEventListener("input", () => (this.held = false));
  }

  // Its input is sent by inputs.js, which posts what its hidden fields have.
  alone() {
    document.addEventListener("submit", (event) => this.submit(event), { capture: true });
    this.form.addEventListener("htmx:beforeRequest", () => (this.asked = this.open && this.sent));
    this.form.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (!this.asked) return;
      if (detail.xhr.status >= 200 && detail.xhr.status < 300) this.accepted();
      else this.refused();
      this.asked = null;
    });
  }

  submit(event) {
    if (event.target !== this.form || !this.open) return;
    const detail = { held: false, uploads: "", uploadsToken: "" };
    this.composing(detail);
    this.post(detail.uploads, detail.uploadsToken);
    if (!detail.held) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  post(uploads, token) {
    this.element.querySelector("[data-chat-uploads]").value = uploads;
    const field = this.element.querySelector("[data-chat-uploads-token]");
    field.value = token;
    field.disabled = !token; // Another field may have one to post.
  }

  // Where the keys go on.
  focus() {
    const main = this.panel ? this.element.querySelector("[data-action=attach]") : this.form.querySelector("[data-chat-input]");
    main?.focus({ preventScroll: true });
  }

  // Whether the message that is written takes files: another input of the chat may be the active one.
  get open() {
    if (this.panel) return !this.panel.hidden;
    return !this.form.querySelector("[data-chat-area]")?.matches(":disabled");
  }

  // What comes to a form with several of these goes to the one that it is meant for, or to the first.
  meant({ target }) {
    const all = [...(this.panel?.querySelectorAll("[data-chat-attach]") ?? [this.element])];
    const field = target.closest?.("[data-field]");
    return (all.find((each) => field?.contains(each)) ?? all[0]) === this.element;
  }

  text(name, values = {}) {
    const { dataset } = this.element;
    const said = dataset[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
    return said.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  }

  say(text) {
    this.note.textContent = text;
  }

  // Stands there until something else is chosen, or sent.
  remark(text) {
    this.remarked = text;
    this.say(text);
  }

  // To those who do not see the chips.
  announce(text) {
    const status = this.root.querySelector("[data-chat-status]");
    if (status) status.textContent = text;
  }

  clicked({ target }) {
    const button = target.closest("[data-action]");
    const chip = target.closest(".ci-file");
    const entry = this.files.find((each) => each.chip === chip);
    switch (button?.dataset.action) {
      case "attach": return this.picker.click();
      case "record": return this.record();
      case "keep": return this.keep();
      case "discard": return this.discard();
      case "play": return this.play(entry);
      case "remove-file": return this.remove(entry);
    }
  }

  picked() {
    this.gather([...this.picker.files]);
    this.picker.value = "";
    this.focus();
  }

  // Of a folder what is taken, without what its owner does not see either.
  gather(files) {
    if (!("directory" in this.element.dataset)) return this.add(files);
    const seen = files.filter(({ name }) => !name.startsWith("."));
    const taken = seen.filter((file) => this.takes(file));
    this.add(taken);
    this.remark(taken.length < seen.length ? this.text("leftOut", { count: seen.length - taken.length }) : "");
  }

  carries({ dataTransfer }) {
    return this.open && dataTransfer?.types.includes("Files");
  }

  dragged(event, step) {
    if (!this.carries(event)) return;
    event.preventDefault();
    this.depth = Math.max(0, this.depth + step);
    this.root.toggleAttribute("data-dropping", this.depth > 0);
  }

  async dropped(event) {
    if (!this.carries(event)) return;
    event.preventDefault();
    this.depth = 0;
    this.root.removeAttribute("data-dropping");
    if (!this.meant(event)) return;
    const entries = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const folders = entries.map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
    const files = entries.filter((item) => !item.webkitGetAsEntry?.()?.isDirectory).map((item) => item.getAsFile());
    this.focus();
    if (!folders.length || !("directory" in this.element.dataset)) {
      this.add(files.filter(Boolean));
      this.remark(folders.length ? this.text("folder") : "");
      return;
    }
    const { walk } = await import(this.element.dataset.folderUrl);
    this.gather([...files.filter(Boolean), ...(await walk(folders))]);
  }

  pasted(event) {
    const { clipboardData } = event;
    if (!this.open || !clipboardData || !this.meant(event)) return;
    const text = this.panel ? "" : clipboardData.getData("text/plain");
    const files = [...clipboardData.files];
    // A program that copies a table brings a picture of it along.
    if (files.length && !text) {
      event.preventDefault();
      this.add(files.map((file) => this.named(file)));
    } else if (text.length > Number(this.element.dataset.maxText ?? Infinity)) {
      const file = new File([text], `${this.text("pasted")}.txt`, { type: "text/plain" });
      if (!this.takes(file)) return;
      event.preventDefault();
      this.add([file]);
    }
  }

  // What is on the clipboard has no name of its own.
  named(file) {
    if (file.name && !/^image\.\w+$/.test(file.name)) return file;
    const ending = file.type.split("/")[1]?.replace(/\W.*/, "") || "bin";
    return new File([file], `${this.text("image")}.${ending}`, { type: file.type });
  }

  takes({ name, type }) {
    const types = this.element.dataset.types.toLowerCase().split(" ").filter(Boolean);
    const lower = name.toLowerCase();
    return !types.length || types.some((each) => {
      if (each === "file") return true;
      if (each.startsWith(".")) return lower.endsWith(each);
      if (!type) return each === "text" || !each.includes("/"); // The server looks into it.
      if (each === "text") return TEXTUAL.test(type);
      return each.includes("/") && !each.endsWith("*") ? type === each : type.startsWith(`${each.split("/")[0]}/`);
    });
  }

  reason(file) {
    const { maxBytes, maxFiles } = this.element.dataset;
    if (!this.takes(file)) return this.text("type");
    if (file.size > Number(maxBytes ?? Infinity)) return this.text("size", { size: amount(Number(maxBytes)) });
    const attached = this.files.filter((each) => each.state !== "failed").length;
    return attached >= Number(maxFiles ?? Infinity) ? this.text("count", { count: maxFiles }) : "";
  }

  add(files) {
    if (this.panel) this.element.dispatchEvent(new Event("input", { bubbles: true })); // What was wrong may not be so now.
    for (const file of files) {
      const entry = { id: uuid(), name: file.name, type: file.type, size: file.size, state: "waiting", file };
      const reason = this.reason(file);
      this.show(entry);
      if (kindOf(file.type) === "image" && file.size < DRAWN && !reason) draw(file, entry.chip.querySelector(".ci-thumb")).then((thumb) => {
        entry.thumb = thumb;
        this.save();
      });
      if (reason) this.fail(entry, reason);
    }
    this.next();
    this.save();
  }

  show(entry) {
    const chip = (entry.chip = this.element.querySelector("template[data-chat-file]").content.firstElementChild.cloneNode(true));
    chip.dataset.kind = kindOf(entry.type);
    chip.title = entry.name;
    const [head, tail] = chip.querySelector(".ci-filename").children;
    const letters = [...entry.name];
    const cut = letters.length > 2 * TAIL ? letters.length - TAIL : letters.length;
    head.textContent = letters.slice(0, cut).join("");
    tail.textContent = letters.slice(cut).join("");
    this.files.push(entry);
    this.list.append(chip);
    this.list.hidden = false;
    this.update(entry);
  }

  update(entry) {
    const { chip, name } = entry;
    chip.dataset.state = entry.state;
    const bar = chip.querySelector("progress");
    bar.hidden = !["waiting", "running"].includes(entry.state);
    bar.value = entry.size ? (entry.sent ?? 0) / entry.size : 1;
    bar.setAttribute("aria-label", name);
    chip.querySelector(".ci-state").textContent = entry.error || (entry.offline ? this.text("offline") : amount(entry.size));
    const remove = chip.querySelector("[data-action=remove-file]");
    const label = this.text(bar.hidden ? "remove" : "cancel", { name });
    remove.setAttribute("aria-label", label);
    remove.title = label;
    const play = chip.querySelector("[data-action=play]");
    play.hidden = !entry.note;
    play.setAttribute("aria-label", this.text(entry.playback ? "stop" : "play", { name }));
    play.toggleAttribute("data-playing", Boolean(entry.playback));
  }

  async next() {
    const running = this.files.filter((each) => each.state === "running").length;
    const entry = this.files.find((each) => each.state === "waiting");
    if (!entry || running >= AT_ONCE) return;
    entry.state = "running";
    this.update(entry);
    this.next();
    const { Transfer } = await import(this.element.dataset.transferUrl);
    if (entry.state !== "running") return;
    entry.transfer = new Transfer(entry.file, this.address(entry), Number(this.element.dataset.piece), {
      progress: (bytes) => this.progress(entry, bytes),
      offline: (waiting) => this.progress(entry, entry.sent, waiting),
    });
    try {
      if (!(await entry.transfer.run())) return;
      entry.state = "done";
      this.announce(this.text("attached", { name: entry.name }));
    } catch (error) {
      this.fail(entry, error.message || this.text("trouble"));
    }
    this.update(entry);
    this.save();
    this.next();
    this.release();
  }

  progress(entry, bytes, offline = false) {
    entry.sent = bytes;
    entry.offline = offline;
    this.update(entry);
  }

  fail(entry, reason) {
    entry.state = "failed";
    entry.error = reason;
    this.update(entry);
    this.announce(this.text("refused", { name: entry.name, reason }));
  }

  address(entry) {
    const url = this.place.url.replace("00000000-0000-0000-0000-000000000000", entry.id);
    const token = this.place.token ?? this.form.elements.token?.value ?? "";
    return { url, token, csrf: this.form.elements.csrfmiddlewaretoken.value, input: this.element.dataset.input };
  }

  remove(entry) {
    const at = this.files.indexOf(entry);
    this.files.splice(at, 1);
    entry.playback?.stop();
    entry.transfer?.cancel();
    if (entry.state !== "waiting") this.forget(entry);
    entry.state = "removed";
    entry.chip.remove();
    this.list.hidden = !this.files.length;
    this.announce(this.text("removed", { name: entry.name }));
    const beside = this.files[at] ?? this.files[at - 1];
    if (beside) beside.chip.querySelector("[data-action=remove-file]").focus();
    else this.focus();
    this.say("");
    this.save();
    this.next();
    this.release();
  }

  // On the server. Where that fails, it is pruned some day.
  forget(entry) {
    const { url, token, csrf } = this.address(entry);
    const headers = { "Upload-Token": token, "X-CSRFToken": csrf };
    fetch(`${url}remove/`, { method: "POST", headers, keepalive: true }).catch(() => {});
  }

  // The composer wants to send: with which files, and may it?
  composing(detail) {
    if (!this.open) return;
    const waiting = this.files.some((each) => ["waiting", "running"].includes(each.state));
    const failed = this.files.some((each) => each.state === "failed");
    this.held = waiting && !failed;
    detail.held = waiting || failed;
    this.say(failed ? this.text("failed") : waiting ? this.text("waits") : "");
    if (detail.held) return;
    this.sent = [...this.files];
    detail.uploads = this.sent.map((each) => each.id.replaceAll("-", "")).join(",");
    detail.uploadsToken = this.place.token ?? "";
  }

  // What was to be sent goes out once all of it is there.
  release() {
    const waiting = this.files.some((each) => ["waiting", "running"].includes(each.state));
    if (waiting) return;
    this.say(this.remarked ?? "");
    const ready = this.panel && "autoSend" in this.panel.dataset && this.files.length && this.files.every((each) => each.state === "done");
    if (this.held || ready) this.form.requestSubmit();
  }

  // The message waits in the log, and its files with it.
  sending() {
    const body = this.root.querySelector("[data-chat-outbox] > .ci-body");
    body.querySelector(".ci-files")?.remove();
    if (!this.sent?.length) return;
    const list = this.list.cloneNode(false);
    for (const { chip } of this.sent) {
      const copy = chip.cloneNode(true);
      const [drawn, canvas] = [chip.querySelector("canvas"), copy.querySelector("canvas")];
      canvas?.getContext("2d").drawImage(drawn, 0, 0);
      for (const control of copy.querySelectorAll("button, progress")) control.remove();
      list.append(copy);
      chip.hidden = true;
    }
    list.hidden = false;
    body.append(list);
    body.querySelector("p").hidden = !body.querySelector("p").textContent;
    this.list.hidden = this.files.every((each) => each.chip.hidden);
  }

  accepted() {
    this.remark("");
    for (const entry of this.sent ?? []) {
      entry.playback?.stop();
      entry.chip.remove();
    }
    this.files = this.files.filter((each) => !this.sent?.includes(each));
    this.list.hidden = !this.files.length;
    this.sent = null;
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // See save().
    }
    // The next ones are this conversation's.
    if (!this.files.length) this.place = { url: this.element.dataset.uploadUrl, token: null };
    queueMicrotask(() => this.save());
  }

  refused() {
    for (const { chip } of this.sent ?? []) chip.hidden = false;
    this.list.hidden = !this.files.length;
    this.sent = null;
  }

  // A second press while the browser asks for the microphone would open another one, which nothing ends.
  async record() {
    if (this.asking || this.recording) return;
    this.asking = true;
    try {
      await this.openRecorder();
    } finally {
      this.asking = false;
    }
  }

  async openRecorder() {
    this.say("");
    if (!navigator.mediaDevices) return this.say(this.text("insecure"));
    const { Recording } = await import(this.element.dataset.voiceUrl);
    try {
      this.recording = await Recording.begin();
    } catch (error) {
      return this.say(this.text(error.name === "NotFoundError" ? "silent" : "denied"));
    }
    if (!this.element.isConnected) return this.recording.discard();
    this.recorder.hidden = false;
    this.form.dataset.recording = "";
    this.recorder.querySelector("[data-action=keep]").focus();
    this.announce(this.text("recording"));
    this.clock = setInterval(() => this.tick(), 250);
    this.tick();
  }

  tick() {
    if (!this.element.isConnected) return this.discard();
    const { seconds } = this.recording;
    this.recorder.querySelector("[data-time]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  async keep() {
    const recording = this.recording;
    this.closeRecorder();
    const file = await recording.end(`${this.text("note")} ${new Date().toTimeString().slice(0, 5).replace(":", ".")}`);
    if (!file) return this.say(this.text("silent"));
    this.add([file]);
    const entry = this.files.find((each) => each.file === file);
    entry.note = entry.state !== "failed";
    this.update(entry);
  }

  discard() {
    this.recording.discard();
    this.closeRecorder();
  }

  closeRecorder() {
    clearInterval(this.clock);
    this.recording = null;
    this.recorder.hidden = true;
    delete this.form.dataset.recording;
    this.focus();
  }

  async play(entry) {
    if (entry.playback) return entry.playback.stop();
    const { Playback } = await import(this.element.dataset.voiceUrl);
    entry.playback = new Playback(entry.file, () => {
      entry.playback = null;
      this.update(entry);
    });
    this.update(entry);
    await entry.playback.start();
  }

  get key() {
    const { chatName, conversation } = this.root.dataset;
    const place = this.form.elements.token ? "new" : conversation;
    return `chatinterface:${chatName}:${place}:files:${this.element.dataset.input}`;
  }

  save() {
    const token = this.place.token ?? this.form.elements.token?.value ?? "";
    const files = this.files.map(({ id, name, type, size, state, thumb, error }) => ({ id, name, type, size, state, thumb, error }));
    try {
      if (files.length) sessionStorage.setItem(this.key, JSON.stringify({ url: this.place.url, token, files }));
      else sessionStorage.removeItem(this.key);
    } catch {
      // Without storage a reload loses what was attached, and nothing else.
    }
  }

  restore() {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(this.key));
    } catch {
      // See save().
    }
    if (!kept?.files?.length) return;
    // A new page has another id: its files stay where the page was that they were attached in.
    if (this.form.elements.token) this.place = { url: kept.url, token: kept.token };
    for (const entry of kept.files) {
      if (["waiting", "running"].includes(entry.state)) Object.assign(entry, { state: "failed", error: this.text("left") });
      this.show(entry);
      if (entry.thumb) draw(fromDataUrl(entry.thumb), entry.chip.querySelector(".ci-thumb"));
    }
  }
}

document.addEventListener("chatinterface:start", ({ target: root }) => start(root));
const started = new WeakSet();

function start(root) {
  if (started.has(root)) return;
  started.add(root);
  for (const element of root.querySelectorAll("[data-chat-attach]")) new Attach(root, element);
}

// It may be loaded after the chat has started.
document.querySelectorAll("[data-chat]").forEach(start);
