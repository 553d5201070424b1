"""Documents and drawings that callbacks have made, as they are served to their frames."""

import gzip
from collections.abc import Callable

import plotly
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from chatinterface import ChatInterface, files, registry
from chatinterface.content.components.plots import PLOTLY
from chatinterface.models import Attachment, Conversation, Message
from chatinterface.views.documents import prepared

pytestmark = pytest.mark.django_db

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LIBRARY = f"/chat/-/plotly/{plotly.__version__}.js"

Keep = Callable[..., Attachment]


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("owner")


@pytest.fixture
def reader(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def keep(owner: User) -> Keep:
    """Keep a document in a reply of the owner's: ``keep(b"<b>x</b>")``."""

    def kept(data: bytes, role: str = "assistant", sources: tuple[str, ...] = ()) -> Attachment:
        registry.register(ChatInterface(str.upper, name="loud", frame_sources=sources))
        conversation = Conversation.objects.create(interface="loud", user=owner)
        message = Message.objects.create(conversation=conversation, role=role)
        return files.keep(conversation, data, name="document", message=message)

    return kept


def url(attachment: Attachment) -> str:
    return f"/chat/loud/c/{attachment.conversation.uuid}/f/{attachment.uuid}/document/"


def directives(policy: str) -> dict[str, str]:
    return {name: sources for name, _, sources in (each.strip().partition(" ") for each in policy.split(";"))}


def test_document_is_sandboxed(reader: Client, keep: Keep) -> None:
    response = reader.get(url(keep(b"<html><b>x</b></html>")))
    policy = directives(response["Content-Security-Policy"])
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["connect-src"].split() == ["data:", "blob:"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_site_policy_is_not_added(reader: Client, keep: Keep, settings: object) -> None:
    settings.SECURE_CSP = {"default-src": ["'self'"]}  # type: ignore[attr-defined]
    assert "sandbox allow-scripts" in reader.get(url(keep(b"<html>")))["Content-Security-Policy"]


def test_hosts_are_allowed(reader: Client, keep: Keep) -> None:
    response = reader.get(url(keep(b"<html>", sources=("https://cdn.example.com",))))
    policy = directives(response["Content-Security-Policy"])
    for name in ("script-src", "style-src", "img-src", "font-src", "connect-src"):
        assert "https://cdn.example.com" in policy[name]


@pytest.mark.parametrize(
    "sources",
    [
        "https://example.com",
        ["example.com"],
        ["https://a.com; script-src *"],
        ["*"],
        ["https://a.com b"],
        ["http://a.com"],
        [5],
        ["data:"],
        ["https://*"],
    ],
)
def test_wrong_hosts(sources: object) -> None:
    with pytest.raises(ImproperlyConfigured, match=r'Write \["https://cdn\.jsdelivr\.net"\]'):
        ChatInterface(str.upper, frame_sources=sources)


@pytest.mark.parametrize("source", ["https://a.com", "https://*.tile.openstreetmap.org", "https://a.com:8443/npm/"])
def test_right_hosts(source: str) -> None:
    assert ChatInterface(str.upper, frame_sources=[source]).frame_sources == (source,)


@pytest.mark.parametrize(
    ("html", "start"),
    [
        ("<!doctype html><html><head lang=x><title>", "<!doctype html><html><head lang=x><meta"),
        ("<b>x</b>", '<!doctype html><html><head><meta charset="utf-8">'),
        ("<header>x</header>", '<!doctype html><html><head><meta charset="utf-8">'),
        ("x" * 5000 + "<head>", '<!doctype html><html><head><meta charset="utf-8">'),
    ],
)
def test_document_tells_its_height(html: str, start: str) -> None:
    shown = prepared(html)
    assert shown.startswith(start)
    assert shown.count("chatinterface:frame") == 1


def test_drawing_runs_nothing(reader: Client, keep: Keep) -> None:
    response = reader.get(url(keep(DRAWING)))
    assert response["Content-Type"] == "image/svg+xml"
    policy = directives(response["Content-Security-Policy"])
    assert (policy["default-src"], policy["sandbox"]) == ("'none'", "")
    assert "script-src" not in policy


@pytest.mark.parametrize("data", [DRAWING, b"<html><script>alert(1)</script></html>"])
def test_uploads_are_not_shown(reader: Client, keep: Keep, data: bytes) -> None:
    assert reader.get(url(keep(data, role="user"))).status_code == 404


@pytest.mark.parametrize("data", [b"plain text", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"])
def test_other_files_are_no_documents(reader: Client, keep: Keep, data: bytes) -> None:
    assert reader.get(url(keep(data))).status_code == 404


def test_library_is_named_whole(reader: Client, keep: Keep) -> None:
    """A document has no address of its own to which another could be relative, and no cookies."""
    response = reader.get(url(keep(f'<html><script src="{PLOTLY}"></script></html>'.encode())))
    address = f"http://testserver{LIBRARY}"
    assert f'src="{address}"' in response.content.decode()
    assert address in directives(response["Content-Security-Policy"])["script-src"]


def test_library_is_for_all(client: Client) -> None:
    response = client.get(LIBRARY, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert b"plotly.js" in gzip.decompress(response.content)[:300]
    assert "immutable" in response["Cache-Control"]
    assert b"plotly.js" in client.get(LIBRARY).content[:300]


@pytest.mark.parametrize(
    "path", ["/chat/-/plotly/1.js", "/chat/-/jquery/1.js", f"/chat/-/vega/{plotly.__version__}.js"]
)
def test_no_other_library(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
