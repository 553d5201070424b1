// Looks at a page from outside of its own scripts: when Enter was pressed, and when which token stood in the document.
(() => {
  if (window.probe) return;
  const probe = { tag: "", sent: 0, first: 0, done: 0, usable: 0, shown: [] };
  window.probe = probe;

  const added = (node) => (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.ELEMENT_NODE ? node.textContent : "");
  const texts = (record) =>
    record.type === "characterData" ? [record.target.data] : Array.from(record.addedNodes, added);

  let token = /$^/;
  let end = "";
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
  };
  new MutationObserver(observe).observe(document, { childList: true, subtree: true, characterData: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !probe.sent) probe.sent = performance.now();
  }, true);

  // Expect the tokens of this tag from now on.
  probe.expect = (tag) => {
    Object.assign(probe, { tag, sent: 0, first: 0, done: 0, shown: [] });
    token = new RegExp(`${tag}\\d`);
    end = `${tag}END`;
  };

  // The numbers of the tokens that the document shows now, in their order.
  probe.numbers = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walker.nextNode()) {
      if (!/^(SCRIPT|STYLE|TEXTAREA)$/.test(walker.currentNode.parentNode.nodeName)) text += walker.currentNode.data;
    }
    return Array.from(text.matchAll(new RegExp(`${probe.tag}(\\d+)`, "g")), (match) => Number(match[1]));
  };

  // Note when the input is there and takes text.
  probe.wait = (selector) => {
    const timer = setInterval(() => {
      const input = document.querySelector(selector);
      if (!input || input.disabled || !input.getClientRects().length) return;
      probe.usable = performance.now();
      clearInterval(timer);
    }, 5);
  };
})();
