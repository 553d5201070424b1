"""The conversation as a file: to be read, or to be read back."""

from __future__ import annotations

import json
from typing import Literal

from asgiref.sync import sync_to_async

from chatinterface.exports import to_json, to_markdown
from chatinterface.sessions.base import Session


class Exporting(Session):
    """What the visitor can save of the conversation, for the callback."""

    def export(self, format: Literal["markdown", "json"] = "markdown") -> str:
        """The conversation as Markdown, what is shown of it, or as JSON, all of it with every version.

        ``transcripts.from_json()`` reads the JSON back. Raises ValueError for another format.
        """
        if format == "markdown":
            return to_markdown(self.conversation)
        if format == "json":
            return json.dumps(to_json(self.conversation), ensure_ascii=False)
        raise ValueError(f"format={format!r} must be 'markdown' or 'json'.")

    async def aexport(self, format: Literal["markdown", "json"] = "markdown") -> str:
        """See export()."""
        return await sync_to_async(self.export)(format)
