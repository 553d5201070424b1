import time
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import ChatInterface, limits
from chatinterface.declarations.limits import Rate
from chatinterface.exceptions import TooMany
from chatinterface.history import Visitor
from chatinterface.models import Message
from tests.services import UNREACHABLE_CACHE
from tests.tab import Tab, ended


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": uuid4().hex}}


def limited(rate: str, name: str = "limited") -> ChatInterface:
    return ChatInterface(lambda message: message, name=name, rate_limit=rate)


def somebody() -> Visitor:
    return Visitor(user=AnonymousUser(), session_key=uuid4().hex)


@pytest.mark.parametrize(
    ("given", "rate"),
    [("5/s", Rate(5, 1)), ("20/m", Rate(20, 60)), ("100/6h", Rate(100, 6 * 3600)), ("500/d", Rate(500, 86400))],
)
def test_rate_in_numbers(given: str, rate: Rate) -> None:
    assert limited(given).rate == rate


@pytest.mark.parametrize("given", ["20", "20/w", "0/m", "/m", "20/0m", "-1/m", "20 / m", 20, None])
def test_wrong_rate_is_refused(given: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="is no rate"):
        limited(given)


def test_one_too_many() -> None:
    chat, who = limited("3/h"), somebody()
    for _ in range(3):
        limits.count(chat, who)
    with pytest.raises(TooMany) as raised:
        limits.count(chat, who)
    assert 3590 < raised.value.wait <= 3600


def test_others_go_on() -> None:
    chat, who = limited("1/h"), somebody()
    limits.count(chat, who)
    limits.count(chat, somebody())
    limits.count(limited("1/h", name="another"), who)


def test_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    chat, who = limited("1/m"), somebody()
    limits.count(chat, who)
    with pytest.raises(TooMany):
        limits.count(chat, who)
    later = time.time() + 61
    monkeypatch.setattr("time.time", lambda: later)
    limits.count(chat, who)


def test_user_on_all_devices() -> None:
    chat, user = limited("1/h"), User(pk=7)
    limits.count(chat, Visitor(user=user, session_key="one"))
    with pytest.raises(TooMany):
        limits.count(chat, Visitor(user=user, session_key="another"))


@pytest.mark.parametrize(
    ("wait", "said"), [(1, "in 1 second."), (90, "in 90 seconds."), (91, "in 2 minutes."), (3600, "in 60 minutes.")]
)
def test_time_to_wait_is_said(wait: int, said: str) -> None:
    assert str(TooMany(wait)).endswith(said)


@pytest.mark.django_db(transaction=True)
async def test_refused_in_words() -> None:
    chat.register(lambda message: message, name="limited", rate_limit="2/h")
    tab = await Tab.open("limited", AsyncClient())
    await tab.ask("one")
    await tab.ask("two")
    response = await tab.send("three")
    assert response.status_code == 422
    assert "Send the next one in 60 minutes." in response.content.decode()
    assert await Message.objects.filter(role="user").acount() == 2


@pytest.mark.django_db(transaction=True)
async def test_repeat_is_no_second() -> None:
    chat.register(lambda message: message, name="limited", rate_limit="1/h")
    tab, key = await Tab.open("limited", AsyncClient()), uuid4()
    for _ in range(2):
        assert (await tab.send("one", key=key)).status_code == 204
    assert await Message.objects.filter(role="user").acount() == 1


@pytest.mark.django_db(transaction=True)
async def test_edited_replies_are_free() -> None:
    chat.register(lambda message: message, name="limited", rate_limit="2/h", editable="all")
    tab = await Tab.open("limited", AsyncClient())
    await tab.ask("one")
    for text in ("two", "three", "four"):
        reply = await Message.objects.aget(role="assistant", active=True)
        assert (await tab.act("edit", reply.pk, message=text)).status_code < 300
    question = await Message.objects.aget(role="user", active=True)
    assert (await tab.act("edit", question.pk, message="five")).status_code < 300
    await ended()
    question = await Message.objects.aget(role="user", active=True)
    assert (await tab.act("edit", question.pk, message="six")).status_code == 422


def test_cache_that_is_away_limits_nobody(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Redis may be away while the database is there, and what is said goes on."""
    settings.CACHES = {"default": UNREACHABLE_CACHE}
    chat, who = limited("1/h"), somebody()
    for _ in range(3):
        limits.count(chat, who)
    assert {record.__dict__["event"] for record in caplog.records} == {"cache.failed"}
