from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.forms import model_to_dict
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from chatinterface import history
from chatinterface.history import PAGE_SIZE, Visitor
from chatinterface.models import Conversation, Message

pytestmark = pytest.mark.django_db


def anonymous(session_key: str = "", granted: UUID | None = None) -> Visitor:
    return Visitor(user=AnonymousUser(), session_key=session_key, granted=granted)


def finds(who: Visitor, conversation: Conversation, *interface: str) -> bool:
    try:
        return history.find(who, conversation.uuid, *interface) == conversation
    except Conversation.DoesNotExist:
        return False


def test_user_finds_own() -> None:
    user = User.objects.create(username="ann")
    assert finds(Visitor(user=user), Conversation.objects.create(user=user))


@pytest.mark.parametrize("staff", [False, True])
def test_user_finds_no_others(*, staff: bool) -> None:
    ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob", is_superuser=staff)
    assert not finds(Visitor(user=bob), Conversation.objects.create(user=ann))


def test_session_finds_own() -> None:
    conversation = Conversation.objects.create(session_key="mine")
    assert finds(anonymous("mine"), conversation)
    assert not finds(anonymous("other"), conversation)
    assert not finds(anonymous(), conversation)


def test_no_session_finds_nothing() -> None:
    assert not finds(anonymous(), Conversation.objects.create(user=User.objects.create(username="ann")))


def test_login_hides_sessions_conversation() -> None:
    user = User.objects.create(username="ann")
    assert not finds(Visitor(user=user, session_key="mine"), Conversation.objects.create(session_key="mine"))


def test_session_finds_no_users() -> None:
    user = User.objects.create(username="ann")
    assert not finds(anonymous("mine"), Conversation.objects.create(user=user))


def test_grant_finds_its_own() -> None:
    conversation = Conversation.objects.create(session_key="mine")
    assert finds(anonymous(granted=conversation.uuid), conversation)
    assert not finds(anonymous(granted=uuid4()), conversation)


def test_grant_finds_no_users() -> None:
    conversation = Conversation.objects.create(user=User.objects.create(username="ann"))
    assert not finds(anonymous(granted=conversation.uuid), conversation)
    bob = User.objects.create(username="bob")
    assert not finds(Visitor(user=bob, granted=conversation.uuid), conversation)


@pytest.mark.parametrize("owned_by", ["ann", "mine"])
@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("old", [False, True])
def test_found_by_whoever_may(*, owned_by: str, deleted: bool, old: bool) -> None:
    users = {name: User.objects.create(username=name) for name in ("ann", "bob")}
    owner = {"user": users[owned_by]} if owned_by in users else {"session_key": owned_by}
    now = timezone.now()
    made = {"created_at": now - timedelta(hours=1) if old else now, "deleted_at": now if deleted else None}
    conversation = Conversation.objects.create(interface="ask", **owner, **made)
    for asks, granted, connected, chat in product(
        ["ann", "bob", "mine", "other", ""], [None, conversation.uuid, uuid4()], [False, True], [None, "ask", "tell"]
    ):
        user = users.get(asks)
        key = "" if user else asks
        who = Visitor(user=user or AnonymousUser(), session_key=key, granted=granted, connected=connected)
        by_token = not user and owned_by not in users and granted == conversation.uuid and (connected or not old)
        may = not deleted and chat != "tell" and (asks == owned_by or by_token)
        assert finds(who, conversation, *([chat] if chat else [])) is may, (asks, granted, connected, chat)


def test_only_in_its_chat() -> None:
    conversation = Conversation.objects.create(session_key="mine", interface="ask")
    assert finds(anonymous("mine"), conversation, "ask")
    assert not finds(anonymous("mine"), conversation, "tell")


def test_find_is_one_query(django_assert_num_queries: Any) -> None:
    user = User.objects.create(username="ann")
    conversation = Conversation.objects.create(user=user)
    conversation.leaf = Message.objects.create(conversation=conversation, role="user", user_name="Ann", avatar="A")
    conversation.save()
    with django_assert_num_queries(1):
        found = history.find(Visitor(user=user), conversation.uuid)
        assert found.leaf is not None
        assert (found.leaf.role, found.leaf.user_name, found.leaf.avatar) == ("user", "Ann", "A")
        assert (found.user, found.answering) == (user, False)


def test_finds_all_of_it() -> None:
    user = User.objects.create(username="ann")
    now = timezone.now()
    values = {"title": "Tea", "language": "de", "state": {"a": [1, {"b": None}]}, "unread": True, "revision": 7}
    made = Conversation.objects.create(user=user, interface="ask", pinned_at=now, archived_at=now, **values)
    run = made.runs.create(status="running", lease_until=now + timedelta(seconds=15))
    found = history.find(Visitor(user=user), made.uuid)
    assert model_to_dict(found) == model_to_dict(made)
    assert (found.uuid, found.created_at, found.updated_at) == (made.uuid, made.created_at, made.updated_at)
    assert found.active_until == run.lease_until
    found.title = "Coffee"
    found.save()
    assert Conversation.objects.get().title == "Coffee"


def test_knows_whether_the_leaf_was_continued() -> None:
    conversation = Conversation.objects.create(session_key="mine")
    first = Message.objects.create(conversation=conversation, role="user")
    second = Message.objects.create(conversation=conversation, role="assistant", parent=first, active=False)
    known = {}
    for leaf in (None, first, second):
        conversation.leaf = leaf
        conversation.save()
        known[leaf] = history.find(anonymous("mine"), conversation.uuid).leaf_continued
    assert known == {None: False, first: True, second: False}


def filled(count: int) -> Conversation:
    conversation = Conversation.objects.create(session_key="mine")
    Message.objects.bulk_create(Message(conversation=conversation, role="user") for _ in range(count))
    return conversation


def ids(conversation: Conversation) -> list[int]:
    return list(conversation.messages.order_by("pk").values_list("pk", flat=True))


def test_messages_oldest_first() -> None:
    conversation = filled(3)
    page, older = history.messages(conversation)
    assert ([message.pk for message in page], older) == (ids(conversation), None)


@pytest.mark.parametrize("count", [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, 2 * PAGE_SIZE + 1])
def test_pages_join_to_the_whole(count: int) -> None:
    conversation = filled(count)
    seen: list[int] = []
    before, pages = None, 0
    while pages == 0 or before is not None:
        page, before = history.messages(conversation, before)
        seen = [message.pk for message in page] + seen
        pages += 1
    assert seen == ids(conversation)
    assert pages == max(1, -(-count // PAGE_SIZE))


def test_messages_of_the_shown_path() -> None:
    conversation = filled(2)
    hidden = Message.objects.create(conversation=conversation, role="user", active=False)
    assert hidden.pk not in [message.pk for message in history.messages(conversation)[0]]


def test_token_grants_its_conversation() -> None:
    uuid, token = history.new_token(anonymous(), "ask")
    assert history.granted(token, anonymous()) == (uuid, "ask")


def test_token_is_the_users() -> None:
    ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob")
    uuid, token = history.new_token(Visitor(user=ann), "ask")
    assert history.granted(token, Visitor(user=ann)) == (uuid, "ask")
    assert history.granted(token, Visitor(user=bob)) is None
    assert history.granted(token, anonymous()) is None


def test_token_cannot_be_made_up() -> None:
    _, token = history.new_token(anonymous(), "ask")
    assert history.granted(token[:-1] + ("a" if token[-1] != "a" else "b"), anonymous()) is None
    assert history.granted("", anonymous()) is None


def test_token_grows_old() -> None:
    _, token = history.new_token(anonymous(), "ask")
    assert history.granted(token, anonymous(), max_age=-1) is None
    assert history.granted(token, anonymous(), max_age=60) is not None


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.session = SessionStore()
    return request


def test_session_is_opened_once(request_: HttpRequest) -> None:
    assert history.open_session(request_)
    key = request_.session.session_key
    assert key
    assert not history.open_session(request_)
    assert request_.session.session_key == key
    assert SessionStore().exists(key)


def test_user_needs_no_session(request_: HttpRequest) -> None:
    request_.user = User.objects.create(username="ann")
    assert not history.open_session(request_)
    assert request_.session.session_key is None


def test_session_that_owns_is_kept(request_: HttpRequest) -> None:
    history.open_session(request_)
    key = request_.session.session_key
    history.keep_session(request_, str(key), proven=False)
    assert request_.session.session_key == key


@pytest.mark.parametrize("proven", [False, True])
def test_session_that_owns_nothing_goes(request_: HttpRequest, *, proven: bool) -> None:
    owner = SessionStore()
    owner.create()
    history.open_session(request_)
    made = str(request_.session.session_key)
    history.keep_session(request_, str(owner.session_key), proven=proven)
    assert not SessionStore().exists(made)
    assert request_.session.session_key == (owner.session_key if proven else None)


def test_forged_session_is_nobodys(request_: HttpRequest) -> None:
    request_.session = SessionStore("forged-session-key")
    request_.user = AnonymousUser()
    assert request_.session.get("anything") is None
    assert history.visitor(request_).session_key == ""
