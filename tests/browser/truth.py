"""Whether a conversation is the same in the page, in the database, and by what its callback produced."""

import json
import time
from dataclasses import dataclass

from chatinterface.content import markdown
from project.instruments import script
from tests.browser.chat import TEXT_OF, Chat

# What the page shows of each message, without the buttons that its script puts into code.
SHOWN = """log => [...log.querySelectorAll("[data-message]")].map(article => {
  const body = article.querySelector("[data-message-body]").cloneNode(true);
  body.querySelectorAll("[data-action]").forEach(button => button.remove());
  const {message, role, status} = article.dataset;
  return [Number(message), role, status, body.textContent];
})"""

STORED = """
    SELECT message.id, role, status, parts
    FROM chatinterface_message message JOIN chatinterface_conversation conversation ON conversation.id = conversation_id
    WHERE uuid = ? AND active ORDER BY message.id
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message and its reply; without a text the reply is all that the callback says."""

    message: str
    reply: str | None = None
    status: str = "done"

    @property
    def said(self) -> list[tuple[str, str, str]]:
        """Role, status and text of both."""
        reply = script.expected(self.message) if self.reply is None else self.reply
        return [("user", "done", self.message), ("assistant", self.status, reply)]


def agree(chat: Chat, *turns: Turn | str) -> None:
    """Wait for the last reply's end; then the page, the database and the callbacks tell the same conversation."""
    expected = [said for turn in turns for said in (turn if isinstance(turn, Turn) else Turn(turn)).said]
    chat.has_status(expected[-1][1], count=len(turns))
    rows = stored(chat)
    assert [row[1:] for row in rows] == expected
    rendered = [
        (pk, role, status, chat.page.evaluate(TEXT_OF, markdown.render(text))) for pk, role, status, text in rows
    ]
    assert [tuple(shown) for shown in chat.log.evaluate(SHOWN)] == rendered


def stored(chat: Chat) -> list[tuple[int, str, str, str]]:
    """Id, role, status and text of the conversation's messages in the database."""
    rows = chat.server.query(STORED, chat.uuid.replace("-", ""))
    return [(pk, role, status, "".join(part["text"] for part in json.loads(parts))) for pk, role, status, parts in rows]


def checkpointed(chat: Chat, text: str) -> None:
    """Wait until the database has this text of a reply that is still being written."""
    deadline = time.monotonic() + 10
    while stored(chat)[-1][3] != text:
        assert time.monotonic() < deadline
        chat.page.wait_for_timeout(20)
