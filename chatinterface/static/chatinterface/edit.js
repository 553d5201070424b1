// Editing a message where it stands. The form comes with its text; what is typed in it is never lost: not by a refusal,
// not by another tab that changes the log meanwhile.

const editors = new Map(); // form -> Editor

class Editor {
  constructor(form) {
    this.form = form;
    this.root = form.closest("[data-chat]");
    this.id = form.closest("[data-message]").dataset.message;
    this.field = form.querySelector("[data-chat-edit]");
    this.key = crypto.randomUUID?.() ?? ""; // Not there where the page is not served securely.
    this.sending = false;
    form.addEventListener("keydown", (event) => this.keydown(event));
    form.addEventListener("htmx:configRequest", ({ detail }) => (detail.parameters.key = this.key));
    form.addEventListener("htmx:beforeSend", () => (this.sending = true));
    form.addEventListener("htmx:afterRequest", ({ detail }) => this.answered(detail.successful));
    form.querySelector("[data-action=cancel-edit]").addEventListener("click", () => this.close());
    this.field.addEventListener("input", () => this.typed());
    this.grow();
    if (document.activeElement !== this.field) {
      this.field.focus({ preventScroll: true });
      this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    }
    form.scrollIntoView({ block: "nearest" });
  }

  keydown(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  typed() {
    this.key = crypto.randomUUID?.() ?? "";
    this.form.querySelector("[data-chat-errors]").replaceChildren();
    this.grow();
  }

  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${this.field.scrollHeight}px`;
  }

  close() {
    editors.delete(this.form);
    const article = this.form.closest("[data-message]");
    this.form.remove();
    article?.querySelector("[data-action=edit]")?.focus({ preventScroll: true });
  }

  answered(successful) {
    this.sending = false;
    if (!successful) return this.keep();
    editors.delete(this.form);
    this.form.remove();
    this.root.querySelector("[data-chat-input]")?.focus({ preventScroll: true });
  }

  // The log was replaced around it. The message may be shown again; where it is not, its text goes into the field below.
  keep() {
    if (this.form.isConnected || this.sending) return;
    const article = this.root.querySelector(`[data-message="${this.id}"]`);
    if (article) {
      article.append(this.form);
      if ([document.body, this.form.closest("[data-chat-log]")].includes(document.activeElement)) this.field.focus();
      return;
    }
    editors.delete(this.form);
    const input = this.root.querySelector("textarea[data-chat-input]");
    if (!input || this.field.value === this.field.defaultValue) return;
    input.value = [this.field.value, input.value].filter(Boolean).join("\n");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus({ preventScroll: true });
  }
}

export function prepare(form) {
  editors.set(form, new Editor(form));
}

for (const type of ["refetched", "message.added"]) {
  document.addEventListener(`chatinterface:${type}`, ({ target }) => {
    for (const editor of [...editors.values()]) if (editor.root === target) editor.keep();
  });
}
