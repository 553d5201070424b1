from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from django.db import OperationalError, connection
from django.test import Client
from django.urls import resolve, reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from chatinterface.runs.ending import running
from chatinterface.views.health import health

pytestmark = pytest.mark.django_db


class Deaf(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that refuses what is sent to it."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        raise ConnectionError("refused")


@pytest.fixture
def deaf_layer() -> Iterator[None]:
    before = channel_layers["default"]
    channel_layers.set("default", Deaf())
    yield
    channel_layers.set("default", before)


def asked(client: Client) -> tuple[int, dict[str, str]]:
    """The status and what is said."""
    answer = client.get("/chat/-/health/")
    return answer.status_code, answer.json()


def test_well(client: Client) -> None:
    assert asked(client) == (
        200,
        {"status": "ok", "database": "ok", "channel_layer": "ok", "process": "ok"},
    )


def test_database_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("connection to server at 192.0.2.1 failed: password of secret")

    monkeypatch.setattr(connection, "cursor", fail)
    status, said = asked(client)
    assert (status, said["status"], said["database"], said["channel_layer"]) == (503, "failing", "failing", "ok")
    assert "secret" not in str(said)


@pytest.mark.usefixtures("deaf_layer")
def test_layer_away(client: Client) -> None:
    status, said = asked(client)
    assert (status, said["status"], said["database"], said["channel_layer"]) == (503, "failing", "ok", "failing")


def test_ending(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends requests sends them elsewhere while the last replies are stored."""
    monkeypatch.setattr(running, "ending", True)
    assert asked(client)[0] == 503


@pytest.mark.usefixtures("deaf_layer")
def test_parts_are_asked_for_alone(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Whether to send requests to a process is its own matter: where Redis is away, it is so for all of them."""
    with django_assert_num_queries(0):
        answer = client.get("/chat/-/health/?only=process")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "process": "ok"})
    assert client.get("/chat/-/health/?only=process&only=channel_layer").status_code == 503


def test_unknown_part_is_named(client: Client) -> None:
    answer = client.get("/chat/-/health/?only=<redis>")
    assert answer.status_code == 400
    assert answer.json() == {"error": "only=<redis> is none of database, channel_layer, process"}


def test_is_no_chat(client: Client) -> None:
    assert resolve(reverse("chatinterface:health")).func is health
    assert client.post("/chat/-/health/").status_code == 405


def test_leaves_no_trace(client: Client) -> None:
    answer = client.get("/chat/-/health/")
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]


def test_costs_one_query(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        asked(client)
