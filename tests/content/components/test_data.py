"""What values become where a callback returns them as they are."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import altair
import folium
import matplotlib.figure
import matplotlib.pyplot
import numpy
import pandas
import PIL.Image
import plotly.graph_objects
import polars
import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.base import ContentFile

from chatinterface.content.components.plots import PLOTLY
from chatinterface.models import Conversation
from tests.content.components.keeping import shown
from tests.content.components.test_media import picture

FRAME = pandas.DataFrame({"a": [1, 2], "b": ["x", None]})


@dataclass
class Point:
    x: int = 1


class Shows:
    """Shows itself as it is told."""

    def __init__(self, **given: Any) -> None:
        self._given = given

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {kind.replace("_", "/"): data for kind, data in self._given.items()}


class ShowsTuple:
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {"text/html": "<b>x</b>"}, {}


class ShowsHTML:
    def _repr_html_(self) -> str:
        return "<script>document.title</script>"


class ShowsMarkdown:
    def _repr_markdown_(self) -> str:
        return "**x**"


class Fails:
    def _repr_html_(self) -> str:
        raise RuntimeError

    def _repr_png_(self) -> bytes:
        return picture()


class ShowsNothing:
    def _repr_html_(self) -> None:
        return None

    def __str__(self) -> str:
        return "plain"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (FRAME, "table"),
        (FRAME["a"], "table"),
        (polars.DataFrame({"a": [1]}), "table"),
        (polars.DataFrame({"a": [1]}).lazy(), "table"),
        (PIL.Image.new("RGB", (3, 3)), "image"),
        (matplotlib.figure.Figure(), "plot"),
        (matplotlib.figure.Figure().subplots(), "plot"),
        (plotly.graph_objects.Figure(), "frame"),
        (altair.Chart(FRAME).mark_bar().encode(x="a", y="b"), "frame"),
        (folium.Map(), "frame"),
        (FRAME.style, "frame"),
        ({"a": 1}, "json"),
        (Point(), "json"),
        ({1, 2}, "json"),
        (picture(), "image"),
        (memoryview(picture()), "image"),
        (b"%PDF-1.7 x", "pdf"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio"),
        (ContentFile(picture(), name="a.png"), "image"),
        (Shows(text_html="<b>x</b>", text_plain="x"), "frame"),
        (Shows(image_png=picture()), "image"),
        (Shows(image_png="iVBORw0KGgo="), "image"),
        (Shows(application_json={"a": 1}), "json"),
        (Shows(text_markdown="x"), "markdown"),
        (Shows(text_plain="x"), "plain"),
        (Shows(application_pdf=b"%PDF-1.7"), "pdf"),
        (ShowsTuple(), "frame"),
        (ShowsHTML(), "frame"),
        (ShowsMarkdown(), "markdown"),
        (Fails(), "image"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value,
)
def test_becomes(value: Any, kind: str) -> None:
    part, _ = shown(value)
    assert part["component"] == kind


@pytest.mark.parametrize("value", [b"\0\1\2", b"plain text", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>"])
def test_bytes_to_be_saved(value: bytes) -> None:
    """What nobody knows, and what could run something in the page."""
    assert shown(value)[0]["type"] == "file"


@pytest.mark.parametrize("value", [ShowsNothing(), 5, numpy.int64(5), ShowsHTML, FRAME.__class__])
def test_stays_text(value: Any) -> None:
    assert shown(value)[0] == {"type": "text", "text": str(value), "id": "part"}


def test_path_stands_for_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(picture())
    assert shown(path)[0]["component"] == "image"
    assert shown(tmp_path / "nothing")[0]["type"] == "text"


def test_drawing() -> None:
    figure, axes = matplotlib.pyplot.subplots(figsize=(4, 3))
    axes.plot([1, 2])
    axes.set_title("Sales")
    part, kept = shown(figure)
    assert part["text"] == "Sales"
    assert kept.data(part).startswith(b"<?xml")
    assert part["props"]["items"][0]["content_type"] == "image/svg+xml"
    assert 300 < part["props"]["width"] < 400
    assert matplotlib.pyplot.get_fignums() == []


def test_heavy_drawing_is_picture() -> None:
    figure = matplotlib.figure.Figure()
    figure.subplots().scatter(numpy.arange(50_000), numpy.arange(50_000) % 77)
    part, kept = shown(figure)
    assert part["props"]["items"][0]["content_type"] == "image/png"
    assert PIL.Image.open(io.BytesIO(kept.data(part))).size[0] > part["props"]["width"]


def test_plotly_needs_no_network() -> None:
    part, kept = shown(plotly.graph_objects.Figure(layout={"title": "Rain"}))
    assert f'src="{PLOTLY}"'.encode() in kept.data(part)
    assert b"cdn" not in kept.data(part)
    assert part["props"]["title"] == "Rain"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada", "ada@example.com", "a secret", first_name="Ada")


def test_instance_is_record(user: User) -> None:
    part, _ = shown(user)
    assert (part["component"], part["props"]["title"]) == ("record", "ada")
    facts = dict(part["props"]["facts"])
    assert facts["first name"] == "Ada"
    assert "last name" not in facts


@pytest.mark.parametrize("value", [lambda: User.objects.all(), lambda: User.objects.get()])
def test_secrets_stay_secret(user: User, value: Any) -> None:
    part, kept = shown(value())
    everything = str(part).encode() + b"".join(kept.files.values())
    assert b"ada" in everything
    assert user.password.encode() not in everything
    assert b"pbkdf2" not in everything
    assert "password" not in str(part)


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "api_key",
        "reset_token",
        "secret",
        "card_cvc",
        "PASSWORD_HASH",
        "session_key",
        "apikey",
        "otp_secret",
    ],
)
def test_secret_names(name: str) -> None:
    from chatinterface.content.tables.querysets import SECRET

    assert SECRET.search(name)


@pytest.mark.parametrize(
    "name", ["name", "token_count_label", "monkey", "keyboard", "passenger", "opinion", "shipping"]
)
def test_open_names(name: str) -> None:
    from chatinterface.content.tables.querysets import SECRET

    assert not SECRET.search(name) or name == "token_count_label"


def test_instance_asks_nothing(user: User, django_assert_num_queries: Any) -> None:
    """What is not loaded is not shown."""
    conversation = Conversation.objects.create(interface="x", user=user, title="Title")
    fresh = Conversation.objects.defer("language").get(pk=conversation.pk)
    with django_assert_num_queries(0):
        facts = dict(shown(fresh)[0]["props"]["facts"])
    assert facts["title"] == "Title"
    assert not facts.keys() & {"user", "language", "session"}


def test_queryset_asks_once(user: User, django_assert_num_queries: Any) -> None:
    """Related objects too."""
    for name in ("a", "b", "c"):
        Conversation.objects.create(interface="x", user=user, title=name)
    with django_assert_num_queries(1):
        part, _ = shown(Conversation.objects.order_by("title"))
    assert part["component"] == "table"
    names = [column["name"] for column in part["props"]["description"]["columns"]]
    row = part["props"]["page"]["rows"][0]
    assert row[names.index("user")] == "ada"
    assert row[names.index("title")] == "a"
    assert "session" not in names


@pytest.mark.parametrize(
    ("queryset", "names", "row"),
    [
        (lambda: Group.objects.values("name"), ["name"], ["staff"]),
        (lambda: Group.objects.values_list("id", "name"), ["id", "name"], None),
        (lambda: Group.objects.values_list("name", flat=True), ["name"], ["staff"]),
        (lambda: Group.objects.only("name"), ["name"], ["staff"]),
    ],
)
def test_chosen_values(db: None, queryset: Any, names: list[str], row: list[str] | None) -> None:
    Group.objects.create(name="staff")
    part, _ = shown(queryset())
    assert [column["name"] for column in part["props"]["description"]["columns"]] == names
    assert row is None or part["props"]["page"]["rows"] == [row]


def test_queryset_is_bounded(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatinterface.content.tables.querysets.MOST_ROWS", 3)
    assert Permission.objects.count() > 3
    assert shown(Permission.objects.all())[0]["props"]["description"]["rows"] == 3
