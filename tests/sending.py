"""A page that attaches files, without a browser."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from django.test import AsyncClient
from django.urls import reverse

from chatinterface.models import Conversation
from tests.reading import ReadingClient


class _Page:
    def __init__(self, name: str, client: Any, page: str) -> None:
        self.name = name
        self.client = client
        self.uuid = UUID(_found(r'data-conversation="([^"]+)"', page))
        self.token = html.unescape(_found(r'name="token" value="([^"]+)"', page))

    def url(self, view: str, *arguments: Any) -> str:
        """An address of this conversation."""
        return reverse(f"chatinterface:{view}", args=[self.name, self.uuid, *arguments])

    def piece(
        self,
        file: UUID,
        content: bytes,
        offset: int,
        size: int,
        name: str,
        content_type: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Post a piece of a file."""
        return self.client.post(
            self.url("upload", file),
            content,
            content_type="application/octet-stream",
            headers={
                "Upload-Offset": str(offset),
                "Upload-Length": str(size),
                "Upload-Name": quote(name),
                "Upload-Type": content_type,
                "Upload-Token": self.token,
                **(headers or {}),
            },
        )

    def remove(self, file: UUID) -> Any:
        """Take a file back."""
        return self.client.post(self.url("remove-upload", file), headers={"Upload-Token": self.token})

    def send(self, message: str, files: Sequence[UUID] = (), **fields: Any) -> Any:
        """Post a message with these files."""
        ids = ",".join(file.hex for file in files)
        return self.client.post(self.url("send"), {"message": message, "token": self.token, "uploads": ids, **fields})


class Page(_Page):
    """A new conversation's page, and what it posts."""

    def __init__(self, name: str, client: ReadingClient | None = None) -> None:
        client = client or ReadingClient()
        super().__init__(name, client, client.get(reverse("chatinterface:chat", args=[name])).content.decode())

    def upload(self, content: bytes, name: str) -> UUID:
        """Post a whole file; returns its id."""
        file = uuid4()
        answer = self.piece(file, content, 0, len(content), name)
        assert answer.status_code == 200, answer.content.decode()
        return file

    def conversation(self) -> Conversation:
        """The conversation that it has become."""
        return Conversation.objects.get(uuid=self.uuid)


class AsyncPage(_Page):
    """A page whose posts are awaited."""

    @classmethod
    async def open(cls, name: str, client: AsyncClient) -> "AsyncPage":
        """A new conversation."""
        address = reverse("chatinterface:chat", args=[name])
        return cls(name, client, (await client.get(address)).content.decode())

    async def upload(self, content: bytes, name: str) -> UUID:
        """Post a whole file; returns its id."""
        file = uuid4()
        answer = await self.piece(file, content, 0, len(content), name)
        assert answer.status_code == 200, answer.content.decode()
        return file


def _found(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None
    return found[1]
