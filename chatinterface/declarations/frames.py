"""What the documents that a chat shows in frames may load from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatinterface.declarations.base import Declaration

# A host of the web as a Content-Security-Policy names it; nothing in it can end the directive that it stands in.
SOURCE = re.compile(r"https://(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?(?:/[\w./@~-]*)?", re.IGNORECASE)


class Frames(Declaration):
    """Plots and other documents with scripts of their own."""

    # Hosts from which documents in frames may load scripts, styles and pictures, like "https://cdn.jsdelivr.net".
    frame_sources: Sequence[str] = ()

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        sources = self.frame_sources
        wrong = [sources] if isinstance(sources, str) else [each for each in sources if not _is_source(each)]
        if wrong:
            self.refuse(f'frame_sources: {wrong[0]!r} is no list of hosts. Write ["https://cdn.jsdelivr.net"].')
        self.keep("frame_sources", tuple(sources))


def _is_source(value: object) -> bool:
    return isinstance(value, str) and SOURCE.fullmatch(value) is not None
