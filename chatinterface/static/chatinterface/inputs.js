// The inputs of a chat that has declared some: their tabs, what they show of their values, and how all are sent but the
// field for text, which is the composer's. What is in a disabled fieldset is not posted: that is how one is active.

const KEYBOARD_PAUSE = 700; // milliseconds after the last key until a value counts as chosen
const CONTROLS = "input:not([hidden], [type=hidden]), textarea, select, [data-action=attach]";
const forms = new WeakMap();

// crypto.randomUUID() is there only where the page is served securely.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.slice(0, 4).join("")}-${hex.slice(4, 6).join("")}-4${hex[6].slice(1)}${hex[7]}-a${hex[8].slice(1)}${hex[9]}-${hex.slice(10).join("")}`;
}

// What is wrong with a control is read out with it, as its help text is.
function describe(control, id, described) {
  const ids = new Set((control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (described) ids.add(id);
  else ids.delete(id);
  if (ids.size) control.setAttribute("aria-describedby", [...ids].join(" "));
  else control.removeAttribute("aria-describedby");
}

function assign(control, value) {
  if (control.matches("[type=checkbox], [type=radio]")) control.checked = value;
  else if (control.multiple) for (const option of control.options) option.selected = value.includes(option.value);
  else control.value = value;
}

class Inputs {
  constructor(root, form) {
    this.root = root;
    this.form = form;
    this.tabs = [...form.querySelectorAll("[role=tab]")];
    this.panels = [...form.querySelectorAll("[data-input-panel]")];
    this.errors = form.querySelector("[data-chat-errors]");
    this.composed = form.querySelector("[data-chat-area]"); // The field that the composer has.
    this.additional = form.querySelector("[data-additional]");
    this.standing = this.snapshot;
    this.sending = this.refused = null; // {panel, data, key}
    this.posting = null; // the panel whose request is under way, or the form that stops the reply
    this.next = null; // the panel that was to be sent meanwhile
    this.restore();
    form.querySelector("[role=tablist]")?.addEventListener("keydown", (event) => this.move(event));
    for (const tab of this.tabs) tab.addEventListener("click", (event) => this.chosen(tab, event));
    form.addEventListener("input", ({ target }) => this.changing(target));
    form.addEventListener("change", ({ target }) => this.changed(target));
    form.addEventListener("keydown", (event) => this.keydown(event));
    form.addEventListener("pointerdown", () => (this.typed = 0));
    // Before the listeners of the form itself.
    root.addEventListener("submit", (event) => event.target === form && this.submit(event), { capture: true });
    form.addEventListener("htmx:configRequest", ({ detail }) => this.configure(detail.parameters));
    form.addEventListener("htmx:beforeSend", () => this.clear());
    form.addEventListener("htmx:beforeSwap", ({ detail }) => this.admit(detail));
    form.addEventListener("htmx:afterRequest", ({ detail }) => this.answered(detail.xhr));
    for (const each of [form, root.querySelector(`#chat-stop-${root.dataset.conversation}`)]) {
      each?.addEventListener("htmx:beforeRequest", () => this.post(each));
      each?.addEventListener("htmx:afterRequest", () => this.proceed());
    }
    form.querySelector("[data-action=send]").disabled = false;
    form.querySelectorAll(".ci-slider, .ci-inline").forEach((field) => this.show(field));
    if (this.ours && document.activeElement === document.body && !("unfocused" in form.dataset)) this.focus();
  }

  get panel() {
    return this.panels.find((panel) => !panel.hidden);
  }

  // Whether it is sent from here.
  get ours() {
    return !this.composed || Boolean(this.panel && !this.panel.contains(this.composed));
  }

  move(event) {
    const tabs = this.tabs.filter((tab) => !tab.hidden);
    const forward = getComputedStyle(this.form).direction === "rtl" ? -1 : 1;
    const steps = { ArrowRight: forward, ArrowLeft: -forward, Home: -tabs.length, End: tabs.length };
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const at = tabs.indexOf(event.target.closest("[role=tab]")) + step;
    const next = Math.abs(step) > 1 ? tabs.at(step > 0 ? -1 : 0) : tabs.at(at % tabs.length);
    this.activate(next.dataset.input);
    next.focus();
  }

  // Who points at a tab goes on in its input; who comes by keys is at the tab.
  chosen(tab, event) {
    this.activate(tab.dataset.input);
    if (event.detail) this.focus();
  }

  activate(name) {
    if (this.panel.dataset.inputPanel === name) return;
    this.clear();
    for (const panel of this.panels) {
      const active = panel.dataset.inputPanel === name;
      panel.hidden = !active;
      panel.querySelector("fieldset").disabled = !active;
      panel.querySelector("[data-input-main]")?.toggleAttribute("data-chat-input", active);
    }
    for (const tab of this.tabs) {
      const active = tab.dataset.input === name;
      tab.setAttribute("aria-selected", active);
      tab.tabIndex = active ? 0 : -1;
      if (active) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  // How the server knows the inputs to stand.
  get snapshot() {
    return this.root.querySelector("[data-chat-snapshot]")?.dataset.inputs;
  }

  // What was missed is in the log that was fetched anew.
  refetched() {
    const { snapshot } = this;
    if (!snapshot || snapshot === this.standing) return;
    this.stand(JSON.parse(snapshot));
  }

  // What is sent is where the conversation goes on; only the page's own choice is not known to the server.
  sent() {
    if (!this.standing) return;
    this.standing = JSON.stringify({ ...JSON.parse(this.standing), active: this.panel.dataset.inputPanel });
  }

  // A callback has chosen, in whichever tab of the browser.
  stand({ active, shown }) {
    this.standing = JSON.stringify({ active, shown });
    const focused = this.form.contains(document.activeElement);
    for (const tab of this.tabs) tab.hidden = !shown.includes(tab.dataset.input);
    const list = this.form.querySelector("[role=tablist]");
    if (list) list.hidden = shown.length < 2;
    this.activate(active);
    if (focused || document.activeElement === document.body) this.focus();
  }

  focus() {
    const main = this.panel.querySelector("[data-input-main]");
    const control = main?.matches("fieldset") ? main.querySelector("input:checked") ?? main.querySelector("input, select, textarea") : main;
    control?.focus({ preventScroll: true });
  }

  changing(target) {
    const field = target.closest("[data-field]");
    if (!field) return;
    this.show(field);
    this.correct(field);
    this.keep();
    if (this.ours && this.panel.contains(field)) this.errors.replaceChildren();
  }

  // What a slider is at.
  show(field) {
    const output = field.querySelector("output");
    const inputs = [...field.querySelectorAll("input")];
    if (!output || !inputs.length) return;
    if (inputs[0].type !== "range") return void (output.textContent = inputs[0].value);
    const numbers = inputs.map((input) => Number(input.value)).sort((one, other) => one - other);
    const said = numbers.map((number) => number.toLocaleString(document.documentElement.lang || undefined));
    output.textContent = said.join(" – ");
    if (inputs.length < 2) return;
    const { min, max } = inputs[0];
    const [low, high] = numbers.map((number) => (number - min) / (max - min || 1));
    field.style.setProperty("--ci-low", low);
    field.style.setProperty("--ci-high", high);
  }

  changed(target) {
    const panel = target.closest("[data-auto-send]");
    if (!panel || !this.ours || target.value === "") return;
    clearTimeout(this.pause);
    // Each press of an arrow changes a slider: the last one is meant.
    this.pause = setTimeout(() => panel === this.panel && this.form.requestSubmit(), this.typed ? KEYBOARD_PAUSE : 0);
  }

  keydown(event) {
    this.typed = Date.now();
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || !this.ours) return;
    if (!event.target.matches("textarea, select")) return clearTimeout(this.pause);
    const { dataset } = event.target;
    const sends = event.ctrlKey || event.metaKey || ("chatArea" in dataset && dataset.enter !== "breaks" && !event.shiftKey && !event.altKey);
    if (!sends) return;
    event.preventDefault();
    if (!event.repeat) this.form.requestSubmit();
  }

  submit(event) {
    // What is sent is collected when its turn comes: it must be that of the panel that is open then.
    if (this.posting && this.posting !== this.panel) {
      this.next = this.panel;
      event.preventDefault();
      return event.stopPropagation();
    }
    if (!this.ours) return;
    clearTimeout(this.pause);
    if (this.sending) {
      event.preventDefault();
      return event.stopPropagation();
    }
    const data = JSON.stringify([...new FormData(this.form)].map(([name, value]) => [name, value.name ?? value, value.size]));
    const key = this.refused?.data === data ? this.refused.key : uuid();
    this.sending = { panel: this.panel, data, key };
  }

  configure(parameters) {
    if (this.sending) parameters.key = this.sending.key;
  }

  // One request goes after the other: also the one that stops the reply.
  post(form) {
    if (!this.panel) return;
    this.posting = form === this.form ? this.panel : form;
    this.form.dataset.posting = "";
  }

  proceed() {
    const { next } = this;
    this.posting = this.next = null;
    delete this.form.dataset.posting;
    if (next && next === this.panel) setTimeout(() => this.form.requestSubmit());
  }

  admit(detail) {
    detail.shouldSwap = detail.xhr.status === 422;
    detail.isError = !detail.shouldSwap && detail.isError;
  }

  answered({ status }) {
    if (!this.sending) return status === 422 ? this.complain(this.additional) : undefined;
    const { panel, data, key } = this.sending;
    this.sending = null;
    this.refused = status >= 200 && status < 300 ? null : { data, key };
    if (!this.refused) return this.accepted(panel);
    const { dataset } = this.root;
    if (status !== 422) this.errors.textContent = dataset[`text-${status}`] ?? dataset.textTrouble;
    this.complain(panel);
    this.complain(this.additional);
  }

  accepted(panel) {
    const focused = this.form.contains(document.activeElement);
    if (!("keeps" in this.form.dataset)) this.reset(panel);
    this.keep();
    if (focused && panel === this.panel) this.focus();
    // The conversation has its row now: its owner is known without the token, which ends some day.
    if (!this.form.elements.token) return;
    this.form.elements.token.remove();
    const url = new URL(this.root.dataset.socketUrl, location.href);
    url.searchParams.delete("token");
    this.root.dataset.socketUrl = url.pathname + url.search;
    this.keep();
  }

  reset(panel) {
    for (const control of panel.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      if (control.matches("select")) for (const option of control.options) option.selected = option.defaultSelected;
      else if (control.matches("[type=checkbox], [type=radio]")) control.checked = control.defaultChecked;
      else if (control.matches("[type=file]")) control.value = "";
      else control.value = control.defaultValue;
    }
    panel.querySelectorAll("[data-field]").forEach((field) => this.show(field));
  }

  // Beside each field stands what is wrong with it; of a single one it is said below the box.
  complain(panel) {
    if (!panel) return;
    let fields = [...panel.querySelectorAll("[data-field]")].filter((field) => field.querySelector("[data-field-errors]")?.firstElementChild);
    if (!fields.length && panel === this.panel && !("whole" in panel.dataset)) fields = [...panel.querySelectorAll("[data-field]")];
    for (const field of fields) {
      const errors = field.querySelector("[data-field-errors]") ?? this.errors;
      for (const control of field.querySelectorAll(CONTROLS)) {
        if (!control.matches("button")) control.setAttribute("aria-invalid", "true");
        describe(control, errors.id, true);
      }
    }
    if (fields.length && panel === this.additional) panel.open = true;
    if (panel !== this.panel || !this.form.contains(document.activeElement?.closest("[aria-invalid]"))) fields[0]?.querySelector(CONTROLS)?.focus();
  }

  correct(field) {
    const errors = field.querySelector("[data-field-errors]");
    for (const control of field.querySelectorAll(CONTROLS)) {
      control.removeAttribute("aria-invalid");
      describe(control, (errors ?? this.errors).id, false);
    }
    errors?.replaceChildren();
  }

  // What was entered and not sent survives a reload, and what is chosen below the chat holds for the messages to come.
  // The composer keeps its own, and secrets are not kept.
  get place() {
    const { chatName, conversation } = this.root.dataset;
    return `chatinterface:inputs:${chatName}:${this.form.elements.token ? "new" : conversation}`;
  }

  get settings() {
    const kept = "input:not([type=hidden], [type=password], [type=file]), select, textarea";
    const fields = [...this.form.querySelectorAll("[data-field]")].flatMap((field) => [...field.querySelectorAll(kept)]);
    return fields.filter((control) => control !== this.composed);
  }

  keep() {
    const values = this.settings.map((control) => {
      if (control.matches("[type=checkbox], [type=radio]")) return control.checked;
      return control.multiple ? [...control.selectedOptions].map(({ value }) => value) : control.value;
    });
    try {
      sessionStorage.setItem(this.place, JSON.stringify(values));
    } catch {
      // Without storage they are kept when they are sent.
    }
  }

  restore() {
    try {
      const values = JSON.parse(sessionStorage.getItem(this.place)) ?? [];
      if (values.length === this.settings.length) this.settings.forEach((control, number) => assign(control, values[number]));
    } catch {
      // See keep().
    }
  }

  clear() {
    if (this.ours) this.errors.replaceChildren();
    this.form.querySelectorAll("[data-field]").forEach((field) => this.correct(field));
  }
}

function start(root) {
  const form = root.querySelector("form[data-inputs]");
  if (form && !forms.has(form)) forms.set(form, new Inputs(root, form));
}

function of(root) {
  return forms.get(root?.querySelector("form[data-inputs]"));
}

document.addEventListener("chatinterface:start", ({ target }) => start(target));
document.addEventListener("chatinterface:form.changed", ({ target, detail }) => of(target)?.stand(detail));
document.addEventListener("chatinterface:refetched", ({ target }) => of(target)?.refetched());
document.addEventListener("chatinterface:sent", ({ target }) => of(target.closest("[data-chat]"))?.sent());
document.querySelectorAll("[data-chat]").forEach(start);
