from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone, translation

import chatinterface as chat
from chatinterface import history, listing, panel, replies
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Message, Run
from chatinterface.panel import Place
from tests.saved import anonymous, plan, register, said

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def notes() -> None:
    register()


@pytest.fixture(params=["user", "session"])
def who(request: pytest.FixtureRequest) -> Visitor:
    return Visitor(user=User.objects.create(username="ann")) if request.param == "user" else anonymous()


def recent(who: Visitor) -> list[Conversation]:
    return panel.recent(who, "notes").conversations


def test_last_change_first(who: Visitor) -> None:
    old, new = (said(who, at=NOW + timedelta(days=day)) for day in (0, 1))
    assert recent(who) == [new, old]


def test_lists_only_own(who: Visitor) -> None:
    said(anonymous("other"))
    said(Visitor(user=User.objects.create(username="bob")))
    said(who, interface="another")
    assert recent(who) == []
    assert panel.recent(anonymous(""), "notes").conversations == []


@pytest.mark.parametrize("count", [0, 1, panel.PAGE_SIZE, panel.PAGE_SIZE + 1, 2 * panel.PAGE_SIZE + 1])
def test_pages_join_to_the_whole(who: Visitor, count: int) -> None:
    """Several of the same time among them."""
    times = [NOW - timedelta(minutes=number // 3) for number in range(count)]
    made = [said(who, at=time) for time in times]
    expected = sorted(made, key=lambda each: (each.updated_at, each.pk), reverse=True)
    seen: list[Conversation] = []
    after, pages = None, 0
    while pages == 0 or after is not None:
        page = panel.recent(who, "notes", after)
        seen, after, pages = seen + page.conversations, page.more, pages + 1
        after = Place.parse(str(after)) if after else None
    assert seen == expected
    assert pages == max(1, -(-count // panel.PAGE_SIZE))


@pytest.mark.parametrize("text", ["", "x", "1-1", "99999999999999999999-1", f"{'0' * 20}-1", "20260101000000000000-x"])
def test_place_is_checked(text: str) -> None:
    with pytest.raises(ValueError):
        Place.parse(text)


def test_pinned_are_apart(who: Visitor) -> None:
    conversation = said(who)
    panel.pin(who, "notes", conversation.uuid, pinned=True)
    assert (panel.pinned(who, "notes"), recent(who)) == ([conversation], [])
    panel.pin(who, "notes", conversation.uuid, pinned=False)
    assert (panel.pinned(who, "notes"), recent(who)) == ([], [conversation])


def test_pinned_are_bounded(who: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "MOST_PINNED", 2)
    first, second, third = (said(who) for _ in range(3))
    for each in (first, second):
        panel.pin(who, "notes", each.uuid, pinned=True)
    with pytest.raises(panel.TooManyPinned):
        panel.pin(who, "notes", third.uuid, pinned=True)


def test_archived_are_apart(who: Visitor) -> None:
    conversation = said(who)
    panel.pin(who, "notes", conversation.uuid, pinned=True)
    panel.archive(who, "notes", conversation.uuid, archived=True)
    assert panel.archived(who, "notes").conversations == [conversation]
    assert (panel.pinned(who, "notes"), recent(who)) == ([], [])
    panel.archive(who, "notes", conversation.uuid, archived=False)
    assert panel.pinned(who, "notes") == [conversation]


def test_rename_keeps_its_place(who: Visitor) -> None:
    conversation = said(who, at=NOW)
    panel.rename(who, "notes", conversation.uuid, "  A\nnew\u202e  title\0 ")
    conversation.refresh_from_db()
    assert (conversation.title, conversation.updated_at) == ("A new title", NOW)


def test_blank_title_changes_nothing(who: Visitor) -> None:
    conversation = said(who, title="Bread")
    panel.rename(who, "notes", conversation.uuid, " \n ")
    conversation.refresh_from_db()
    assert conversation.title == "Bread"


def test_deleted_is_nowhere(who: Visitor) -> None:
    conversation = said(who, "bread")
    panel.delete(who, "notes", conversation.uuid)
    assert recent(who) == []
    for find in (panel.entry, panel.see, panel.delete):
        with pytest.raises(Conversation.DoesNotExist):
            find(who, "notes", conversation.uuid)
    with pytest.raises(Conversation.DoesNotExist):
        history.find(who, conversation.uuid)


def test_deletion_can_be_undone(who: Visitor) -> None:
    conversation = said(who)
    panel.pin(who, "notes", conversation.uuid, pinned=True)
    panel.delete(who, "notes", conversation.uuid)
    panel.restore(who, "notes", conversation.uuid)
    assert panel.pinned(who, "notes") == [conversation]


def long_ago(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(
        deleted_at=timezone.now() - timedelta(seconds=panel.UNDO_GRANTED + 1)
    )


def test_late_undo_is_refused(who: Visitor) -> None:
    conversation = said(who)
    long_ago(conversation)
    with pytest.raises(Conversation.DoesNotExist):
        panel.restore(who, "notes", conversation.uuid)


def test_purge_is_for_good(who: Visitor) -> None:
    gone, fresh, kept = said(who, "a"), said(who, "b"), said(who, "c")
    long_ago(gone)
    panel.delete(who, "notes", fresh.uuid)
    assert set(Conversation.objects.all()) == {fresh, kept}
    assert panel.purge() == 0


def test_deleting_purges_only_own(who: Visitor) -> None:
    others = said(anonymous("other"))
    long_ago(others)
    panel.delete(who, "notes", said(who).uuid)
    assert Conversation.objects.filter(pk=others.pk).exists()
    assert panel.purge() == 1


def answered(who: Visitor, name: str = "notes") -> Conversation:
    conversation = said(who, "question", interface=name)
    run = Run.objects.create(conversation=conversation, lease_until=timezone.now() + timedelta(hours=1))
    reply = Message.objects.create(conversation=conversation, role="assistant", status="running", run=run)
    Conversation.objects.filter(pk=conversation.pk).update(leaf=reply)
    return conversation


def test_running_is_marked(who: Visitor) -> None:
    answered(who)
    (row,) = listing.listed(recent(who))
    assert row.running


def test_lost_reply_does_not_run(who: Visitor) -> None:
    answered(who)
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (row,) = listing.listed(recent(who))
    assert not row.running


def settle(conversation: Conversation) -> None:
    reply = Message.objects.get(conversation=conversation, role="assistant")
    assert reply.run
    replies.settle(
        reply, reply.run, status=Message.Status.DONE, parts=[{"type": "text", "text": "answer"}], html="<p>answer</p>"
    )


def test_ended_reply_is_unread_until_seen(who: Visitor) -> None:
    conversation = answered(who)
    settle(conversation)
    (listed,) = recent(who)
    assert listed.unread
    panel.see(who, "notes", conversation.uuid)
    (listed,) = recent(who)
    assert not listed.unread


def test_without_list_nothing_is_unread(who: Visitor) -> None:
    register("quiet", save_history=False)
    conversation = answered(who, "quiet")
    settle(conversation)
    conversation.refresh_from_db()
    assert not conversation.unread


@pytest.mark.parametrize(
    ("ago", "language", "named"),
    [
        (timedelta(0), "en", "Today"),
        (timedelta(hours=13), "en", "Yesterday"),
        (timedelta(days=2), "en", "Monday"),
        (timedelta(days=2), "de", "Montag"),
        (timedelta(days=9), "en", "March 9"),
        (timedelta(days=9), "de", "9. März"),
        (timedelta(days=100), "en", "Dec. 8, 2025"),
        (timedelta(days=-2), "en", "Today"),
    ],
)
def test_days_have_names(ago: timedelta, language: str, named: str) -> None:
    with translation.override(language):
        assert listing.day_name(NOW - ago, NOW) == named


def test_days_are_the_readers() -> None:
    with timezone.override("Asia/Tokyo"):
        assert listing.day_name(NOW.replace(hour=16) - timedelta(days=1), NOW) == "Today"


def test_heading_once_a_day(who: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    for hours in (0, 1, 30, 31):
        said(who, at=timezone.now() - timedelta(hours=hours) + timedelta(seconds=1))
    rows = listing.listed(recent(who))
    days = [listing.day_name(row.conversation.updated_at, timezone.now()) for row in rows]
    assert [row.day for row in rows if row.day] == list(dict.fromkeys(days))


def test_untitled_has_a_name() -> None:
    assert listing.Row(Conversation()).title == "Untitled"


@pytest.mark.parametrize("count", [1, 60])
def test_list_is_one_query(who: Visitor, django_assert_num_queries: Any, count: int) -> None:
    for _ in range(count):
        answered(who)
    with django_assert_num_queries(1):
        rows = listing.listed(recent(who))
        assert [(row.running, row.title) for row in rows] == [(True, "Untitled")] * min(count, panel.PAGE_SIZE)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda who: panel.recent(who, "notes"), "ci_of_{}"),
        (lambda who: panel.recent(who, "notes", Place(NOW, 7)), "ci_of_{}"),
        (lambda who: panel.pinned(who, "notes"), "ci_pinned_of_{}"),
        (lambda who: panel.archived(who, "notes"), "ci_archived_of_{}"),
        (lambda who: panel.archived(who, "notes", Place(NOW, 7)), "ci_archived_of_{}"),
    ],
)
def test_lists_use_their_index(who: Visitor, ask: Any, index: str) -> None:
    said(who)
    how = plan(lambda: ask(who))
    assert index.format("user" if who.user_id else "session") in how
    assert "TEMP B-TREE" not in how
    assert "Sort" not in how


def test_purge_uses_its_index() -> None:
    assert "chatinterface_deleted" in plan(panel.purge)


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_save_history_is_checked(value: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"save_history=.* must be True or False\."):
        chat.ChatInterface(str.upper, name="loud", save_history=value)


def test_no_such_conversation(who: Visitor) -> None:
    with pytest.raises(Conversation.DoesNotExist):
        panel.rename(who, "notes", uuid4(), "title")
