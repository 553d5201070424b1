import re

from django.template import Context, Template
from django.test import override_settings
from django.urls import set_script_prefix

from chatinterface import ChatInterface
from chatinterface.content.markdown import render
from chatinterface.models import Conversation, Message


def rendered(template: str, **context: object) -> str:
    return Template("{% load chatinterface %}" + template).render(Context(context))


def body(message: Message) -> str:
    interface = ChatInterface(str.upper)
    return rendered("{% message_body %}", message=message, conversation=Conversation(), interface=interface)


def test_body_as_it_was_stored() -> None:
    message = Message(html="<p>stored</p>", parts=[{"type": "text", "text": "other"}])
    assert body(message) == "<p>stored</p>"


def test_body_of_a_growing_reply() -> None:
    message = Message(parts=[{"type": "text", "text": "*so far*"}])
    assert body(message) == render("*so far*")


def test_markdown_is_sanitised() -> None:
    html = rendered("{{ text|markdown }}", text="*hello*<script>alert(1)</script>")
    assert "<em>hello</em>" in html
    assert "<script" not in html


def test_icon_is_drawn_inline() -> None:
    svg = rendered('{% icon "outline/arrow-up" size=20 %}')
    assert svg.startswith("<svg")
    assert 'width="20"' in svg
    assert not re.search(r"\bstyle=", svg)


def test_socket_path_has_the_prefix() -> None:
    conversation = Conversation()
    path = f"ws/chatinterface/{conversation.uuid}/"
    assert rendered("{% socket_path conversation %}", conversation=conversation) == f"/{path}"
    with override_settings(FORCE_SCRIPT_NAME="/site/"):
        set_script_prefix("/site/")
        try:
            assert rendered("{% socket_path conversation %}", conversation=conversation) == f"/site/{path}"
        finally:
            set_script_prefix("/")
