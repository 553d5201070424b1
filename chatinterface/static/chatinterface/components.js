// What tables, pictures, plots, documents and tabs need of a script. It is loaded, and its stylesheet with it, with the
// first of them.

const LOWEST = 40; // pixels of a frame, whatever its document says
const HIGHEST = 2000;

let named = 0;

// A page that is loaded with components has the stylesheet already; until it is there, they are not seen.
function dress(root) {
  if (root.dataset.dressed !== undefined) return;
  const url = root.dataset.componentsStyle;
  const seen = () => { root.dataset.dressed = ""; };
  if (document.querySelector(`link[href="${url}"]`)) return seen();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: url, onload: seen, onerror: seen });
  document.head.append(link);
}

function all(elements, selector) {
  return elements.flatMap((each) => [...(each.matches(selector) ? [each] : []), ...each.querySelectorAll(selector)]);
}

// Tabs

function panelsOf(tabs) {
  return [...tabs.children].filter((each) => each.role === "tabpanel");
}

function nameTabs(tabs) {
  const panels = panelsOf(tabs);
  [...tabs.querySelector("[role=tablist]").children].forEach((tab, index) => {
    named += 1;
    tab.id = `ci-tab-${named}`;
    panels[index].id = `ci-panel-${named}`;
    tab.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("aria-labelledby", tab.id);
  });
}

function choose(tab) {
  const chosen = [...tab.parentElement.children].indexOf(tab);
  [...tab.parentElement.children].forEach((each, index) => {
    each.setAttribute("aria-selected", index === chosen);
    each.tabIndex = index === chosen ? 0 : -1;
  });
  panelsOf(tab.closest("[data-tabs]")).forEach((panel, index) => { panel.hidden = index !== chosen; });
}

function walk(event) {
  const tab = event.target.closest("[role=tab][data-action=tab]");
  if (!tab) return;
  const tabs = [...tab.parentElement.children];
  const forward = getComputedStyle(tab).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
  const steps = { [forward]: tabs.indexOf(tab) + 1, [backward]: tabs.indexOf(tab) - 1, Home: 0, End: -1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  const next = tabs.at(steps[event.key] % tabs.length);
  choose(next);
  next.focus();
}

// Pictures

function button(label, text, className, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: `ci-icon ${className}`, textContent: text, title: label });
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

function enlarge(picture) {
  const root = picture.closest("[data-chat]");
  const pictures = [...(picture.closest("[data-kind=gallery]") ?? picture.parentElement).querySelectorAll("[data-action=enlarge]")];
  const dialog = Object.assign(document.createElement("dialog"), { className: "ci-lightbox" });
  const image = document.createElement("img");
  const link = Object.assign(document.createElement("a"), { className: "ci-icon ci-lightbox-download", textContent: "↓" });
  let shown = pictures.indexOf(picture);

  function show(index) {
    shown = (index + pictures.length) % pictures.length;
    image.src = pictures[shown].dataset.source;
    link.href = image.src;
    link.title = pictures[shown].dataset.textDownload;
    link.setAttribute("aria-label", link.title);
    image.alt = pictures[shown].querySelector("img").alt;
    link.download = image.alt;
    dialog.setAttribute("aria-label", image.alt);
  }

  const { textClose, textPrevious, textNext } = picture.dataset;
  if (root.dataset.noDownloads === undefined) dialog.append(link);
  dialog.append(image, button(textClose, "×", "ci-lightbox-close", () => dialog.close()));
  if (pictures.length > 1) {
    dialog.append(button(textPrevious, "‹", "ci-lightbox-previous", () => show(shown - 1)), button(textNext, "›", "ci-lightbox-next", () => show(shown + 1)));
  }
  dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (pictures.length > 1 && event.key === "ArrowLeft") show(shown - 1);
    if (pictures.length > 1 && event.key === "ArrowRight") show(shown + 1);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    pictures[shown].focus();
  });
  root.append(dialog);
  show(shown);
  dialog.showModal();
}

// Frames: what their documents say is not to be trusted, only measured.

function hear({ source, data }) {
  if (data?.type !== "chatinterface:frame") return;
  const frame = [...document.querySelectorAll("iframe[data-frame]")].find((each) => each.contentWindow === source);
  if (!frame) return;
  if (Number.isFinite(data.height) && data.height > 0) frame.height = Math.min(Math.max(data.height, LOWEST), HIGHEST);
  if (typeof data.blocked === "string") tellBlocked(frame, data.blocked);
}

function tellBlocked(frame, address) {
  const note = frame.parentElement.querySelector("[data-text]");
  const hosts = new Set((note.dataset.hosts ?? "").split(" ").filter(Boolean));
  if (!URL.canParse(address) || !new URL(address).host || hosts.size > 9) return;
  hosts.add(new URL(address).host);
  note.dataset.hosts = [...hosts].join(" ");
  note.textContent = `${note.dataset.text} ${[...hosts].join(", ")}`;
  note.hidden = false;
}

// Tables

function say(root, text) {
  const status = root?.querySelector("[data-chat-status]");
  if (status) status.textContent = text;
}

function complain({ target }) {
  if (!target.closest?.("[data-table]")) return;
  const root = target.closest("[data-chat]");
  const notices = root.querySelector("[data-chat-notices]");
  if (notices) notices.textContent = root.dataset.textTrouble;
}

export function prepare(root, elements) {
  dress(root);
  all(elements, "[data-tabs]").forEach(nameTabs);
  if (!navigator.pdfViewerEnabled) for (const viewer of all(elements, "[data-pdf]")) viewer.remove();
  if (root.dataset.noDownloads !== undefined) for (const player of all(elements, "audio, video")) player.controlsList?.add("nodownload");
}

document.addEventListener("click", ({ target }) => {
  const pressed = target.closest("[data-action=enlarge], [data-action=tab]");
  if (pressed?.dataset.action === "enlarge") enlarge(pressed);
  else if (pressed) choose(pressed);
});
document.addEventListener("keydown", walk);
document.addEventListener("htmx:load", ({ target }) => {
  if (target.matches("[data-table-page]")) say(target.closest("[data-chat]"), target.dataset.status);
});
document.addEventListener("htmx:responseError", complain);
document.addEventListener("htmx:sendError", complain);
window.addEventListener("message", hear);
