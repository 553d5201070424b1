"""What a page is watched for from its first moment on: scripts that a test adds before it opens the page."""

# Every layout shift, also those that the browser forgives because the user has just typed.
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const {value, sources} of list.getEntries()) {
    shifts.push([value, ...sources.map(({node, previousRect, currentRect}) =>
      [node?.outerHTML ?? node?.data, previousRect.toJSON(), currentRect.toJSON()])]);
  }
}).observe({type: "layout-shift"});
"""

# The role and the text of all notes and bars of progress that there ever were, however short their time.
NOTED = """
window.noted = [];
new MutationObserver(() => {
  for (const each of document.querySelectorAll("progress, .ci-toast")) {
    const text = `${each.role ?? each.localName}: ${each.textContent}`;
    if (!noted.includes(text)) noted.push(text);
  }
}).observe(document, {subtree: true, childList: true, characterData: true});
"""

# Has notes stay until they are dismissed.
LASTING = """
const later = window.setTimeout;
window.setTimeout = (call, delay, ...rest) => (delay === 6000 ? 0 : later(call, delay, ...rest));
"""

# When a reply began to be waited for, and when the waiting mark was first seen, in milliseconds.
MARKS = """
window.marks = {};
requestAnimationFrame(function look(now) {
  const waiting = document.querySelector("[data-status=running] .ci-waiting");
  if (waiting) marks.running ??= now;
  if (waiting?.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})) marks.waiting ??= now;
  requestAnimationFrame(look);
});
"""

# Waits until what the page looks at once it is laid out has been looked at.
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
