// The examples of an empty conversation: a click sends one, or fills it in where the chat says so.

const PATIENCE = 10000; // milliseconds for the files of an example

function composer(root) {
  return root.querySelector("[data-chat-form] [data-chat-area]");
}

// Another input may be the active one.
function open(area) {
  const panel = area.closest("[data-input-panel][hidden]");
  if (panel) area.form.querySelector(`[aria-controls="${CSS.escape(panel.id)}"]`)?.click();
}

// The inputs below the chat, as the example has them.
function choose(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const controls = [...form.elements].filter((control) => control.name === name);
    for (const control of controls) {
      if (control.type === "checkbox") control.checked = value === true || (Array.isArray(value) && value.includes(control.value));
      else if (control.type === "radio") control.checked = control.value === value;
      else if (control.multiple) for (const option of control.options) option.selected = value.includes(option.value);
      else control.value = value;
    }
    controls[0]?.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function write(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

async function fetched(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(response.statusText);
  const name = decodeURIComponent(url.split("/").at(-1) || "");
  return new File([await response.blob()], name, { type: response.headers.get("Content-Type") });
}

// As if they had been picked.
async function attach(form, urls) {
  const picker = form.querySelector("[data-chat-picker]");
  if (!picker || !urls.length) return;
  const picked = new DataTransfer();
  for (const file of await Promise.all(urls.map(fetched))) picked.items.add(file);
  picker.files = picked.files;
  picker.dispatchEvent(new Event("change", { bubbles: true }));
}

function send(form, area, button) {
  const draft = area.value;
  const chosen = form.elements.example;
  write(area, button.dataset.text);
  chosen.value = button.dataset.example;
  area.focus({ preventScroll: true });
  form.requestSubmit();
  chosen.value = "";
  if (draft && draft !== button.dataset.text) write(area, draft);
}

function take(root, button) {
  const area = composer(root);
  if (!area) return;
  const { form, dataset } = { form: area.form, dataset: button.dataset };
  // What would wait for another request is not what is sent here.
  if ("runs" in dataset && "posting" in form.dataset) return;
  open(area);
  choose(form, JSON.parse(dataset.values || "{}"));
  if ("runs" in dataset) return send(form, area, button);
  write(area, dataset.text);
  attach(form, JSON.parse(dataset.files || "[]")).catch(() => {
    root.querySelector("[data-chat-notices]").textContent = root.dataset.textTrouble;
  });
  area.focus({ preventScroll: true });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-example]");
  const root = button?.closest("[data-chat]");
  if (root) return take(root, button);
  const more = target.closest("[data-action=more-examples]");
  if (!more) return;
  const rest = more.closest("[data-chat-examples]").querySelectorAll("li[hidden]");
  for (const item of rest) item.hidden = false;
  more.remove();
  rest[0]?.querySelector("button").focus();
});
