// Starts every [data-chat] of the page, those that htmx inserts later too, and keeps what its root says of its
// state. The other modules listen for events on the root, as a site's own scripts can.

const ALERTS = ["note", "tip", "important", "warning", "caution"];
const started = new WeakSet();

function start(root) {
  if (started.has(root)) return;
  started.add(root);
  dress(root);
  root.addEventListener("htmx:configRequest", ({ detail }) => authorize(root, detail));
  root.addEventListener("htmx:beforeRequest", ({ detail }) => notice(root, detail, ""));
  root.addEventListener("htmx:afterRequest", ({ detail }) => refused(root, detail));
  window.htmx?.process(root); // Otherwise its turn comes later, and what is sent before would leave the page.
  root.dispatchEvent(new CustomEvent("chatinterface:start", { bubbles: true }));
  equip(root, [root]);
}

// What the stylesheet cannot know.
function dress(root) {
  root.style.setProperty("--ci-threshold", `${root.dataset.placeholderThreshold}s`);
  for (const kind of ALERTS) {
    root.style.setProperty(`--ci-title-${kind}`, JSON.stringify(root.getAttribute(`data-title-${kind}`)));
  }
}

function startAll(within) {
  if (within.matches?.("[data-chat]")) start(within);
  within.querySelectorAll("[data-chat]").forEach(start);
}

// Messages are rendered once for all tabs, so that the buttons in them cannot hold a token.
function authorize(root, { headers }) {
  const token = root.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) headers["X-CSRFToken"] = token.value;
}

// What cannot be done is said, also where a button has nothing to show it in. The form of messages does so itself.
function refused(root, detail) {
  const { status, responseText } = detail.xhr;
  if (detail.successful || detail.elt.matches("[data-chat-form]")) return;
  if (status === 422) notice(root, detail, "", responseText);
  else notice(root, detail, root.dataset[`text-${status}`] ?? root.dataset.textTrouble);
}

function notice(root, { requestConfig }, text, html = "") {
  const region = root.querySelector("[data-chat-notices]");
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

const EQUIPPED = "pre, table, math";

// Most conversations begin without code, tables and formulas: what these need is loaded with the first of them.
async function equip(root, elements) {
  const needed = elements.some((each) => each.matches(EQUIPPED) || each.querySelector(EQUIPPED));
  if (needed) (await import(root.dataset.codeUrl)).prepare(root, elements);
}

function look(root) {
  const running = root.querySelector("[data-chat-log] > [data-status=running]");
  if (!running) setState(root, "idle");
  else if (root.dataset.state === "idle") setState(root, "streaming");
}

function on(type, handle) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => {
    handle(target, detail);
  });
}

on("message.added", (root) => {
  root.querySelector("[data-chat-empty]")?.remove();
  root.removeAttribute("data-empty");
  look(root);
});
document.addEventListener("chatinterface:content", ({ target, detail }) => equip(target.closest("[data-chat]"), detail));
on("refetched", look);
on("message.settled", (root, { status }) => {
  look(root);
  say(root, root.dataset[`text${status[0].toUpperCase()}${status.slice(1)}`]);
});
// The second click of a double click on "send" meets "stop", which has taken its place.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("[data-action=stop]")) event.preventDefault();
}, { capture: true });

// The first message gives the conversation its address. Going back from there is another page, not this one.
let path = location.pathname;
on("sent", (form, { url }) => {
  if (path !== form.closest("[data-chat]")?.dataset.newUrl || path === url) return;
  history.pushState(null, "", url);
  path = location.pathname;
});
window.addEventListener("popstate", () => {
  if (location.pathname !== path && document.querySelector("[data-chat]")) location.reload();
});

document.addEventListener("htmx:load", ({ target }) => startAll(target));
startAll(document);
