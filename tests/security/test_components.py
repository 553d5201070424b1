"""Components whose every text is hostile."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User

from chatinterface import ChatInterface
from chatinterface.content.components import (
    HTML,
    JSON,
    PDF,
    Accordion,
    Audio,
    Code,
    Column,
    File,
    Frame,
    Gallery,
    Image,
    Markdown,
    Plot,
    Progress,
    Record,
    Row,
    Table,
    Tabs,
    Text,
    Video,
)
from chatinterface.models import Conversation, Message
from chatinterface.presentation import part_html
from tests.content.components.keeping import Kept
from tests.content.components.test_data import Shows
from tests.content.components.test_media import picture

pytestmark = pytest.mark.django_db

X = """'"></p></pre></textarea></script><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>"""
X += """<a href="javascript:alert(1)" hx-get="/x" data-hx-get="/x" hx-on:click="x" hx-swap-oob="true" id="chat-form">"""
X += "<form action=/x><iframe srcdoc=x></iframe><svg onload=x><math href=x><base href=//evil><meta><style>*{}</style>"
EVERYTHING = [
    Text(X),
    Markdown(X),
    HTML(X),
    Code(X, X, title=X),
    Code(X * 500, title=X),
    JSON({X: X, "a": [X]}, title=X),
    Image(picture(), alt=X, caption=X, name=X),
    Image(f"https://evil.example/{X}", alt=X),
    Gallery([(picture(), X)]),
    Audio(b"RIFF\0\0\0\0WAVEfmt ", name=X),
    Video(b"x", name=X),
    Video(f"https://evil.example/{X}", name=X),
    PDF(b"%PDF-1.7", name=X),
    File(b"x", name=X),
    File(f"https://evil.example/{X}", name=X),
    Frame(X, title=X),
    Plot(Shows(text_html=X), alt=X),
    Progress(1, 2, X),
    Progress(label=X),
    Record({X: X}, title=X),
    Table([{X: X}], title=X),
    Table([{X: X, "n": number} for number in range(30)], title=X),
    Row(X, Text(X)),
    Column(X),
    Tabs((X, X)),
    Accordion((X, Text(X))),
]
# What the templates themselves write.
OWN = frozenset({"iframe", "input", "button", "svg", "path"})
RUNNING = frozenset(
    {"script", "style", "base", "meta", "link", "form", "object", "embed", "applet", "math", "textarea"}
)


class Reader(HTMLParser):
    """Notes all elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(value: Any) -> list[tuple[str, dict[str, str]]]:
    conversation = Conversation.objects.create(interface="loud", user=User.objects.create_user("ada"))
    message = Message.objects.create(conversation=conversation, role="assistant")
    kept = Kept()
    part = kept.part(value)
    for file in walk_files(part):
        file["name"] = X
    reader = Reader()
    reader.feed(part_html(ChatInterface(str.upper, name="loud"), conversation, message, part))
    assert reader.found
    return reader.found


def walk_files(part: dict[str, Any]) -> Any:
    items = part.get("props", {}).get("items", [])
    yield from (item for item in items if item["type"] == "file")
    for item in items:
        yield from walk_files(item)


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_hostile_text_is_text(value: Any) -> None:
    for tag, attributes in elements(value):
        assert tag not in RUNNING, (tag, attributes)
        assert not [name for name in attributes if name.startswith(("on", "style", "srcdoc", "hx-on", "data-hx"))]
        for name in ("src", "hx-get", "action", "data-source"):
            assert attributes.get(name, "/chat/").startswith(("/chat/", "/media/")), (tag, attributes)
        assert attributes.get("href", "/").startswith(("/", "https://evil.example/")), (tag, attributes)
        assert "hx-swap-oob" not in attributes
        assert attributes.get("id", "ci-table-").startswith("ci-table-")


@pytest.mark.parametrize("value", EVERYTHING, ids=lambda value: type(value).__name__)
def test_frames_are_sandboxed(value: Any) -> None:
    for tag, attributes in elements(value):
        if tag == "iframe" and "data-pdf" not in attributes:
            assert attributes["sandbox"] == "allow-scripts"
            assert attributes["src"].endswith("/document/")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " javascript:x", "JavaScript:x", "//evil.example"]
)
@pytest.mark.parametrize("kind", ["image", "audio", "video", "pdf", "download"])
def test_addresses_that_run(url: str, kind: str) -> None:
    """Of a part that no component has made."""
    conversation = Conversation(interface="loud")
    part = {"type": "component", "component": kind, "props": {"url": url, "alt": "x", "name": "x"}, "id": "a"}
    reader = Reader()
    reader.feed(part_html(ChatInterface(str.upper, name="loud"), conversation, Message(role="assistant"), part))
    addresses = [attributes[name] for _, attributes in reader.found for name in ("href", "src") if name in attributes]
    assert set(addresses) == {""}


@pytest.mark.parametrize("component", [Image, Audio, Video, PDF])
def test_other_sites_are_linked(component: Any) -> None:
    """What is loaded from them would tell them who reads what."""
    found = elements(component("https://other.example/file"))
    assert not [attributes for _, attributes in found if "src" in attributes]
    assert [attributes["href"] for _, attributes in found if "href" in attributes] == ["https://other.example/file"]
