import logging
from dataclasses import dataclass
from typing import Any

import pytest

from chatinterface import ChatMessage, Component, converts
from chatinterface.content import conversion
from chatinterface.content.conversion import convert, is_declared, shown
from chatinterface.content.message import message_of


@dataclass(frozen=True)
class Box(Component):
    kind = "box"
    size: int = 1

    def props(self, store: Any) -> dict[str, Any]:
        return {"size": self.size}

    def text(self) -> str:
        return f"box of {self.size}"


class Thing: ...


class Special(Thing): ...


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_by_type", dict(conversion._by_type))
    monkeypatch.setattr(conversion, "_by_name", {name: list(each) for name, each in conversion._by_name.items()})
    monkeypatch.setattr(conversion, "_by_look", list(conversion._by_look))


def test_component_as_it_is() -> None:
    box = Box()
    assert convert(box) is box


def test_unknown_by_its_str() -> None:
    assert convert(Thing).startswith("<class ")  # type: ignore[union-attr]


def test_declared_type() -> None:
    converts(Thing)(lambda thing: Box(2))
    assert convert(Special()) == Box(2)


def test_closest_type_decides() -> None:
    converts(Thing)(lambda thing: "thing")
    converts(Special)(lambda thing: "special")
    assert (convert(Thing()), convert(Special())) == ("thing", "special")


def test_not_implemented_asks_the_base() -> None:
    @converts(Special)
    def refuse(value: Special) -> Any:
        raise NotImplementedError

    converts(Thing)(lambda thing: "thing")
    assert convert(Special()) == "thing"


def test_type_by_name() -> None:
    converts(f"{__name__.split('.')[0]}.Thing")(lambda thing: "named")
    assert convert(Special()) == "named"


def test_other_package_of_the_name() -> None:
    converts("elsewhere.Thing")(lambda thing: "named")
    assert convert(Thing()) != "named"


def test_by_look() -> None:
    converts.when(lambda value: hasattr(value, "shine"))(lambda value: Box(3))
    shining = Special()
    shining.shine = True  # type: ignore[attr-defined]
    assert convert(shining) == Box(3)
    assert not is_declared(Thing())


def test_conversion_of_a_conversion() -> None:
    converts(Special)(lambda value: Thing())
    converts(Thing)(lambda value: Box(4))
    assert convert(Special()) == Box(4)


def test_circle_ends() -> None:
    converts(Thing)(lambda value: Special())
    converts(Special)(lambda value: Thing())
    assert "object at" in str(convert(Thing()))


def test_first_renderer_that_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    def raises(value: object) -> str:
        raise ValueError("not this one")

    with caplog.at_level(logging.ERROR):
        assert list(shown(Thing(), [raises, lambda value: Box(5), lambda value: Box(6)])) == [Box(5)]
    assert "not this one" in caplog.text


def test_renderer_without_answer() -> None:
    converts(Thing)(lambda value: "declared")
    assert list(shown(Thing(), [lambda value: None])) == ["declared"]


def test_renderers_are_asked_for_text(caplog: pytest.LogCaptureFixture) -> None:
    """What one does not take for its own is no error worth a line."""
    with caplog.at_level(logging.INFO):
        assert list(shown("text", [lambda value: value.number, lambda value: Box(7)])) == [Box(7)]
    assert caplog.text == ""


def test_renderers_are_asked_once() -> None:
    """Not for what one of them has returned, but for what is declared of the value."""
    assert list(shown("text", [lambda value: [value, "more", Box(8)]])) == ["text", "more", Box(8)]
    converts(Thing)(lambda value: ["declared", Box(9)])
    assert list(shown(Thing(), [lambda value: value.upper()])) == ["DECLARED", Box(9)]


def test_default_part() -> None:
    assert Box(7).part(None) == {"type": "component", "component": "box", "props": {"size": 7}, "text": "box of 7"}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        ChatMessage("hi", user="Polly"),
        {"role": "user", "content": "hi", "user": "Polly"},
        {"object": "hi", "user": "Polly"},
        {"value": "hi", "user": "Polly", "avatar": None},
    ],
)
def test_messages(value: object) -> None:
    message = message_of(value)
    assert message is not None
    assert (message.content, message.role, message.user, message.avatar) == ("hi", "assistant", "Polly", "")


@pytest.mark.parametrize("value", ["hi", {}, {"user": "x"}, {"a": 1, "value": 2}, {"value": 1, "object": 2}, 3])
def test_no_messages(value: object) -> None:
    assert message_of(value) is None
