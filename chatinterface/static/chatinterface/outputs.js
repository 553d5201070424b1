// What stands beside the chat, wherever a page has put it. Loaded where a chat declares outputs.

function places(root, name) {
  return document.querySelectorAll(`[data-output="${name}"][data-of="${root.dataset.conversation}"]`);
}

// What is open, scrolled or selected in it stays where nothing has changed.
function fill(root, name, html) {
  for (const place of places(root, name)) {
    if (place.dataset.shown === html) continue;
    place.dataset.shown = html;
    const body = place.querySelector("[data-output-body]");
    body.innerHTML = html;
    window.htmx?.process(body);
    root.dispatchEvent(new CustomEvent("chatinterface:content", { bubbles: true, detail: [body] }));
  }
}

// A frame may be lost: what is kept is looked at when a reply is complete, and when the log was fetched anew.
async function look(root) {
  if (!root.dataset.outputsUrl || root.querySelector("input[name=token]")) return;
  const response = await fetch(root.dataset.outputsUrl, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const made = document.createElement("template");
  made.innerHTML = await response.text();
  for (const output of made.content.querySelectorAll("[data-output]")) {
    fill(root, output.dataset.output, output.querySelector("[data-output-body]").innerHTML);
  }
}

document.addEventListener("chatinterface:output.changed", ({ target, detail }) => {
  if (detail.html === undefined) look(target);
  else fill(target, detail.name, detail.html);
});
document.addEventListener("chatinterface:message.settled", ({ target }) => look(target));
document.addEventListener("chatinterface:refetched", ({ target }) => look(target.closest("[data-chat]")));
