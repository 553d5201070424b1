// What stands below a message, brought up to date in all tabs. Loaded where a chat has buttons there that change it.
// Whoever has pressed one keeps the focus, and hears what it did.

let pressed = null; // the article in which something was pressed, until the server has answered with a change

const inside = (element) => element?.closest?.("[data-chat] .ci-footer")?.closest("[data-message]");

// The same control in what has taken its place; for one of a menu, the button that opens the menu.
function counterpart(footer, control) {
  const popover = control.closest("[popover]");
  if (popover) return footer.querySelector(`[popovertarget="${popover.id}"]`);
  if (control.name === "comment" || control.closest("details")) return footer.querySelector("summary");
  const { action, value } = control.dataset;
  const alike = [...footer.querySelectorAll(`[data-action="${action}"]`)];
  return alike.find((each) => each.dataset.value === value);
}

// A comment that is being written in another tab is not lost.
function keepDraft(from, to) {
  const [written, fresh] = [from, to].map((footer) => footer.querySelector("textarea"));
  if (!written || !fresh || written.value === written.defaultValue) return;
  fresh.value = written.value;
  fresh.closest("details").open = true;
}

function replace(root, { message, footer }) {
  const article = root.querySelector(`[data-message="${message}"]`);
  const before = article?.querySelector(":scope > .ci-footer");
  if (!before) return;
  const focused = before.contains(document.activeElement) ? document.activeElement : null;
  before.insertAdjacentHTML("afterend", footer);
  const after = before.nextElementSibling;
  const acted = pressed?.article === article;
  if (!acted) keepDraft(before, after);
  before.remove();
  window.htmx?.process(after);
  if (acted) answer(root, after, pressed.control);
  if (focused) counterpart(after, focused)?.focus({ preventScroll: true });
  root.dispatchEvent(new CustomEvent("chatinterface:content", { bubbles: true, detail: [after] }));
}

function answer(root, footer, control) {
  pressed = null;
  const details = footer.querySelector("[data-opens]");
  if (details && control.name === "option") details.open = true;
  const status = root.querySelector("[data-chat-status]");
  if (status) status.textContent = footer.querySelector("[data-said]")?.dataset.said ?? "";
}

document.addEventListener("chatinterface:message.changed", ({ target, detail }) => replace(target, detail));
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const article = inside(detail.elt);
  if (article) pressed = { article, control: detail.elt };
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const root = inside(detail.elt)?.closest("[data-chat]");
  if (!root || !detail.successful || root.dataset.connection === "open") return;
  // No socket will tell.
  root.dispatchEvent(new CustomEvent("chatinterface:log.changed", { bubbles: true }));
});
