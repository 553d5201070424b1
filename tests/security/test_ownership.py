"""Whose is it, by each address of the app: what is another's is as if it were not there."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.reading import ReadingClient
from tests.security.addresses import ACTIONS, ADDRESSES, ARGUMENTS, OWNED, POSTED, READING, Address
from tests.security.world import SECRET, STRANGERS, World

pytestmark = pytest.mark.django_db(transaction=True)

PIECE = {"Upload-Offset": "0", "Upload-Length": "1", "Upload-Name": "x.txt", "Upload-Type": "text/plain"}

# What an address of a part of a conversation names beside it.
PARTS = {"message", "file", "prompt"}

# What may have been done already, so that it is no error where there is nothing.
REPEATABLE = {"remove-upload", "stop-reply"}


@pytest.fixture
def world() -> World:
    return World()


def ask(client: Client, address: Address, names: Mapping[str, str], method: str = "", **other: str) -> Any:
    """Go to an address as a page does; with another id of some kind, by the kind's name."""
    path = address.path({argument: {**names, **other}[kind] for argument, kind in ARGUMENTS.items()})
    if address.name == "upload" and not method:
        return client.post(path, b"x", content_type="application/octet-stream", headers=PIECE)
    if method == "GET" or not (method or address.acts):
        return client.get(path)
    return client.post(path, POSTED.get(address.name))


def told(client: Client, address: Address, names: Mapping[str, str], **other: str) -> tuple[Any, ...]:
    """All that the answer tells, and what the database was asked for it, which is what takes time."""
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, address, names, **other)
    asked = [re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in queries]
    return response.status_code, response.body, asked


@pytest.mark.parametrize("who", STRANGERS)
def test_of_another_is_as_of_nobody(world: World, who: str) -> None:
    before = world.owned()
    if who == "reader":
        link = next(each for each in ADDRESSES if each.name == "shared")
        assert SECRET.encode() in ask(world.client(who), link, world.names).body
    for address in OWNED:
        refused = told(world.client(who), address, world.names)
        absent = told(world.client(who), address, world.names, conversation=str(uuid4()))
        assert refused == absent, address
        assert refused[0] == 404, address
    assert world.owned() == before


def test_of_ones_other_conversation(world: World) -> None:
    before = world.owned()
    for address in OWNED:
        if PARTS & address.arguments.keys():
            response = ask(world.owner, address, world.names, conversation=world.names["other"], prompt=str(uuid4()))
            assert response.status_code == (204 if address.name in REPEATABLE else 404), address
    assert world.owned() == before


def test_members_first(world: World) -> None:
    """Who has to log in is told so, and not whether there is anything."""
    for address in OWNED:
        for conversation in (world.names["conversation"], str(uuid4())):
            response = ask(ReadingClient(), address, world.names, chat="members", conversation=conversation)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/accounts/login/"), address


def test_reading_changes_nothing(world: World) -> None:
    before = world.everything()
    for address in ADDRESSES:
        if address.name in READING:
            for who in ("owner", "nobody"):
                ask(world.client(who), address, world.names)
            assert world.everything() == before, address


def test_nothing_is_done_by_get(world: World) -> None:
    before = world.everything()
    for address in ACTIONS:
        assert ask(world.owner, address, world.names, "GET").status_code == 405, address
    assert world.everything() == before


def test_nothing_is_done_without_a_token(world: World) -> None:
    """As from the page of another site, which has the cookies, but not the token."""
    before = world.everything()
    strict = ReadingClient(enforce_csrf_checks=True)
    strict.cookies = world.owner.cookies
    for address in ACTIONS:
        assert ask(strict, address, world.names).status_code == 403, address
    assert world.everything() == before
