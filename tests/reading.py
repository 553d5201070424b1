"""A client that reads what is streamed, as browsers do."""

from typing import Any

from django.test import Client


class ReadingClient(Client):
    """Whose answers have what was streamed in ``body``."""

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        response.body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        return response
