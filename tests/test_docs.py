"""What the reference says, and that its examples run."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.dispatch import Signal
from django.test import AsyncClient, override_settings
from django.utils.functional import Promise

from chatinterface import ChatInterface, ChatSession, conf, registry, signals
from chatinterface.models import Message
from tests.server import ROOT
from tests.tab import Tab

REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in (
        "docs/reference.md",
        "docs/components.md",
        "docs/inputs.md",
        "docs/session.md",
        "docs/buttons.md",
        "docs/checks.md",
        "docs/deploy.md",
        "README.md",
    )
}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def blocks() -> Iterator[Any]:
    for page, text in PAGES.items():
        for number, code in enumerate(BLOCK.findall(text)):
            yield pytest.param(code, id=f"{page}-{number}")


def examples() -> Iterator[Any]:
    """The examples of the reference and of what it leads to, each with the heading that it stands below."""
    pages = REFERENCE + PAGES["docs/inputs.md"] + PAGES["docs/buttons.md"] + PAGES["docs/components.md"]
    for section in re.split(r"^(?=###? )", pages, flags=re.MULTILINE):
        for code in BLOCK.findall(section):
            if "import chatinterface as chat" in code:
                yield pytest.param(code, id=section.split("\n")[0].strip("# `"))


def section(name: str) -> str:
    """What stands below the heading of an attribute."""
    return REFERENCE.partition(f"\n### `{name}`\n")[2].partition("\n##")[0]


def registered_by(code: str) -> list[ChatInterface]:
    before = registry.registered()
    exec(code, {"__name__": "example"})
    return [interface for name, interface in registry.registered().items() if name not in before]


@pytest.mark.parametrize("code", list(blocks()))
def test_blocks_compile(code: str) -> None:
    compile(code, "example", "exec")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", list(examples()))
async def test_examples_run(code: str) -> None:
    for name in registry.registered():
        registry.unregister(name)
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="root", is_staff=True, is_superuser=True))
    declared = registered_by(code)
    assert declared
    for interface in declared:
        reply = await (await Tab.open(interface.name, client)).ask("Hello there")
        if "ZeroDivisionError" in reply.metadata.get("error", {}).get("text", ""):
            assert reply.status == Message.Status.FAILED
        else:
            assert (reply.status, bool(reply.text)) == (Message.Status.DONE, True)


@pytest.mark.parametrize("name", sorted(ChatInterface.attributes()))
def test_attributes_are_documented(name: str) -> None:
    default = getattr(ChatInterface, name)
    shown = str(default) if isinstance(default, Promise) else default
    stands = section(name)
    assert stands, f"docs/reference.md says nothing of {name!r}: write a section '### `{name}`' below 'Attributes'."
    assert stands.startswith(f"\nDefault: `{shown!r}`\n"), f"Write the default of {name!r}: 'Default: `{shown!r}`'."
    assert re.search(rf"\b{name}\b", "".join(BLOCK.findall(stands))), f"Show how {name!r} is written, in an example."


def test_no_other_attributes() -> None:
    named = re.findall(r"^### `(\w+)`$", REFERENCE, re.MULTILINE)
    assert len(set(named)) == len(named), "An attribute stands in docs/reference.md twice."
    assert set(named) <= ChatInterface.attributes(), "docs/reference.md has attributes that are not declared."


@pytest.mark.parametrize("field", fields(conf.Settings), ids=lambda field: field.name)
def test_settings_are_documented(field: Any) -> None:
    default = f"{field.default:.12g}" if field.default else f"`{field.default}`"
    assert f"| `{field.name.upper()}` | {default} |" in REFERENCE


def test_settings_example_is_valid() -> None:
    (code,) = (code for code in BLOCK.findall(REFERENCE) if "CHATINTERFACE = " in code)
    given: dict[str, Any] = {}
    exec(code, given)
    with override_settings(CHATINTERFACE=given["CHATINTERFACE"]):
        assert conf.get() != conf.Settings()


def test_signals_are_documented() -> None:
    for name in (name for name, value in vars(signals).items() if isinstance(value, Signal)):
        assert f"`chatinterface.signals.{name}`" in REFERENCE


def test_session_is_documented() -> None:
    table = REFERENCE.partition("\n## `ChatSession`\n")[2].partition("```")[0]
    for name in dir(ChatSession):
        if not name.startswith("_") and name != "port":
            assert f"`{name}`" in table or f"`{name}()`" in table, name
