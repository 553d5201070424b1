// Starts every [data-chat] of the page, those that htmx inserts later too, and keeps what its root says of its
// state. The other modules listen for events on the root, as a site's own scripts can.

const ALERTS = ["note", "tip", "important", "warning", "caution"];
const started = new WeakSet();

function start(root) {
  if (started.has(root)) return;
  started.add(root);
  dress(root);
  if (!root.hasAttribute("data-shared")) converse(root);
  date(root, [root]);
  dressUp([root]);
  equip(root, [root]);
}

// What is shared is only read.
function converse(root) {
  root.addEventListener("htmx:configRequest", ({ detail }) => authorize(root, detail));
  root.addEventListener("htmx:beforeRequest", ({ detail }) => notice(root, detail, ""));
  root.addEventListener("htmx:afterRequest", ({ detail }) => refused(root, detail));
  window.htmx?.process(root); // Otherwise its turn comes later, and what is sent before would leave the page.
  order(root);
  root.dispatchEvent(new CustomEvent("chatinterface:start", { bubbles: true }));
}

// What the stylesheet cannot know.
function dress(root) {
  root.style.setProperty("--ci-threshold", `${root.dataset.placeholderThreshold}s`);
  const { height, width, headerBackground, headerColor } = root.dataset;
  if (width) root.style.setProperty("--ci-width", `${width}px`);
  if (headerBackground) root.style.setProperty("--ci-header-background", headerBackground);
  if (headerColor) root.style.setProperty("--ci-header-color", headerColor);
  if (height) root.style.setProperty("--ci-height", /^\d+$/.test(height) ? `${height}px` : height);
  for (const kind of ALERTS) {
    root.style.setProperty(`--ci-title-${kind}`, JSON.stringify(root.getAttribute(`data-title-${kind}`)));
  }
}

// Making one takes longer than what it is used for.
const formats = new Map();

function formatOf(language, options) {
  const name = JSON.stringify([language, options]);
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(language, options));
  return formats.get(name);
}

// The server does not know the clock of whoever reads.
async function date({ dataset, ownerDocument }, elements) {
  const times = elements.flatMap((each) => [...each.querySelectorAll("time.ci-time:not([title])")]);
  if (!times.length) return;
  const reader = { language: ownerDocument.documentElement.lang || undefined, timeZone: dataset.timestampTz };
  const written = (moment, options) => formatOf(reader.language, { timeZone: reader.timeZone, ...options }).format(moment);
  const custom = dataset.timestampFormat && (await import(dataset.timesUrl));
  const days = { year: "numeric", month: "numeric", day: "numeric" };
  const today = written(new Date(), days);
  for (const time of times) {
    const moment = new Date(time.dateTime);
    const day = written(moment, days) === today ? {} : { day: "numeric", month: "short" };
    time.title = written(moment, { dateStyle: "full", timeStyle: "short" });
    time.textContent = custom
      ? custom.format(dataset.timestampFormat, moment, reader)
      : written(moment, { hour: "numeric", minute: "2-digit", ...day });
  }
}

function startAll(within) {
  if (within.matches?.("[data-chat]")) start(within);
  within.querySelectorAll("[data-chat]").forEach(start);
}

// Messages are rendered once for all tabs, so that the buttons in them cannot hold a token. By the page's own a button
// may begin the conversation.
function authorize(root, { elt, headers, parameters }) {
  const token = root.querySelector("input[name=csrfmiddlewaretoken]");
  const own = elt.matches("[data-custom]") && root.querySelector("input[name=token]");
  if (token) headers["X-CSRFToken"] = token.value;
  if (own) parameters.token = own.value;
}

// What cannot be done is said, also where a button has nothing to show it in. The form of messages does so itself.
function refused(root, detail) {
  const { status, responseText } = detail.xhr;
  if (detail.successful || detail.elt.matches("[data-chat-form]") || (status === 422 && detail.elt.matches("[data-form]"))) return;
  if (status === 422) notice(root, detail, "", responseText);
  else notice(root, detail, root.dataset[`text-${status}`] ?? root.dataset.textTrouble);
}

function notice(root, { elt, requestConfig }, text, html = "") {
  const region = elt.querySelector("[data-chat-errors]") ?? root.querySelector("[data-chat-notices]");
  if (!region || requestConfig.verb === "get") return;
  region.textContent = text;
  region.insertAdjacentHTML("beforeend", html);
}

function say(root, text) {
  const line = root.querySelector("[data-chat-status]");
  if (line) line.textContent = text ?? "";
}

function setState(root, state) {
  if (root.dataset.state === state) return;
  const stop = root.querySelector("[data-action=stop]");
  const focused = stop && stop === document.activeElement;
  root.dataset.state = state;
  if (state === "streaming") say(root, root.dataset.textWriting);
  if (state === "idle" && focused) root.querySelector("[data-chat-input]")?.focus();
}

const EQUIPMENT = {
  codeUrl: "pre, table, math",
  componentsUrl: "[data-part]:not([data-kind=input], [data-kind=step], [data-kind=text])",
};

// Most conversations begin without code, tables, formulas and components: what these need is loaded with the first.
function equip(root, elements) {
  for (const [url, selector] of Object.entries(EQUIPMENT)) {
    const needed = elements.some((each) => each.matches(selector) || each.querySelector(selector));
    if (needed) import(root.dataset[url]).then(({ prepare }) => prepare(root, elements));
  }
}

// An element may name the stylesheets and the module that it needs, where few have such elements.
const styled = new Map();

function style(url) {
  if (!styled.has(url)) {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: url });
    styled.set(url, new Promise((resolve) => (link.onload = link.onerror = resolve)));
    document.head.append(link);
  }
  return styled.get(url);
}

function dressUp(elements) {
  const needy = "[data-style]:not([data-styled]), [data-module]:not([data-loaded])";
  for (const element of elements.flatMap((each) => [each, ...each.querySelectorAll(needy)])) {
    const { style: styles, module } = element.dataset;
    if (styles) Promise.all(styles.split(" ").map(style)).then(() => (element.dataset.styled = ""));
    if (module) import(module).then(({ prepare }) => element.isConnected && prepare?.(element));
  }
}

const GLIMPSE = 250; // milliseconds within which most buttons are done, and nothing needs to turn for them

function look(root, glimpsed) {
  const [running, queued] = ["running", "queued"].map((status) => root.querySelectorAll(`[data-chat-log] > [data-status=${status}]`));
  root.toggleAttribute("data-several", running.length + queued.length > 1);
  const quiet = !queued.length && running.length === 1 && "quiet" in running[0].dataset;
  if (quiet && !glimpsed && root.dataset.state === "idle") setTimeout(() => look(root, true), GLIMPSE);
  else setState(root, running.length ? "streaming" : queued.length ? "queued" : "idle");
  order(root);
}

// What depends on the messages around is said by attributes: a selector that asks for it has all of the log styled anew
// by whatever changes in it.
function order(root) {
  const messages = [...root.querySelectorAll("[data-chat-log] > .ci-message")];
  root.toggleAttribute("data-opened", messages.some((each) => "opening" in each.dataset));
  root.toggleAttribute("data-unasked", !messages.some((each) => each.dataset.role === "user"));
  messages.forEach((each, index) => {
    const next = messages[index + 1];
    const followed = each.dataset.role === "assistant" && next?.matches("[data-role=assistant]:not([data-button])");
    each.toggleAttribute("data-latest", !next);
    each.toggleAttribute("data-followed", Boolean(followed));
    each.toggleAttribute("data-answered", Boolean(next?.matches("[data-filled]")));
  });
}

// Something stands in the log that can be read, and is no more than what a button may leave nothing of.
function fill(root) {
  if (!root.querySelector("[data-message]:not([data-quiet])")) return;
  root.querySelector("[data-chat-empty]")?.remove();
  root.removeAttribute("data-empty");
}

function on(type, handle) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => {
    handle(target, detail);
  });
}

// What was undone can be brought back until something else is said than what its button says itself.
function added(root, article) {
  fill(root);
  if (article && !("quiet" in article.dataset) && article.dataset.button !== root.dataset.undone) root.dataset.undone = "";
  look(root);
}
on("message.added", (root, { message }) => added(root, message && root.querySelector(`[data-message="${message}"]`)));
on("spoken", (article) => added(article.closest("[data-chat]"), article));
document.addEventListener("chatinterface:content", ({ target, detail }) => {
  const root = target.closest("[data-chat]");
  date(root, detail);
  dressUp(detail);
  equip(root, detail);
});
on("start", look);
on("inserted", order);
on("refetched", look);
on("run.state", (root, { message, status, text }) => {
  const article = root.querySelector(`[data-message="${message}"]`);
  const shown = article?.querySelector("[data-chat-waiting]");
  if (!shown || !["queued", "running"].includes(article.dataset.status)) return;
  shown.textContent = text;
  article.dataset.status = status;
  look(root);
});
on("message.settled", (root, { status }) => {
  look(root);
  say(root, root.dataset[`text${status[0].toUpperCase()}${status.slice(1)}`]);
});
on("notice", async (root, notice) => {
  const [module, stylesheet] = root.dataset.noticesUrl.split(" ");
  const [{ show }] = await Promise.all([import(module), style(stylesheet)]);
  show(root, notice);
});

// What is needed for a click that few make is loaded with it.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-action=copy], [data-action=copy-all]");
  const root = button?.closest("[data-chat]");
  if (root) (await import(root.dataset.copyUrl)).copy(root, button);
});

// What was taken back returns to the field, and leaves it when it is brought back.
on("turned", (control, { said, offer, withdraw }) => {
  const root = control.closest("[data-chat]");
  const input = root.querySelector("textarea[data-chat-input]");
  say(root, said);
  if (input && (offer ? !input.value : withdraw && input.value === withdraw)) {
    input.value = offer ?? "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (!control.closest("[data-message]")) root.querySelector("[data-chat-input]")?.focus({ preventScroll: true });
});
// A slider in a reply says where it stands, also before the script of its form is there.
document.addEventListener("input", ({ target }) => {
  if (target.type !== "range" || !target.closest("[data-form], [data-prompt]")) return;
  const output = target.closest("[data-field]")?.querySelector("output");
  if (output) output.value = target.value;
});
// The last own message can be edited from the empty field.
document.addEventListener("keydown", (event) => {
  const { target, key, shiftKey, altKey, ctrlKey, metaKey } = event;
  if (key !== "ArrowUp" || shiftKey || altKey || ctrlKey || metaKey) return;
  if (!target.matches("textarea[data-chat-input]") || target.value) return;
  const edit = [...target.closest("[data-chat]").querySelectorAll("[data-role=user] [data-action=edit]")].at(-1);
  if (!edit) return;
  event.preventDefault();
  edit.click();
});
// Keys that are no text where they are pressed. All others belong to what has the focus.
const TEXT = "textarea, select, [contenteditable], input:not([type=button], [type=checkbox], [type=color], [type=file], [type=radio], [type=range])";
const KEYS = {
  "/": (root) => root.querySelector("[data-chat-input]"),
  "?": (root) => root.querySelector("[data-action=shortcuts]"),
  Escape: (root) => root.dataset.state !== "idle" && root.querySelector("[data-action=stop]:not([hidden])"),
};
document.addEventListener("keydown", (event) => {
  const { target, key, altKey, ctrlKey, metaKey } = event;
  if (event.defaultPrevented || event.isComposing || altKey || ctrlKey || metaKey || !KEYS[key]) return;
  const chats = document.querySelectorAll("[data-chat]");
  const root = target.closest("[data-chat]") ?? (target === document.body && chats.length === 1 ? chats[0] : null);
  const composing = target.closest("[data-chat-form]");
  if (!root || document.querySelector("dialog[open], :popover-open")) return;
  if (target.matches(TEXT) && !(key === "Escape" && composing)) return;
  const control = KEYS[key](root);
  if (!control) return;
  event.preventDefault();
  if (control.matches("[data-chat-input]")) control.focus({ preventScroll: true });
  else control.click();
});
// A tooltip goes by Escape, until something else is pointed at or has the focus.
document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape") (target.closest("[data-chat]") ?? document.querySelector("[data-chat]"))?.setAttribute("data-hushed", "");
});
for (const type of ["focusin", "pointerout"]) {
  document.addEventListener(type, ({ target }) => target.closest?.("[data-hushed]")?.removeAttribute("data-hushed"));
}
// The second click of a double click on "send" meets "stop", which has taken its place.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("[data-action=stop]")) event.preventDefault();
}, { capture: true });

// The first message gives the conversation its address. Going back from there is another page, not this one.
let path = location.pathname;
function address(control, { url }) {
  if (path !== control.closest("[data-chat]")?.dataset.newUrl || path === url) return;
  history.pushState(null, "", url);
  path = location.pathname;
}
on("sent", address);
on("pressed", address);
window.addEventListener("popstate", () => {
  if (location.pathname !== path && document.querySelector("[data-chat]")) location.reload();
});

document.addEventListener("htmx:load", async ({ target }) => {
  startAll(target);
  // What is seldom needed comes with the form that needs it.
  if (!target.matches?.("[data-module]")) return;
  const { prepare } = await import(target.dataset.module);
  if (target.isConnected) prepare(target);
});
startAll(document);
