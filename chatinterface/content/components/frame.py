"""Documents with scripts of their own, where these can do no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from chatinterface.content.components.base import Blob, Component, Store
from chatinterface.content.markdown import normalise

# Pixels of a frame until its document says how high it is.
HEIGHT = 400


@dataclass(frozen=True, eq=False)
class Frame(Component):
    """HTML with scripts and styles of its own, in a frame that can reach neither the page nor the network.

    ``title`` says what it is, to those who do not see it. It is as high as its document says, ``height`` pixels until
    then. A host that it loads something from has to be named in the chat's ``frame_sources``.
    """

    html: str
    title: str = ""
    height: int = HEIGHT
    key: str | None = None

    kind: ClassVar[str] = "frame"

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props()."""
        document = Blob(
            source=normalise(self.html).encode(), name=f"{self.title or 'document'}.html", content_type="text/html"
        )
        return {"items": [store(document)], "title": normalise(str(self.title)), "height": int(self.height)}

    def text(self) -> str:
        """See Component.text()."""
        return str(self.title)
