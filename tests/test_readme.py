import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine

from chatinterface import conf
from chatinterface.interface import ChatInterface
from tests.server import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]
LINK = re.compile(r"\]\(([^)#\s]+)|(?:src|srcset|href)=\"([^\"]+)\"")
README = (ROOT / "README.md").read_text(encoding="utf-8")
STYLESHEET = (ROOT / "chatinterface/static/chatinterface/chatinterface.css").read_text(encoding="utf-8")
SHOP = """<html><head><title>{% block page_title %}{% endblock %}</title>{% block extra_head %}{% endblock %}</head>
<body><main>{% block main %}{% endblock %}</main></body></html>"""
PAGE = """{% extends "chatinterface/base.html" %}
{% block title %}the title{% endblock %}
{% block head %}the head{% endblock %}
{% block content %}the chat{% endblock %}"""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for match in LINK.finditer(path.read_text(encoding="utf-8")):
        link = match[1] or match[2]
        assert link.startswith(("http://", "https://")) or (path.parent / link).exists(), link


def test_custom_properties_exist() -> None:
    for name in set(re.findall(r"--ci-[a-z-]+", README)):
        assert f"{name}:" in STYLESHEET, name
        assert f"var({name})" in STYLESHEET, name


def test_attributes_are_described() -> None:
    for name in ChatInterface.attributes():
        assert f"`{name}`" in README, name


def test_settings_are_described() -> None:
    for field in fields(conf.Settings):
        default = f"{field.default:.12g}" if field.default else f"`{field.default}`"
        assert f"| `{field.name.upper()}` | {default} |" in README


def test_architecture_names_modules() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    names = re.findall(r"`([\w/]+\.(?:py|js|html))`", text)
    assert names
    for name in names:
        folder = {".py": "", ".js": "static/chatinterface", ".html": "templates/chatinterface"}[Path(name).suffix]
        place = ROOT if name.startswith("tests/") else ROOT / "chatinterface" / folder
        assert (place / name).exists(), name


def test_frame() -> None:
    """The template that puts the chats into a site's frame, as the README has it."""
    snippet = re.search(r"```html\n(\{# templates/chatinterface/base\.html.*?)```", README, re.DOTALL)
    assert snippet
    templates = {"shop/base.html": SHOP, "chatinterface/base.html": snippet[1], "page.html": PAGE}
    engine = Engine(
        loaders=[
            ("django.template.loaders.locmem.Loader", templates),
            "django.template.loaders.app_directories.Loader",
        ],
        libraries={
            "django_htmx": "django_htmx.templatetags.django_htmx",
            "static": "django.templatetags.static",
        },
    )
    page = engine.get_template("page.html").render(Context({}))
    assert "<title>the title</title>" in page
    assert re.search(r"chatinterface/chat\.js.*the head\s*</head>", page, re.DOTALL)
    assert "<main>the chat</main>" in page


def test_templates_of_the_site_win() -> None:
    """The order of the apps that the README gives."""
    order = re.search(r"INSTALLED_APPS = \[(.*?)\n\]", README, re.DOTALL)
    assert order
    assert re.findall(r'"(\w+)"|(your own apps)', order[1]) == [
        ("daphne", ""),
        ("", "your own apps"),
        ("chatinterface", ""),
        ("django_htmx", ""),
    ]
    assert set(re.findall(r'"(\w+)"', order[1])) <= set(settings.INSTALLED_APPS)
