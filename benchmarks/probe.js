// Looks at a page from outside of its own scripts: when Enter was pressed, and when which token stood in the document.
(() => {
  if (window.probe) return;
  const probe = { tag: "", sent: 0, first: 0, done: 0, cut: 0, usable: 0, shown: [] };
  window.probe = probe;

  const added = (node) => (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.ELEMENT_NODE ? node.textContent : "");
  const texts = (record) =>
    record.type === "characterData" ? [record.target.data] : Array.from(record.addedNodes, added);

  let token = /$^/;
  let end = "";
  let limit = Infinity;
  const observe = (records) => {
    if (!probe.tag) return;
    let any = false;
    let last = false;
    for (const text of records.flatMap(texts)) {
      any ||= token.test(text);
      last ||= text.includes(end);
      if (any && last) break;
    }
    if (!any && !last) return;
    const now = performance.now();
    probe.shown.push(now);
    probe.first ||= now;
    if (last) probe.done ||= now;
    if (now - probe.sent > limit && !probe.done && !probe.cut) {
      probe.cut = now;
      // A page that is busy answers no question, but is heard.
      console.info(`probe: ${probe.numbers().length} tokens after ${now - probe.sent} ms`);
    }
  };
  const observer = new MutationObserver(observe);
  const roots = [];
  const watch = (root) => {
    roots.push(root);
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    return root;
  };
  watch(document);
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (options) {
    return watch(attachShadow.call(this, options));
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !probe.sent) probe.sent = performance.now();
  }, true);

  // Expect the tokens of this tag from now on.
  probe.expect = (tag) => {
    Object.assign(probe, { tag, sent: 0, first: 0, done: 0, cut: 0, shown: [] });
    limit = Infinity;
    token = new RegExp(`${tag}\\d`);
    end = `${tag}END`;
  };

  // Tell how many there are where the last of them is not there so many milliseconds after Enter.
  probe.limit = (milliseconds) => {
    limit = milliseconds;
  };

  // The numbers of the tokens that the document shows now, in their order.
  probe.numbers = () =>
    Array.from(textOf(document.body).matchAll(new RegExp(`${probe.tag}(\\d+)`, "g")), (match) => Number(match[1]));

  const textOf = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (/^(SCRIPT|STYLE|TEXTAREA)$/.test(node.nodeName)) return "";
    return [node.shadowRoot, ...node.childNodes].map((inner) => (inner ? textOf(inner) : "")).join("");
  };

  // Note when the input is there and takes text.
  probe.wait = (selector) => {
    const timer = setInterval(() => {
      const input = roots.map((root) => root.querySelector(selector)).find((found) => found?.isConnected);
      if (!input || input.disabled || !input.getClientRects().length) return;
      probe.usable = performance.now();
      clearInterval(timer);
    }, 5);
  };
})();
