import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

import chatinterface as chat
from tests.sending import Page

pytestmark = pytest.mark.django_db


def page(**attributes: Any) -> str:
    chat.register(lambda message: message, name="ask", **attributes)
    return Client().get("/chat/ask/").content.decode()


def field(html: str) -> str:
    found = re.search(r"<textarea[^>]*data-chat-area[^>]*>", html)
    assert found is not None
    return found[0]


def button(html: str, action: str) -> str:
    found = re.search(rf'<button[^>]*data-action="{action}".*?</button>', html, re.DOTALL)
    assert found is not None
    return found[0]


def test_field_is_as_declared() -> None:
    html = page(textbox=chat.Textbox(placeholder="Ask away", lines=3, max_lines=8, label="Question", value="Hi"))
    for attribute in ('placeholder="Ask away"', 'rows="3"', 'data-max-rows="8"'):
        assert attribute in field(html)
    assert ">Question</label>" in html
    assert re.search(r"<textarea[^>]*>\s*Hi</textarea>", html)


def test_field_by_default() -> None:
    assert 'placeholder="Send a message"' in field(page())


@pytest.mark.django_db(transaction=True)
def test_length_is_limited() -> None:
    page(textbox=chat.Textbox(max_length=5))
    assert Page("ask").send("123456").status_code == 422
    assert Page("ask").send("12345").status_code == 204


def test_enter_may_break_lines() -> None:
    html = page(enter_sends=False)
    assert 'data-enter="breaks"' in field(html)


def test_focus_may_stay_away() -> None:
    assert "data-unfocused" in page(autofocus=False)


def test_buttons_have_icons() -> None:
    html = page()
    assert "<svg" in button(html, "send")
    assert 'aria-label="Send"' in button(html, "send")
    assert 'aria-label="Stop"' in button(html, "stop")


def test_buttons_may_have_words() -> None:
    html = page(submit_btn="Ask <b>", stop_btn="Enough")
    assert "Ask &lt;b&gt;</button>" in button(html, "send")
    assert "Enough</button>" in button(html, "stop")
    assert "aria-label" not in button(html, "send")


@pytest.mark.parametrize("none", [False, None])
def test_buttons_may_be_away(none: object) -> None:
    html = page(submit_btn=none, stop_btn=none)
    assert " hidden>" in button(html, "send")
    assert " hidden>" in button(html, "stop")


def test_textbox_speaks_for_the_chat() -> None:
    interface = chat.ChatInterface(len, textbox=chat.Textbox(submit_btn="Go", autofocus=False, enter_sends=False))
    assert (interface.submit_btn, interface.autofocus, interface.enter_sends) == ("Go", False, False)
    assert not interface.multimodal


def test_multimodal_textbox_takes_files() -> None:
    textbox = chat.MultimodalTextbox(file_types=["image"], file_count="single", sources=["upload"])
    interface = chat.ChatInterface(len, textbox=textbox)
    assert (interface.multimodal, interface.max_files, interface.voice_notes) == (True, 1, False)
    assert interface.limits.accept == "image/*"


def test_microphone_needs_a_type() -> None:
    assert chat.ChatInterface(len, multimodal=True).records
    assert chat.ChatInterface(len, multimodal=True, file_types=["audio"]).records
    assert not chat.ChatInterface(len, multimodal=True, file_types=["image"]).records
    assert not chat.ChatInterface(len, multimodal=True, voice_notes=False).records


def test_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="Did you mean 'placeholder'"):
        chat.Textbox(placehodler="x")


@pytest.mark.parametrize(
    "attributes",
    [
        {"textbox": "x"},
        {"textbox": chat.Textbox(lines=0)},
        {"textbox": chat.Textbox(max_length="x")},
        {"textbox": chat.Textbox(autofocus=False), "autofocus": True},
    ],
)
def test_wrong_textbox_is_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured):
        chat.ChatInterface(len, **attributes)
