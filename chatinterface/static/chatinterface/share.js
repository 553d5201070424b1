// The dialog in which a conversation is shared. It comes with the press of its button, and goes when it is closed.

function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "ci-hidden" });
  document.querySelector("[data-chat-share]").append(field);
  field.select();
  document.execCommand("copy"); // The only way where the page is not served securely.
  field.remove();
}

function say(dialog, text) {
  dialog.querySelector("[data-share-status]").textContent = text;
}

async function copy(dialog, button) {
  await write(new URL(button.dataset.url, location.href).href);
  button.dataset.copied = "";
  say(dialog, dialog.dataset.textCopied);
  setTimeout(() => {
    delete button.dataset.copied;
    say(dialog, "");
  }, 2000);
}

export function prepare(dialog) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => {
    const { target } = event;
    const button = target.closest("[data-action=copy-link]");
    if (button) copy(dialog, button);
    else if (target === dialog || target.closest("[data-action=close-share]")) dialog.close();
  });
  // What was pressed is replaced: the focus goes to the link that was made, or stays in the list.
  dialog.addEventListener("htmx:afterSwap", () => {
    const made = dialog.querySelector("[data-made] [data-action=copy-link]");
    (made ?? dialog.querySelector("[data-action=make-link]")).focus();
  });
  dialog.showModal();
}
