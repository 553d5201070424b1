// The code that a chat has its buttons run in the page: one module for each, loaded with the page, so that a click runs
// it at once. It gets its arguments by name, as objects with a `value` that can be read and assigned.

const scripts = new Map(); // address -> function, null where it could not be loaded, until then a promise of either

function load(root) {
  for (const { dataset } of root.querySelectorAll("[data-script]")) {
    const { script } = dataset;
    if (scripts.has(script)) continue;
    const loaded = import(script).then((module) => module.default, (error) => (console.error(error), null));
    scripts.set(script, loaded.then((code) => scripts.set(script, code)));
  }
}

// What the controls of one name say together.
function read(controls) {
  const [first] = controls;
  const values = controls.map((each) => (each.type === "range" || each.type === "number" ? each.valueAsNumber : each.value));
  if (first.type === "radio") return controls.find((each) => each.checked)?.value ?? null;
  if (first.type === "checkbox" && controls.length === 1) return first.checked;
  if (first.type === "checkbox") return controls.filter((each) => each.checked).map(({ value }) => value);
  if (first.type === "file") return [...first.files];
  if (first.multiple) return [...first.selectedOptions].map(({ value }) => value);
  return controls.length === 1 ? values[0] : values;
}

function write(controls, value) {
  const several = [value].flat().map(String);
  for (const [index, control] of controls.entries()) {
    if (control.type === "checkbox" && controls.length === 1) control.checked = Boolean(value);
    else if (control.type === "checkbox" || control.type === "radio") control.checked = several.includes(control.value);
    else if (control.multiple) for (const option of control.options) option.selected = several.includes(option.value);
    else if (control.type !== "file") control.value = controls.length === 1 ? (value ?? "") : several[index];
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// An input of the chat: its value, or where it is a form, an object of the values of its fields.
class Input {
  constructor(root, name) {
    this.root = root;
    this.name = name;
  }

  get fields() {
    const panels = [...this.root.querySelectorAll("[data-input-panel]")];
    const panel = panels.find(({ hidden, dataset }) => (this.name ? dataset.inputPanel === this.name : !hidden));
    const found = (panel ?? this.root).querySelectorAll(panel ? "input:not([type=hidden]), select, textarea" : "[data-chat-input]");
    return Object.entries(Object.groupBy(found, ({ name }) => name));
  }

  get value() {
    const { fields } = this;
    return fields.length === 1 ? read(fields[0][1]) : Object.fromEntries(fields.map(([name, controls]) => [name, read(controls)]));
  }

  set value(value) {
    const { fields } = this;
    if (fields.length === 1) return write(fields[0][1], value);
    for (const [name, controls] of fields) if (name in value) write(controls, value[name]);
  }
}

// An argument keeps what code assigns to it for as long as the page is open.
const given = new WeakMap(); // button -> its arguments

function arguments_(root, button) {
  if (!given.has(button)) {
    const declared = Object.entries(JSON.parse(button.dataset.args));
    const made = declared.map(([name, { input, value }]) => [name, input === undefined ? { value } : new Input(root, input)]);
    given.set(button, Object.fromEntries(made));
  }
  return given.get(button);
}

async function run(root, button, event) {
  try {
    const script = scripts.get(button.dataset.script);
    if (!script) throw new Error(`The code of the button "${button.dataset.action}" could not be loaded.`);
    await script(arguments_(root, button), event);
  } catch (error) {
    console.error(error);
    root.querySelector("[data-chat-notices]").textContent = root.dataset.textTrouble;
  }
}

// Before the click sends anything, so that the field still has what was typed: one that comes before the code waits.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-script]");
  const root = button?.closest("[data-chat]");
  if (!root) return;
  const script = scripts.get(button.dataset.script);
  if (script instanceof Promise) {
    event.preventDefault();
    event.stopImmediatePropagation();
    script.then(() => button.click());
  } else run(root, button, event);
}, { capture: true });
document.addEventListener("chatinterface:start", ({ target }) => load(target));
document.addEventListener("chatinterface:content", ({ target }) => load(target.closest("[data-chat]")));
document.querySelectorAll("[data-chat]").forEach(load);
