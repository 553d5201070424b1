// Copies the Markdown of a message or of the whole conversation. It is loaded with the first click.

async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok || response.redirected) throw new Error(response.statusText);
  return response.text();
}

async function write(text) {
  // Safari lets a page copy only what the click itself has promised.
  if (navigator.clipboard && window.ClipboardItem) {
    const blob = text.then((each) => new Blob([each], { type: "text/plain" }));
    return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  }
  const field = Object.assign(document.createElement("textarea"), { value: await text, className: "ci-hidden" });
  document.querySelector("[data-chat]").append(field);
  field.select();
  document.execCommand("copy"); // The only way where the page is not served securely.
  field.remove();
}

// The site wants to know. Whether it gets to is nothing to who has copied.
function tell(root, url) {
  const token = root.querySelector("input[name=csrfmiddlewaretoken]")?.value;
  if (url) fetch(url, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {});
}

export async function copy(root, button) {
  const status = root.querySelector("[data-chat-status]");
  const { textCopied, textTrouble } = root.dataset;
  try {
    await write(fetched(button.dataset.url));
    button.dataset.copied = "";
    status.textContent = textCopied;
    tell(root, button.dataset.toldUrl);
  } catch {
    status.textContent = textTrouble;
  }
  button.focus({ preventScroll: true });
  setTimeout(() => {
    delete button.dataset.copied;
    if (status.textContent === textCopied) status.textContent = "";
  }, 2000);
}
