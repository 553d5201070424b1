"""The stylesheets that a page may have at the same time."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

STYLESHEETS = Path(__file__).parent.parent / "chatinterface/static/chatinterface"

# What every page has, and features fit into their own places.
SHARED = {
    "ci-body",
    "ci-box",
    "ci-button",
    "ci-empty",
    "ci-foot",
    "ci-header",
    "ci-icon",
    "ci-log",
    "ci-note",
    "ci-sends",
}


def outer(selector: str) -> Iterator[str]:
    """The selectors of a list, without what they only look at."""
    looked_at = re.compile(r":(?:has|not|where)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
    depth, start, selector = 0, 0, looked_at.sub("", selector)
    for at, character in enumerate(selector):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            yield selector[start:at]
            start = at + 1
    yield selector[start:]


def styled(css: str) -> set[str]:
    """The classes that a stylesheet gives a look: those at the end of a selector."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    classes = set()
    for rule in re.findall(r"([^{};]+)\{", css):
        for selector in outer(rule.strip()):
            if not rule.strip().startswith("@"):
                last = re.split(r"[\s>+~]+(?![^(]*\))", selector.strip())[-1]
                classes |= set(re.findall(r"\.(ci-[\w-]+)", last))
    return classes


def test_one_stylesheet_each() -> None:
    owners = defaultdict(set)
    for path in STYLESHEETS.glob("*.css"):
        for name in styled(path.read_text()):
            owners[name].add(path.name)
    assert {name: sheets for name, sheets in owners.items() if len(sheets) > 1 and name not in SHARED} == {}


def test_shared_are_everywhere() -> None:
    assert styled((STYLESHEETS / "chatinterface.css").read_text()) >= SHARED
