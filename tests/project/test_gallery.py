from typing import Any

import pytest
from django.test import AsyncClient

from chatinterface.content.parts import walk
from project import gallery
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = {
    "accordion",
    "audio",
    "code",
    "column",
    "frame",
    "gallery",
    "html",
    "image",
    "json",
    "pdf",
    "plain",
    "plot",
    "progress",
    "record",
    "row",
    "table",
    "tabs",
    "video",
}


async def parts(name: str, message: str) -> list[dict[str, Any]]:
    reply = await (await Tab.open(name, AsyncClient())).ask(message)
    assert reply.status == "done"
    return list(walk(reply.parts))


async def test_gallery_shows_every_kind() -> None:
    shown = await parts("gallery", "everything")
    assert {part["component"] for part in shown if part["type"] == "component"} == KINDS
    assert [part for part in shown if part["type"] == "file"]


@pytest.mark.parametrize("kind", gallery.KINDS)
async def test_gallery_shows_one(kind: str) -> None:
    shown = await parts("gallery", kind)
    assert (
        shown[0] == {"type": "text", "text": f"\n\n## {kind.capitalize()}\n\n"} or kind.capitalize() in shown[0]["text"]
    )


async def test_number_is_spelled_out() -> None:
    assert (await parts("renderers", "1234567"))[0]["text"] == "The number **1,234,567.0**"


async def test_lines_become_table() -> None:
    """The first renderer fails, the second answers."""
    shown = await parts("renderers", "a,b\n1,2\n")
    assert [part["component"] for part in shown if part["type"] == "component"] == ["column", "table"]


async def test_all_else_is_tree() -> None:
    """No renderer answers: it is shown as any dataclass."""
    assert (await parts("renderers", "hello"))[0]["props"]["value"] == {"content": "hello"}
