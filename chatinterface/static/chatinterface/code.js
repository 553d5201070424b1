// What finished code, tables and formulas get: buttons that copy and wrap, a scroll region, and a tab stop for whatever
// scrolls. It is loaded with the first of them.

const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const wide = target.scrollWidth > target.clientWidth;
    if (wide || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
    const wrap = target.parentElement.querySelector(":scope > [data-action=wrap-code]");
    if (wide && wrap) wrap.hidden = false;
  }
});

function prepareCode(root, pre) {
  const template = root.querySelector("[data-chat-copy]");
  if (!template || pre.querySelector("[data-action=copy-code]")) return;
  pre.append(template.content.cloneNode(true));
  if ("wrap" in pre.dataset) wrapCode(pre.querySelector("[data-action=wrap-code]"), true);
  scrolling.observe(pre.querySelector("code"));
}

function wrapCode(button, wrapped) {
  button.hidden = false;
  button.setAttribute("aria-pressed", wrapped);
  button.parentElement.toggleAttribute("data-wrap", wrapped);
}

function prepareTable(table) {
  if (table.parentElement.matches(".ci-scroll, .ci-rows")) return;
  const region = document.createElement("div");
  region.className = "ci-scroll";
  table.before(region);
  region.append(table);
  scrolling.observe(region);
}

// All but what is in a reply that is still being written, unless the elements are finished blocks of it.
function finished(elements, selector) {
  return elements
    .flatMap((each) => [...(each.matches(selector) ? [each] : []), ...each.querySelectorAll(selector)])
    .filter((found) => !elements.some((each) => each.contains(found.closest("[data-status=running]"))));
}

// Spaces between the lines of an icon would be text of the message.
function withoutSpaces(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) text.remove();
}

function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "ci-hidden" });
  document.body.append(field);
  field.select();
  document.execCommand("copy"); // The only way where the page is not served securely.
  field.remove();
}

async function copy(button) {
  const root = button.closest("[data-chat]");
  await write(button.closest("pre").querySelector("code").textContent);
  button.focus();
  button.dataset.copied = "";
  const status = root.querySelector("[data-chat-status]");
  status.textContent = root.dataset.textCopied;
  setTimeout(() => {
    delete button.dataset.copied;
    if (status.textContent === root.dataset.textCopied) status.textContent = "";
  }, 2000);
}

export function prepare(root, elements) {
  const template = root.querySelector("[data-chat-copy]");
  if (template) withoutSpaces(template.content);
  for (const pre of finished(elements, "pre")) prepareCode(root, pre);
  for (const table of finished(elements, "table")) prepareTable(table);
  for (const formula of finished(elements, "math")) scrolling.observe(formula);
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-action=copy-code], [data-action=wrap-code]");
  if (button?.dataset.action === "copy-code") copy(button);
  else if (button) wrapCode(button, button.getAttribute("aria-pressed") !== "true");
});
