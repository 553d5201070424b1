// Where a chat listens to it, a click on a message selects it, as its button does. Who marks words to copy them, or follows
// a link, selects nothing.

const CONTROLS = "a, button, input, select, textarea, summary, label, audio, video";

document.addEventListener("click", ({ target }) => {
  const body = target.closest("[data-chat] [data-message] > .ci-body");
  if (!body || body.contains(target.closest(CONTROLS)) || !getSelection().isCollapsed) return;
  body.parentElement.querySelector("[data-action=select]")?.click();
});

document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!detail.successful || !target.matches("[data-action=select]")) return;
  const root = target.closest("[data-chat]");
  for (const each of root.querySelectorAll("[data-selected]")) delete each.dataset.selected;
  target.closest("[data-message]").dataset.selected = "";
  root.querySelector("[data-chat-status]").textContent = target.dataset.said;
});
