import asyncio

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import Settings

from chatinterface import registry
from chatinterface.models import Conversation
from project import databases, tour
from project.instruments import script, tokens


def test_home_lists_chats(client: Client) -> None:
    page = client.get("/").content.decode()
    for name, chat in registry.registered().items():
        assert f'href="/chat/{name}/"' in page
        assert str(chat.title) in page


def test_home_shows_sources(client: Client) -> None:
    page = strip_tags(client.get("/").content.decode())
    assert page.count("@chat.register") == len(registry.registered())


def test_strict_csp(client: Client, settings: Settings) -> None:
    settings.SECURE_CSP = {"default-src": ["'self'"]}
    for path in ("/", "/accounts/login/", "/chat/nothing/"):
        assert client.get(path).headers["Content-Security-Policy"] == "default-src 'self'"


def test_no_csp_unless_asked(client: Client, settings: Settings) -> None:
    settings.SECURE_CSP = {}
    assert "Content-Security-Policy" not in client.get("/").headers


@pytest.mark.django_db
def test_demo_users_once(client: Client) -> None:
    call_command("demo_users", verbosity=0)
    call_command("demo_users", verbosity=0)
    assert client.login(username="demo", password="demo")
    assert client.login(username="admin", password="admin")
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_demo_conversation(client: Client) -> None:
    call_command("demo_users", verbosity=0)
    call_command("demo_conversation", messages=4, length=100)
    conversation = Conversation.objects.get()
    assert [len(message.text) for message in conversation.messages.order_by("pk")] == [100] * 4
    client.login(username="demo", password="demo")
    assert client.get(f"/chat/script/c/{conversation.uuid}/").status_code == 200


@pytest.mark.parametrize(
    "message", ["stream 5 1", "silent 0", "large 1234", "markdown", "say a\\n\\nb", "state nobody"]
)
async def test_script_says_expected(message: str) -> None:
    assert "".join([token async for token in script.run(message)]) == script.expected(message)


async def test_script_gate_holds() -> None:
    async def read() -> str:
        return "".join([token async for token in script.run("hold here 2")])

    waiting = asyncio.create_task(read())
    await asyncio.sleep(0)
    assert script.expected("state here") == "holding"
    script.expected("release here")
    assert await waiting == "word0 word1 word2 word3 "
    assert script.expected("state here") == "released"


def test_large_is_exact() -> None:
    assert len(script.expected("large 300000")) == 300_000


def test_tour_is_whole() -> None:
    assert "".join(tour.WORDS) == tour.TEXT


@pytest.mark.parametrize("shape", tokens.SHAPES)
@pytest.mark.parametrize("count", [1, 81, 100, 250])
def test_tokens_numbered(shape: str, count: int) -> None:
    text = "".join(tokens.tokens(count, "tag", shape))
    found = [word.strip("*`|# \n-") for word in text.split() if "tag" in word]
    assert found == [*(f"tag{number}" for number in range(count)), "tagEND"]


def test_database_urls() -> None:
    assert str(databases.from_url("sqlite:////tmp/x%20y.sqlite3")["NAME"]) == "/tmp/x y.sqlite3"
    assert databases.from_url("postgres://me:p%40ss@host:5433/name") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "name",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "host",
        "PORT": 5433,
    }
    with pytest.raises(ValueError, match="oracle"):
        databases.from_url("oracle://x")
