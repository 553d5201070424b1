// Notes that a callback shows for some seconds. It is loaded with the first of them.

const SECONDS = 6;
const MOST = 4; // at once

function region(root) {
  const found = root.querySelector(":scope > .ci-toasts");
  if (found) return found;
  const made = Object.assign(document.createElement("div"), { className: "ci-toasts" });
  root.append(made);
  return made;
}

function element(name, className, text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

function dismiss(toast) {
  const root = toast.closest("[data-chat]");
  if (toast.contains(document.activeElement)) root.querySelector("[data-chat-input]")?.focus({ preventScroll: true });
  toast.remove();
}

// It stays while somebody is at it.
function fade(toast) {
  let timer;
  const wait = () => (timer = setTimeout(() => toast.isConnected && dismiss(toast), SECONDS * 1000));
  for (const type of ["mouseenter", "focusin"]) toast.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["mouseleave", "focusout"]) toast.addEventListener(type, wait);
  wait();
}

export function show(root, { text, level }) {
  const urgent = level === "error" || level === "warning";
  const toast = element("div", "ci-toast");
  toast.dataset.level = level;
  toast.setAttribute("role", urgent ? "alert" : "status");
  const button = element("button", "ci-icon", "×");
  button.type = "button";
  button.dataset.action = "dismiss";
  button.setAttribute("aria-label", root.dataset.textDismiss);
  button.addEventListener("click", () => dismiss(toast));
  const toasts = region(root);
  toasts.append(toast);
  // What is in a live region from the start is not said.
  requestAnimationFrame(() => {
    const name = root.dataset[`text${level[0].toUpperCase()}${level.slice(1)}`];
    const said = element("p", "", text);
    said.dir = "auto";
    toast.append(element("strong", "ci-hidden", `${name}: `), said, button);
  });
  while (toasts.children.length > MOST) dismiss(toasts.firstElementChild);
  if (level !== "error") fade(toast);
}
