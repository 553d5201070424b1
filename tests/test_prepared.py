from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from chatinterface.models import Conversation
from chatinterface.prepared import Parameter, Prepared

UUID, TITLE = Conversation._meta.get_field("uuid"), Conversation._meta.get_field("title")


def titled() -> Prepared:
    wanted = Conversation.objects.filter(title=Parameter("title", TITLE), session_key="mine").order_by("pk")
    return Prepared(wanted.values_list("uuid", "state", "created_at"))


class Same(TestCase):
    """What is prepared finds what a query finds that is made of the same values."""

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9), max_size=4))
    def test_as_any_query(self, titles: list[str]) -> None:
        Conversation.objects.all().delete()
        for title in titles:
            Conversation.objects.create(title=title, session_key="mine", state={"title": title})
        prepared = titled()
        for title in [*titles, "none of them", "%s"]:
            plain = Conversation.objects.filter(title=title, session_key="mine").order_by("pk")
            assert prepared.rows("default", title=title) == list(plain.values_list("uuid", "state", "created_at"))


@pytest.mark.django_db
def test_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = titled()
    prepared.rows("default", title="a")
    monkeypatch.delattr(SQLCompiler, "as_sql")
    assert prepared.rows("default", title="b") == []


@pytest.mark.django_db
def test_values_are_adapted() -> None:
    made = Conversation.objects.create(session_key="mine")
    by_uuid = Prepared(Conversation.objects.filter(uuid=Parameter("uuid", UUID)).values_list("pk"))
    assert by_uuid.rows("default", uuid=made.uuid) == by_uuid.rows("default", uuid=str(made.uuid)) == [(made.pk,)]
    assert by_uuid.rows("default", uuid=uuid4()) == []


@pytest.mark.django_db
def test_what_finds_nothing_asks_nothing() -> None:
    nothing = Prepared(Conversation.objects.filter(Q(pk__in=()), uuid=Parameter("uuid", UUID)).values_list("pk"))
    with connection.execute_wrapper(lambda *_asked: pytest.fail("The database was asked")):
        assert nothing.rows("default", uuid=uuid4()) == []


@pytest.mark.django_db
def test_value_is_missing() -> None:
    with pytest.raises(KeyError, match="title"):
        titled().rows("default")
