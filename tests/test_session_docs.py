"""What docs/session.md says, done."""

from typing import Any

import pytest

from chatinterface import registry
from chatinterface.models import Conversation
from tests.saved import anonymous, said
from tests.server import ROOT
from tests.tab import Tab
from tests.test_docs import BLOCK

pytestmark = pytest.mark.django_db(transaction=True)

CODE = BLOCK.findall((ROOT / "docs/session.md").read_text(encoding="utf-8"))


class Order:
    def save(self) -> None:
        """Is a model's."""


def done(name: str, *arguments: Any) -> list[str]:
    """What a conversation shows when a function of the page was called."""
    registry._chats.pop("orders", None)
    (code,) = (code for code in CODE if f"def {name}(" in code)
    given: dict[str, Any] = {"__name__": "example"}
    for each in dict.fromkeys([CODE[0], code]):
        exec(each, given)
    conversation: Conversation = said(anonymous(), "one", interface="orders")
    given[name](*[conversation if each is None else each for each in arguments])
    return [message.text for message in conversation.messages.filter(active=True).order_by("pk")]


def test_ship() -> None:
    assert done("ship", None) == ["one", "Your order has **shipped**."]


def test_pack() -> None:
    assert done("pack", None, ["a", "b"])[1] == "Packing:\n- a\n- b"


def test_remind() -> None:
    assert done("remind", None)[1:] == ["Where is my order?", "You asked: Where is my order?"]


def test_book() -> None:
    assert done("book", Order(), None)[1:] == ["It is booked."]


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("debate", "?", ["?", "1. I see it differently.", "2. I see it differently.", "3. I see it differently."]),
        ("commands", "/clear", ["Where do we begin?"]),
    ],
)
async def test_callbacks(name: str, message: str, expected: list[str]) -> None:
    registry._chats.pop(name, None)
    (code,) = (code for code in CODE if f"def {name}(" in code)
    exec(code, {"__name__": "example"})
    tab = await Tab.open(name)
    await tab.ask(message)
    conversation = await tab.conversation()
    shown = [each.text async for each in conversation.messages.filter(active=True).order_by("pk")]
    assert shown[: len(expected)] == expected


def test_every_block_is_used() -> None:
    assert len(CODE) == 7
