// A form in a reply: said aloud when it comes; where it is not taken, the first field that is wrong gets the focus.

const LAST = ".ci-message[data-latest]";

function announce(form) {
  const status = form.closest("[data-chat]")?.querySelector("[data-chat-status]");
  if (status && form.closest(LAST)) status.textContent = form.dataset.textAsked;
}

// What is wrong with a field stands beside it, the rest above the button.
function tell(form, html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  for (const errors of answer.querySelectorAll("[data-field-errors]")) {
    const place = [...form.querySelectorAll("[data-field-errors]")].find(({ id }) => id === errors.id);
    errors.remove();
    mark(place, errors.childNodes);
  }
  form.querySelector("[data-chat-errors]").replaceChildren(...answer.body.childNodes);
}

function mark(place, errors) {
  const field = place?.closest("[data-field]");
  place?.replaceChildren(...errors);
  for (const control of field?.querySelectorAll("input, select, textarea") ?? []) {
    if (place.firstElementChild) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
    control.setAttribute("aria-describedby", place.id);
  }
}

export function prepare(form) {
  if (form.dataset.loaded !== undefined) return;
  form.dataset.loaded = "";
  const root = form.closest("[data-chat]");
  const button = form.querySelector("[data-action=fill]");
  const renew = () => (key = crypto.randomUUID?.() ?? ""); // Not there where the page is not served securely.
  let key;
  renew();
  announce(form);
  form.addEventListener("input", renew);
  form.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt === form) detail.parameters.key = key;
  });
  form.addEventListener("htmx:beforeRequest", () => {
    button.setAttribute("aria-busy", "true");
    form.querySelectorAll("[data-field-errors]").forEach((place) => mark(place, []));
    form.querySelector("[data-chat-errors]").replaceChildren();
  });
  form.addEventListener("htmx:afterRequest", ({ detail }) => {
    button.removeAttribute("aria-busy");
    if (detail.xhr.status === 422) {
      tell(form, detail.xhr.responseText);
      form.querySelector("[aria-invalid]")?.focus();
    }
    if (!detail.successful) return;
    renew();
    root.querySelector("[data-chat-input]")?.focus({ preventScroll: true });
    if (root.dataset.connection !== "open") root.dispatchEvent(new CustomEvent("chatinterface:log.changed", { bubbles: true }));
  });
}
