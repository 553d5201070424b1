"""Whether a conversation is the same in the page, in the database, and by what its callback produced."""

import json
import time
from dataclasses import dataclass
from typing import NamedTuple

from chatinterface.content import markdown
from project.instruments import script
from tests.browser.chat import TEXT_OF, Chat
from tests.server import Server

# Seconds after which what is waited for counts as never coming.
PATIENCE = 60.0

# What the page shows of each message, without the buttons that its script puts into code.
SHOWN = """log => [...log.querySelectorAll("[data-message]")].map(article => {
  const body = article.querySelector("[data-message-body]").cloneNode(true);
  body.querySelectorAll("[data-action]").forEach(button => button.remove());
  const {message, role, status} = article.dataset;
  return [Number(message), role, status, body.textContent];
})"""

# Whether the page has these messages.
IDS = """pks => [...document.querySelectorAll("[data-chat-log] [data-message]")]
  .map(each => Number(each.dataset.message)).join() === pks.join()"""

STORED = """
    SELECT message.id, role, status, parts
    FROM chatinterface_message message JOIN chatinterface_conversation conversation ON conversation.id = conversation_id
    WHERE uuid = ? AND active ORDER BY message.id
"""


class Stored(NamedTuple):
    """A message in the database."""

    pk: int
    role: str
    status: str
    text: str


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
    chat.page.wait_for_function(IDS, arg=[row.pk for row in stored(chat.server, chat.uuid)])
    rows = stored(chat.server, chat.uuid)
    assert [row[1:] for row in rows] == expected
    rendered = [(*row[:3], chat.page.evaluate(TEXT_OF, markdown.render(row.text))) for row in rows]
    assert [tuple(shown) for shown in chat.log.evaluate(SHOWN)] == rendered


def stored(server: Server, uuid: str) -> list[Stored]:
    """The conversation's messages in the database."""
    rows = server.query(STORED, uuid.replace("-", ""))
    return [
        Stored(pk, role, status, "".join(part["text"] for part in json.loads(parts)))
        for pk, role, status, parts in rows
    ]


def in_database(chat: Chat, uuid: str, *, text: str | None = None, status: str = "running") -> None:
    """Wait until the database has a conversation's last reply with this status, and this text if one is given."""
    deadline = time.monotonic() + PATIENCE
    while True:
        *_, last = stored(chat.server, uuid)
        if last.status == status and text in (None, last.text):
            return
        assert time.monotonic() < deadline, f"The database has {last}"
        chat.page.wait_for_timeout(20)
