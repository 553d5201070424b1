// What is done to a conversation of the list: its menu, renaming in place, deleting with a way back. What has changed is
// told to the list by the event "chatinterface:history.changed".

const UNDO = 10000; // milliseconds for which a deletion can be undone
const DELETED = "chatinterface:deleted"; // outlives the page of the conversation that was deleted
const ROW = "[data-history-item]";
let chosen = null; // the place of the row whose menu is open

const rootOf = (element) => element.closest("[data-chat]");
const part = (root, name) => root.querySelector(`[data-history-${name}]`);
const titleOf = (row) => row.querySelector(".ci-item-title").title;

// While the visitor chooses, the list may put another element in a row's place, or take it away.
const placeOf = (row) => ({ root: rootOf(row), uuid: row.dataset.historyItem });
const rowAt = ({ root, uuid }) => part(root, "list").querySelector(`[data-history-item="${uuid}"]`);

const posted = new WeakMap(); // root -> what was asked for last

// Resolves to whether it was done; what was refused is said by the page. One after the other: of what is asked for in one
// element while it waits, htmx would forget all but the last.
function post(root, row, action, values = {}) {
  const before = posted.get(root) ?? Promise.resolve();
  posted.set(root, before.catch(() => {}).then(() => send(root, row, action, values)));
  return posted.get(root);
}

async function send(root, row, action, values) {
  let done = false;
  const source = part(root, "list");
  const path = `${row.href}${action}/`;
  // Whatever is asked for in the list is answered there too.
  const look = ({ detail: { pathInfo, successful, xhr } }) => {
    if (pathInfo.requestPath === path) done = successful && xhr.status === 204;
  };
  source.addEventListener("htmx:afterRequest", look);
  await window.htmx.ajax("POST", path, { source, values, swap: "none" }).catch(() => {});
  source.removeEventListener("htmx:afterRequest", look);
  if (done) {
    const detail = { conversation: row.uuid, gone: action === "delete" };
    root.dispatchEvent(new CustomEvent("chatinterface:history.changed", { bubbles: true, detail }));
  }
  return done;
}

const keyOf = (row) => ({ uuid: row.dataset.historyItem, href: row.querySelector("a").href });

function openMenu(button) {
  const row = button.closest(ROW);
  const root = rootOf(row);
  const menu = part(root, "menu");
  chosen = placeOf(row);
  const { pinned, archived } = row.dataset;
  const shown = { pin: !pinned && !archived, unpin: pinned && !archived, archive: !archived, unarchive: archived };
  for (const [action, is] of Object.entries(shown)) menu.querySelector(`[data-action=${action}]`).hidden = !is;
  for (const link of menu.querySelectorAll("[data-export]")) {
    link.href = `${row.querySelector("a").href}export/${link.dataset.export}/`;
  }
  menu.showPopover();
  place(menu, button);
  menu.querySelector("[role=menuitem]:not([hidden])").focus();
}

// Below the button, or above where there is no room.
function place(menu, button) {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const start = getComputedStyle(menu).direction === "rtl" ? left : right - width;
  menu.style.left = `${Math.max(8, Math.min(start, innerWidth - width - 8))}px`;
  menu.style.top = `${bottom + height < innerHeight - 8 ? bottom + 4 : Math.max(8, top - height - 4)}px`;
}

function closeMenu(root, focus) {
  part(root, "menu").hidePopover();
  if (focus && chosen) rowAt(chosen)?.querySelector("[data-action=history-menu]").focus();
}

function rename(row) {
  const root = rootOf(row);
  const link = row.querySelector("a");
  const input = document.createElement("input");
  input.className = "ci-rename";
  input.maxLength = 200;
  input.value = link.querySelector(".ci-item-title").title;
  input.setAttribute("aria-label", part(root, "list").closest("[data-history]").dataset.textRename);
  link.hidden = true;
  link.after(input);
  input.select();
  let over = false;
  const end = async (keep) => {
    if (over) return;
    over = true;
    const title = input.value.trim();
    const focused = document.activeElement === input;
    const changed = keep && title && title !== titleOf(row);
    if (changed) link.querySelector(".ci-item-title").textContent = title;
    input.remove();
    link.hidden = false;
    if (focused) link.focus();
    if (changed && !(await post(root, keyOf(row), "rename", { title }))) {
      link.querySelector(".ci-item-title").textContent = titleOf(row);
    }
  };
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    end(event.key === "Enter");
  });
}

async function ask(row) {
  const asked = placeOf(row);
  const dialog = part(asked.root, "confirm");
  part(asked.root, "confirm-title").textContent = titleOf(row);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  const now = rowAt(asked);
  if (!now) return;
  if (dialog.returnValue === "delete") remove(now);
  else now.querySelector("a").focus();
}

async function remove(row) {
  const root = rootOf(row);
  const gone = { ...keyOf(row), title: titleOf(row), until: Date.now() + UNDO };
  const own = gone.uuid === root.dataset.conversation;
  if (own) sessionStorage.setItem(DELETED, JSON.stringify({ ...gone, own }));
  if (!(await post(root, gone, "delete"))) return sessionStorage.removeItem(DELETED);
  if (own) return location.assign(root.dataset.newUrl);
  offer(root, gone);
}

let timer;

function offer(root, gone) {
  const line = part(root, "undo");
  const button = line.querySelector("button");
  clearTimeout(timer);
  line.querySelector("span").textContent = line.closest("[data-history]").dataset.textDeleted.replace("{title}", () => gone.title);
  button.hidden = false;
  timer = setTimeout(() => withdraw(root), gone.until - Date.now());
  button.onclick = async () => {
    const focused = document.activeElement === button;
    withdraw(root);
    if ((await post(root, gone, "restore")) && gone.own) return location.assign(gone.href);
    if (focused) part(root, "search").focus();
  };
}

function withdraw(root) {
  const line = part(root, "undo");
  clearTimeout(timer);
  line.querySelector("span").textContent = "";
  line.querySelector("button").hidden = true;
}

const ACTIONS = {
  rename,
  delete: remove,
  pin: (row) => post(rootOf(row), keyOf(row), "pin"),
  unpin: (row) => post(rootOf(row), keyOf(row), "pin", { off: 1 }),
  archive: (row) => post(rootOf(row), keyOf(row), "archive"),
  unarchive: (row) => post(rootOf(row), keyOf(row), "archive", { off: 1 }),
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-action=history-menu]");
  if (button) return openMenu(button);
  const item = target.closest("[data-history-menu] [role=menuitem]");
  if (!item) return;
  closeMenu(rootOf(item), item.dataset.action !== "rename");
  const row = chosen && rowAt(chosen);
  if (row) ACTIONS[item.dataset.action]?.(row);
});

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const menu = target.closest?.("[data-history-menu]");
  // The field that renames stands in its row, and the keys are its own.
  const row = target.matches?.("input") ? null : target.closest?.(ROW);
  if (menu) {
    const items = [...menu.querySelectorAll("[role=menuitem]:not([hidden])")];
    const at = items.indexOf(target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    if (key === "Escape" || key === "Tab") closeMenu(rootOf(menu), true);
    else if (to === undefined) return;
    else items.at(to % items.length).focus();
  } else if (row && key === "F2") {
    rename(row);
  } else if (row && key === "Delete") {
    ask(row);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });

// The same file can be brought in again.
document.addEventListener("htmx:afterRequest", ({ target }) => {
  const input = target.querySelector?.("[data-history-import]");
  if (input) input.value = "";
});

document.addEventListener("chatinterface:open", ({ target }) => {
  const gone = JSON.parse(sessionStorage.getItem(DELETED) ?? "null");
  sessionStorage.removeItem(DELETED);
  if (gone && gone.until > Date.now() && part(target, "undo")) offer(target, gone);
});
