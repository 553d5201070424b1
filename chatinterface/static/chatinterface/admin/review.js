// Keys for the review of flags: each presses the button, follows the link, or enters the field that has it in data-key.
"use strict";

{
  const STORED = "chatinterface.review.keys";
  const WRITES = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]";

  function allowed() {
    try {
      return localStorage.getItem(STORED) !== "off";
    } catch {
      return true;
    }
  }

  // Whose speech or shaking hands press keys by accident can do without them.
  function choose(box) {
    box.closest("label").hidden = false;
    box.checked = allowed();
    box.addEventListener("change", () => {
      try {
        localStorage.setItem(STORED, box.checked ? "on" : "off");
      } catch {
        // It holds until the next page.
      }
    });
  }

  document.addEventListener("keydown", (event) => {
    const note = event.target.closest?.("[data-decision] textarea");
    if (note && event.key === "Escape") return note.blur();
    const commanded = event.ctrlKey || event.metaKey || event.altKey;
    const box = document.querySelector("[data-keys]");
    if (commanded || event.repeat || event.isComposing || !(box?.checked ?? allowed()) || event.target.closest?.(WRITES)) return;
    const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!control) return;
    event.preventDefault();
    if (control.matches("textarea")) control.focus();
    else control.click();
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-keys]").forEach(choose));
}
