"""What the browser does with patches, for tests."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chatinterface.content.incremental import IncrementalMarkdown, Patch

FETCHED = re.compile(r'<div class="ci-part" data-part="(?P<part>[^"]+)" data-fetch="(?P<address>[^"]+)"></div>')


class Reader:
    """The browser's two strings, in the units that JavaScript counts."""

    def __init__(self) -> None:
        self._finished = self._tail = b""

    @property
    def html(self) -> str:
        return (self._finished + self._tail).decode("utf-16-le")

    @property
    def finished(self) -> str:
        return self._finished.decode("utf-16-le")

    def apply(self, patch: Patch) -> None:
        if patch.reset:
            self._finished = self._tail = b""
        assert patch.keep * 2 <= len(self._tail)
        tail = self._tail[: patch.keep * 2] + patch.tail.encode("utf-16-le")
        self._finished += tail[: patch.commit * 2]
        self._tail = tail[patch.commit * 2 :]

    def put(self, old: str, new: str) -> None:
        """Replace an element, which is always finished."""
        html = self.finished
        assert html.count(old) == 1
        self._finished = html.replace(old, new).encode("utf-16-le")


class Page:
    """The browser's parts of one message: the stream of the message, and one for each part that holds others."""

    def __init__(self) -> None:
        self._main = Reader()
        self._parts: dict[str, Reader] = {}

    @classmethod
    def of(cls, html: str) -> "Page":
        """A message as a page has it that was loaded."""
        page = cls()
        page._main.apply(Patch(0, html, 0))
        return page

    @property
    def html(self) -> str:
        return self._filled(self._main.html)

    @property
    def shells(self) -> str:
        """What stands in the message itself."""
        return self._main.html

    def apply(self, frame: Mapping[str, Any]) -> None:
        """Do what a patch says."""
        if frame.get("reset"):
            self._parts.clear()
        self._main.apply(_patch(frame))
        for change in frame.get("changes", ()):
            self._change(change)

    @property
    def fetched(self) -> list[str]:
        """Where the parts are that were too long."""
        return [found["address"] for reader in self._readers() for found in FETCHED.finditer(reader.html)]

    def complete(self, address: str, html: str) -> None:
        """Put a part in its place that was fetched."""
        for reader in self._readers():
            for found in list(FETCHED.finditer(reader.html)):
                if found["address"] == address:
                    reader.put(found[0], html.strip())

    def _change(self, change: Mapping[str, Any]) -> None:
        part = change["part"]
        if "tail" in change:
            if change.get("reset") or part not in self._parts:
                self._parts[part] = Reader()
            assert any(_body(part) in each.html for each in self._readers()), f"{part} has no body"
            self._parts[part].apply(_patch(change))
            return
        holder = next(each for each in self._readers() if f'data-part="{part}"' in each.html)
        new = change.get("html", change.get("shell"))
        assert isinstance(new, str)
        holder.put(element(holder.html, part), new.strip())
        if "html" in change:
            self._parts.pop(part, None)

    def _readers(self) -> Iterable[Reader]:
        return (self._main, *self._parts.values())

    def _filled(self, html: str) -> str:
        for part, reader in self._parts.items():
            if _body(part) in html:
                html = html.replace(_body(part), f"{_body(part)[:-6]}{self._filled(reader.html)}</div>")
        return html


def element(html: str, part: str) -> str:
    """The HTML of a part's element."""
    start = html.index(f'<div class="ci-part" data-part="{part}"')
    depth = 0
    for tag in re.finditer(r"<(/?)div\b[^>]*>", html[start:]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return html[start : start + tag.end()]
    raise AssertionError(f"{part} is not closed")


def stream(markdown: IncrementalMarkdown, *deltas: str) -> list[Patch]:
    """Append the texts, a patch after each."""
    patches = []
    for delta in deltas:
        markdown.append(delta)
        if patch := markdown.patch():
            patches.append(patch)
    return patches


def _patch(frame: Mapping[str, Any]) -> Patch:
    return Patch(frame["keep"], frame["tail"], frame["commit"], frame.get("reset", False))


def _body(part: str) -> str:
    return f'data-part-body="{part}"></div>'
