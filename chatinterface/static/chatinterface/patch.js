// The messages of the log: adds, patches, settles and replaces them as the frames say.
//
// A reply that streams is finished blocks, a marker (a comment, so that no text and no element is added), and the tail
// behind it. Finished blocks are never touched again, and what a patch appends is grafted onto the elements that are
// there: nothing is drawn twice, and a selection holds.

const CLOSING_TAGS = /^(?:<\/[a-z][a-z0-9]*>\s*)*$/i;
const streams = new WeakMap(); // article or part -> {body, marker, html}; an article's is null while a snapshot is awaited
const toggled = new Map(); // steps that their reader has opened or closed, by message and part
const filled = new Map(); // forms that their reader has entered something in, by where they are sent
const FILLED = "form[data-form], form[data-prompt][data-state=open]";
let within = null; // the field of one of them that has the focus, or had it when it was taken out of the page
const articles = new WeakMap(); // root -> Map of id -> article
const parser = document.createElement("template");

function on(type, handle) {
  document.addEventListener(`chatinterface:${type}`, ({ target, detail }) => handle(target, detail));
}

function find(root, id) {
  if (!articles.has(root)) articles.set(root, new Map());
  const known = articles.get(root);
  if (!known.get(id)?.isConnected) known.set(id, root.querySelector(`[data-message="${id}"]`));
  return known.get(id);
}

// What a patch has brought is not processed by itself.
function announce(element, content) {
  for (const part of content.filter((each) => each.matches("[data-part]"))) window.htmx?.process(part);
  element.dispatchEvent(new CustomEvent("chatinterface:content", { bubbles: true, detail: content }));
}

function place(root, html) {
  parser.innerHTML = html;
  for (const article of [...parser.content.children]) {
    const { message } = article.dataset;
    const present = find(root, Number(message));
    if (present) present.replaceWith(article);
    else root.querySelector("[data-chat-outbox]").before(article);
    window.htmx?.process(article);
    announce(article, [article]);
    recall(article);
  }
}

// "Try again" goes with its message, and whoever pressed it stays in the log.
function remove(root, article) {
  if (article?.contains(document.activeElement)) root.querySelector("[data-chat-log]").focus({ preventScroll: true });
  article?.remove();
}

// Who is on one of the buttons is on the same one of those that take their place, or stays in the log.
function refoot(article, html) {
  const footer = article.querySelector(".ci-footer");
  const { action } = footer.contains(document.activeElement) ? document.activeElement.dataset : {};
  footer.outerHTML = html;
  if (action === undefined) return;
  const same = article.querySelector(`.ci-footer [data-action="${action}"]:enabled`);
  (same ?? article.closest("[data-chat-log]")).focus({ preventScroll: true });
}

// Another tab may have it tried again meanwhile, and its article be gone.
async function load(root, id, url) {
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true" } });
    const html = response.ok && !response.redirected && (await response.text());
    if (!find(root, id)) return;
    if (html) {
      place(root, html);
      root.dispatchEvent(new CustomEvent("chatinterface:inserted", { bubbles: true }));
      return;
    }
  } catch {
    // No connection: the log is fetched until there is one.
  }
  root.dispatchEvent(new CustomEvent("chatinterface:log.changed", { bubbles: true }));
}

function begin(element) {
  const body = element.querySelector("[data-message-body], [data-part-body]");
  const marker = document.createComment("");
  body.replaceChildren(marker);
  return { body, marker, html: "" };
}

function streamOf(root, article, { message, keep, reset }) {
  if (reset || (!streams.has(article) && keep === 0 && article.querySelector("[data-message-body]:empty"))) {
    streams.set(article, begin(article));
  }
  const stream = streams.get(article);
  if (stream && keep <= stream.html.length) return stream;
  if (stream !== null) ask(root, article, message);
  return null;
}

function ask(root, article, message) {
  streams.set(article, null);
  root.dispatchEvent(new CustomEvent("chatinterface:ask", { bubbles: true, detail: { type: "ack", message, seq: 0 } }));
}

// What changes of a part: more of what is in it, another element in its place, or its shell around what is in it.
// False: it is not there.
function change(article, { part, html, shell, ...patch }) {
  const element = article.querySelector(`[data-part="${part}"]`);
  if (!element) return false;
  parser.innerHTML = html ?? shell ?? "";
  const made = parser.content.firstElementChild;
  if (shell !== undefined) {
    renew(element, made);
  } else if (html !== undefined) {
    const focused = focusedIn(element);
    for (const form of element.querySelectorAll(FILLED)) filled.delete(form.getAttribute("action"));
    element.replaceWith(made);
    announce(article, [made]);
    if (focused) goOn(article, focused, made);
  } else {
    if (patch.reset || (!streams.has(element) && !patch.keep)) streams.set(element, begin(element));
    const stream = streams.get(element);
    if (!stream || patch.keep > stream.html.length) return false;
    apply(stream, patch);
  }
  return true;
}

const focusedIn = (element) => element.contains(document.activeElement) && document.activeElement;

// Who has answered a question goes on in the field below, who is asked again in what takes its place, and whoever was in
// anything else that is over in the log: what is being typed must not go on in a message.
function goOn(article, focused, made) {
  if (focused.isConnected) return focused.focus({ preventScroll: true });
  const [again] = made.querySelectorAll(FILLED);
  const fields = [...(again?.elements ?? [])].filter((each) => each.matches("input:not([type=hidden]), select, textarea"));
  const same = fields.find((each) => each.closest("[data-invalid]")) ?? fields.find(({ name }) => name === focused.name) ?? fields[0];
  const answered = !again && focused.closest("[data-answering]") && made.querySelector("[data-state=answered]");
  const field = answered && article.closest("[data-chat]").querySelector("[data-chat-input]:enabled");
  (same || field || article.closest("[data-chat-log]")).focus({ preventScroll: true });
}

// What is in the body stays as it is, and what its reader has opened or closed.
function renew(element, made) {
  for (const { name, value } of made.attributes) {
    if (name !== "open") element.setAttribute(name, value);
  }
  if (element.localName === "details" && !toggled.has(nameOf(element))) element.open = made.open;
  if (made.matches("[data-part-body]")) return;
  if (made.querySelector("[data-part-body]")) {
    [...made.children].forEach((child, index) => renew(element.children[index], child));
  } else if (element.innerHTML !== made.innerHTML) {
    element.innerHTML = made.innerHTML;
  }
}

function nameOf(details) {
  return `${details.closest("[data-message]")?.dataset.message}/${details.closest("[data-part]")?.dataset.part}`;
}

// Whatever the server sends anew comes as it was sent first.
function recall(element) {
  for (const details of toggled.size ? element.querySelectorAll("details[data-step]") : []) {
    details.open = toggled.get(nameOf(details)) ?? details.open;
  }
  for (const form of filled.size ? element.querySelectorAll(FILLED) : []) {
    const known = filled.get(form.getAttribute("action"));
    if (known && known !== form && refusal(known) === refusal(form)) form.replaceWith(known);
    if (known?.contains(within) && document.activeElement.matches("body, [data-chat-log]")) within.focus({ preventScroll: true });
  }
}

function forget(root, kind) {
  for (const [action, form] of filled) if (form.matches(kind) && root.contains(form)) filled.delete(action);
}

// Where an answer will not do, its form comes anew with what is wrong; a form of a reply says that by itself.
function refusal(form) {
  return Array.from(form.matches("[data-prompt]") ? form.querySelectorAll(".errorlist") : [], (each) => each.textContent).join();
}

// A part that is too long for a frame. It may be stored only a moment later.
async function complete(root, element, delay = 250) {
  element.dataset.fetching = "";
  const response = await fetch(element.dataset.fetch, { headers: { "HX-Request": "true" } }).catch(() => null);
  const html = response?.ok && !response.redirected && (await response.text());
  if (!element.isConnected) return;
  if (!html) return delay < 8000 && setTimeout(() => complete(root, element, delay * 2), delay);
  parser.innerHTML = html;
  const made = parser.content.firstElementChild;
  element.replaceWith(made);
  announce(root, [made]);
  recall(made.parentElement);
}

// A button has begun it, and it is shown from here on.
function speak(article) {
  if (!("quiet" in article.dataset)) return;
  delete article.dataset.quiet;
  article.dispatchEvent(new CustomEvent("chatinterface:spoken", { bubbles: true }));
}

function apply(stream, { keep, tail, commit }) {
  const { html, body, marker } = stream;
  const merged = html.slice(0, keep) + tail;
  // The common beginning may end inside a tag: "<" of "</ul>" and of "<li>".
  const tag = html.lastIndexOf("<", keep - 1);
  const from = keep && tag > html.lastIndexOf(">", keep - 1) ? tag : keep;
  if (!graft(body, html.slice(from), merged.slice(from))) {
    while (marker.nextSibling) marker.nextSibling.remove();
    body.insertAdjacentHTML("beforeend", merged);
  }
  stream.html = merged.slice(commit);
  if (commit) finish(stream, merged, commit);
}

// Put html behind what is there, where all that it replaces are closing tags. False: it cannot be done.
function graft(body, closing, html) {
  if (!CLOSING_TAGS.test(closing)) return false;
  const names = (closing.match(/[a-z][a-z0-9]*(?=>)/gi) ?? []).reverse();
  const chain = [body];
  for (const name of names) {
    const last = chain.at(-1).lastElementChild;
    if (last?.localName !== name) return false;
    chain.push(last);
  }
  const text = html.slice(0, html.length - closing.length);
  if (html.endsWith(closing) && !/[<&]/.test(text)) {
    extend(chain.at(-1), text);
    return true;
  }
  parser.innerHTML = names.map((name) => `<${name}>`).join("") + html;
  return transplant(chain, parser.content);
}

function transplant(chain, source) {
  const sources = [source];
  for (const element of chain.slice(1)) {
    const inner = sources.at(-1).firstChild;
    if (inner?.localName !== element.localName) return false;
    sources.push(inner);
  }
  chain.forEach((element, depth) => {
    const inner = chain[depth + 1];
    while (inner && element.lastChild !== inner) element.lastChild.remove();
    const nodes = [...sources[depth].childNodes].slice(inner ? 1 : 0);
    if (!inner && nodes[0]?.nodeType === Node.TEXT_NODE) extend(element, nodes.shift().data);
    element.append(...nodes);
  });
  return true;
}

function extend(element, text) {
  if (element.lastChild?.nodeType === Node.TEXT_NODE) element.lastChild.appendData(text);
  else if (text) element.append(text);
}

function finish({ body, marker }, merged, commit) {
  const finished = commit < merged.length ? made(marker, merged.slice(0, commit)) : following(marker);
  finished.at(-1)?.after(marker);
  announce(body, finished.filter((node) => node.nodeType === Node.ELEMENT_NODE));
}

function following(marker, count = Infinity) {
  const nodes = [];
  for (let node = marker.nextSibling; node && nodes.length < count; node = node.nextSibling) nodes.push(node);
  return nodes;
}

// The nodes behind the marker that this HTML has made.
function made(marker, html) {
  parser.innerHTML = html;
  const nodes = following(marker, parser.content.childNodes.length);
  const end = parser.content.lastChild;
  // White space between blocks and a text behind it are one node.
  if (nodes.at(-1)?.nodeType === Node.TEXT_NODE && end.nodeType === Node.TEXT_NODE && nodes.at(-1).length > end.length) {
    nodes.at(-1).splitText(end.length);
  }
  return nodes;
}

function settle(article, { status, body, footer }) {
  speak(article);
  for (const each of [article, ...article.querySelectorAll("[data-part]")]) {
    streams.get(each)?.marker.remove();
    streams.delete(each);
  }
  const content = article.querySelector("[data-message-body]");
  if (body !== undefined) {
    const focused = focusedIn(content);
    content.innerHTML = body;
    recall(article);
    if (focused) goOn(article, focused, content);
  }
  refoot(article, footer);
  article.dataset.status = status;
  article.removeAttribute("aria-busy");
  window.htmx?.process(article);
  announce(article, [article]);
}

on("message.added", (root, { html, removed }) => {
  // What is open still is another form than the one that something has followed.
  forget(root, "[data-form]");
  for (const id of removed) remove(root, find(root, id));
  place(root, html);
});

on("message.patch", (root, frame) => {
  const article = find(root, frame.message);
  if (!article?.hasAttribute("aria-busy")) return;
  const [before, focused] = [streams.get(article), frame.reset && focusedIn(article)];
  const stream = streamOf(root, article, frame);
  if (!stream) return;
  if (frame.tail || frame.changes) speak(article);
  apply(stream, frame);
  if (frame.seq && article.dataset.status === "queued") article.dataset.status = "running"; // The frame that says so was lost.
  if (frame.changes && !frame.changes.every((each) => change(article, each))) ask(root, article, frame.message);
  if (stream !== before) recall(article);
  if (focused) goOn(article, focused, article);
});

document.addEventListener("chatinterface:content", ({ target, detail }) => {
  for (const element of detail.flatMap((each) => [each, ...each.querySelectorAll("[data-fetch]")])) {
    if (element.matches("[data-fetch]:not([data-fetching])")) complete(target.closest("[data-chat]"), element);
  }
});

on("inserted", recall);

document.addEventListener("input", ({ target }) => {
  const form = target.closest(FILLED);
  if (!form) return;
  filled.set(form.getAttribute("action"), form);
  within = target;
});
document.addEventListener("focusin", ({ target, relatedTarget }) => {
  if (target.closest(FILLED)) within = target;
  else if (relatedTarget) within = null;
});
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches("form[data-prompt]")) target.dataset.answering = "";
});
document.addEventListener("pointerdown", ({ target }) => target !== within && (within = null));
document.addEventListener("chatinterface:gone", ({ detail: root }) => {
  forget(root, "form");
  if (root.contains(within)) within = null;
});

document.addEventListener("click", ({ target }) => {
  const details = target.closest("details[data-step] > summary")?.parentElement;
  if (details) toggled.set(nameOf(details), !details.open);
});

on("message.settled", (root, frame) => {
  const article = find(root, frame.message);
  if (article && frame.fetch) load(root, frame.message, frame.fetch);
  else if (article) settle(article, frame);
});
