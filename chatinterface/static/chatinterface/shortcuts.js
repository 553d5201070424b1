// The dialog that lists the keys. It comes with the press of its button, and goes when it is closed.

export function prepare(dialog) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog || target.closest("[data-action=close-shortcuts]")) dialog.close();
  });
  dialog.showModal();
}
