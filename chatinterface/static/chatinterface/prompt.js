// A question in a reply: said aloud when it comes, and where an answer will not do, its field gets the focus.

let answering = null; // the address of the question that this tab has answered

function announce(form) {
  const root = form.closest("[data-chat]");
  const status = root.querySelector("[data-chat-status]");
  if (status && form.dataset.state === "open") status.textContent = form.dataset.textAsked;
}

function relate(form) {
  for (const field of form.querySelectorAll("[data-invalid]")) {
    const errors = field.querySelector(":scope > .errorlist");
    errors.id ||= `ci-errors-${Math.random().toString(36).slice(2)}`;
    for (const control of field.querySelectorAll("input, select, textarea")) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", errors.id);
    }
  }
}

export function prepare(form) {
  form.dataset.loaded = "";
  const question = form.getAttribute("action");
  if (form.dataset.state !== "open") return;
  relate(form);
  if (answering === question) {
    form.querySelector("[aria-invalid]")?.focus();
    answering = null;
  } else announce(form);
  form.addEventListener("htmx:beforeRequest", () => {
    answering = question;
    form.querySelector("[data-action=answer]").setAttribute("aria-busy", "true");
  });
  form.addEventListener("htmx:afterRequest", ({ detail }) => {
    form.querySelector("[data-action=answer]")?.removeAttribute("aria-busy");
    const root = form.closest("[data-chat]");
    if (detail.successful && root?.dataset.connection !== "open") {
      root?.dispatchEvent(new CustomEvent("chatinterface:log.changed", { bubbles: true }));
    }
  });
}
