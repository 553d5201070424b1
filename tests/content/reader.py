"""What the browser does with patches, for tests."""

from chatinterface.content.incremental import IncrementalMarkdown, Patch


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


def stream(markdown: IncrementalMarkdown, *deltas: str) -> list[Patch]:
    """Append the texts, a patch after each."""
    patches = []
    for delta in deltas:
        markdown.append(delta)
        if patch := markdown.patch():
            patches.append(patch)
    return patches
