"""A site that writes into a conversation, where no callback does: a view, a signal, a task, a shell."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction

import chatinterface as chat
from chatinterface import ChatSession, events, hooks, registry, search, versions, widgets
from chatinterface.exceptions import Busy, NothingToAnswer, OutsideRun, UnknownChat
from chatinterface.models import Attachment, Conversation, Message, Run
from tests.saved import anonymous, said
from tests.tab import Tab, ended
from tests.test_parts import declare, replies

pytestmark = pytest.mark.django_db(transaction=True)


def answer(message: str, history: list[Any]) -> str:
    return f"re {message}"


def conversation(*texts: str, **attributes: Any) -> Conversation:
    """One of a chat that is registered now."""
    declare(attributes.pop("callback", answer), **{"save_history": True, **attributes})
    return said(anonymous(), *texts, title=attributes.get("title", ""), interface="chat")


def path(of: Conversation) -> list[Message]:
    return list(of.messages.filter(active=True).order_by("pk"))


def texts(of: Conversation) -> list[str]:
    return [message.text for message in path(of)]


def is_path(of: Conversation) -> bool:
    """Whether what is shown leads from the beginning to the leaf, each message following the one before."""
    of.refresh_from_db()
    shown = path(of)
    parents = [None, *(message.pk for message in shown)]
    return [message.parent_id for message in shown] == parents[:-1] and of.leaf_id == parents[-1]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[events.Frame]:
    """What pages are told."""
    told: list[events.Frame] = []

    async def publish(uuid: Any, frame: events.Frame) -> None:
        told.append(frame)

    monkeypatch.setattr(events, "publish", publish)
    return told


# Which conversation


@pytest.mark.parametrize("given", [lambda found: found, lambda found: found.uuid, lambda found: str(found.uuid)])
def test_get(given: Callable[[Conversation], Any]) -> None:
    found = conversation("one")
    session = ChatSession.get(given(found))
    assert (session.conversation, session.interface) == (found, registry.find("chat"))
    assert (session.user, session.stopped, len(session), session[0].text) == (None, False, 1, "one")


async def test_aget() -> None:
    found = await sync_to_async(conversation)("one")
    session = await ChatSession.aget(found.uuid)
    assert [message.text for message in await session.amessages()] == ["one"]


def test_get_of_what_is_not_there() -> None:
    with pytest.raises(Conversation.DoesNotExist, match="no conversation"):
        ChatSession.get(uuid4())


@pytest.mark.parametrize("given", ["4711", 4711, None, ""])
def test_get_of_what_is_no_conversation(given: Any) -> None:
    with pytest.raises(
        ValueError, match=r"is no conversation\. Give a chatinterface\.models\.Conversation, or its uuid"
    ):
        ChatSession.get(given)


def test_get_of_what_was_deleted() -> None:
    found = conversation("one")
    Conversation.objects.update(deleted_at=found.updated_at)
    with pytest.raises(Conversation.DoesNotExist, match="deleted"):
        ChatSession.get(found)


def test_get_of_an_unknown_chat() -> None:
    found = conversation("one")
    registry.unregister("chat")
    with pytest.raises(UnknownChat, match="the chat 'chat', which is not registered"):
        ChatSession.get(found)


def test_deleted_meanwhile() -> None:
    found = conversation("one")
    session = ChatSession.get(found)
    Conversation.objects.update(deleted_at=found.updated_at)
    for call in (lambda: session.send("late"), session.clear, session.respond):
        with pytest.raises(Conversation.DoesNotExist):
            call()
    assert Message.objects.count() == 1


# Saying something


def test_send(published: list[events.Frame]) -> None:
    found = conversation("one", "re one")
    sent = ChatSession.get(found).send("Your order has **shipped**.", user="Shop", avatar="📦")
    message = path(found)[-1]
    assert (message.pk, message.user_name, message.avatar) == (sent.id, "Shop", "📦")
    assert (message.status, message.role, message.run) == ("done", "assistant", None)
    assert "<strong>shipped</strong>" in message.html
    assert is_path(found)
    assert (found.unread, found.revision) == (True, 2)
    (frame,) = published
    assert (frame["type"], frame["revision"], frame["message"]) == (events.MESSAGE_ADDED, 2, None)
    assert "<strong>shipped</strong>" in frame["html"]
    assert [hit.conversation for hit in search.search(anonymous(), "chat", "shipped").hits] == [found]


def test_name_and_avatar_by_lookup() -> None:
    found = conversation("one", callback_user="Bot", callback_avatar="🤖")
    session = ChatSession.get(found)
    session.send("as the chat")
    session.send({"content": "as a dict", "user": "Dict"})
    session.send(chat.ChatMessage("as a message", user="Object", avatar="O"))
    session.send("as the visitor", user=session.interface.user)
    assert [(each.user_name, each.avatar, each.role) for each in path(found)[1:]] == [
        ("Bot", "🤖", "assistant"),
        ("Dict", "", "assistant"),
        ("Object", "O", "assistant"),
        ("You", "", "user"),
    ]


def test_visitor_in_their_language() -> None:
    found = conversation("one")
    Conversation.objects.update(language="de")
    session = ChatSession.get(found)
    session.send("Hallo", user=session.interface.user)
    assert path(found)[-1].role == "user"


def test_send_components_and_files() -> None:
    found = conversation("one")
    session = ChatSession.get(found)
    session.send([chat.Table([{"a": 1}]), "and", chat.File(b"%PDF-1.4", name="bill.pdf")])
    message = path(found)[-1]
    assert [part.get("component") or part["type"] for part in message.parts] == ["table", "text", "file"]
    assert {each.message for each in Attachment.objects.all()} == {message}
    assert "bill.pdf" in message.html


def test_title_of_a_conversation_that_the_site_begins() -> None:
    found = conversation()
    ChatSession.get(found).send("Your order has shipped.")
    found.refresh_from_db()
    assert found.title == "Your order has shipped."


def test_title_stays() -> None:
    found = conversation("one", title="Mine")
    ChatSession.get(found).send("Your order has shipped.")
    found.refresh_from_db()
    assert found.title == "Mine"


def test_options_and_metadata() -> None:
    found = conversation("one")
    ChatSession.get(found).send(chat.ChatMessage("Sure?", options=[{"value": "yes"}], metadata={"order": 4711}))
    message = path(found)[-1]
    assert message.metadata == {"order": 4711, "options": [{"value": "yes"}]}


def test_stream(published: list[events.Frame]) -> None:
    found = conversation("one")
    session = ChatSession.get(found)
    message = session.stream("Packed", user="Shop")
    session.stream(", shipped", message)
    session.stream(chat.Progress(50), message)
    assert texts(found)[-1].startswith("Packed, shipped")
    session.stream("delivered", message, replace=True)
    assert texts(found) == ["one", "delivered"]
    assert [frame["type"] for frame in published] == [events.MESSAGE_ADDED, *[events.MESSAGE_SETTLED] * 3]
    assert "delivered" in published[-1]["body"]
    assert is_path(found)


def test_stream_to_a_message_of_another_session() -> None:
    found = conversation("one")
    message = ChatSession.get(found).stream("a")
    with pytest.raises(ValueError, match="another session"):
        ChatSession.get(found).stream("b", message)


def test_progress_has_a_message_of_its_own(published: list[events.Frame]) -> None:
    found = conversation("one")
    session = ChatSession.get(found)
    session.progress(1, 4, "Packing")
    session.progress(4, 4, "Packed")
    (bar,) = path(found)[-1].parts
    assert "Packed" in bar["text"]
    assert len(path(found)) == 2


def test_notify(published: list[events.Frame]) -> None:
    ChatSession.get(conversation("one")).notify("Sold out", "warning")
    assert published == [{"type": "notice", "text": "Sold out", "level": "warning"}]


def test_active_input(published: list[events.Frame]) -> None:
    inputs = [widgets.ChatAreaInput(name="Text"), widgets.IntSlider(name="Number", end=9)]
    found = conversation("one", widgets=inputs)
    session = ChatSession.get(found)
    session.active = 1
    assert ChatSession.get(found).active == 1
    (frame,) = published
    assert (frame["type"], frame["active"], frame["revision"]) == (events.FORM_CHANGED, "Number", 2)
    with pytest.raises(ValueError, match="no place"):
        session.active = 2
    session.widgets = ["Text"]
    assert ChatSession.get(found).widgets == inputs[:1]


def test_prompt_and_steps_belong_to_a_run() -> None:
    session = ChatSession.get(conversation("one"))
    with pytest.raises(OutsideRun, match=r"prompt_user\(\) belongs to a reply"):
        session.prompt_user("Sure?")
    with pytest.raises(OutsideRun, match=r"add_step\(\) belongs to a reply"):
        session.add_step("Packing")
    with pytest.raises(OutsideRun):
        async_to_sync(session.aprompt_user)("Sure?")
    assert len(session) == 1


# Taking back


def test_undo_and_clear(published: list[events.Frame]) -> None:
    found = conversation("one", "re one", "two")
    session = ChatSession.get(found)
    assert [message.text for message in session.undo(2)] == ["re one", "two"]
    assert session.undo(0) == []
    assert texts(found) == ["one"]
    assert [message.text for message in session.clear()] == ["one"]
    assert session.clear() == session.undo() == []
    assert texts(found) == []
    assert is_path(found)
    assert [(frame["type"], frame["revision"]) for frame in published] == [("log.changed", 2), ("log.changed", 3)]
    interface = registry.find("chat")
    assert interface is not None
    versions.revert(interface, anonymous(), found.uuid)
    assert texts(found) == ["one"]
    versions.revert(interface, anonymous(), found.uuid)
    assert texts(found) == ["one", "re one", "two"]


# Having it answered


def test_respond_waits_for_the_reply() -> None:
    """In a shell or a task: nothing serves, so it is answered when the call returns."""
    found = conversation("one")
    session = ChatSession.get(found)
    session.respond()
    reply = path(found)[-1]
    assert (reply.text, reply.status) == ("re one", "done")
    assert reply.run is not None
    assert reply.run.trigger == Run.Trigger.SITE
    session.send("And this?", user=session.interface.user, respond=True)
    assert texts(found) == ["one", "re one", "And this?", "re And this?"]
    assert is_path(found)


def test_respond_to_the_site_itself() -> None:
    calls = []

    def noted(contents: str, user: str, instance: ChatSession) -> Iterator[str]:
        calls.append((contents, user))
        yield "noted"

    chat.register(chat.ChatInterface(callback=noted, name="chat"))
    found = said(anonymous(), "one", interface="chat")
    ChatSession.get(found).send("Order 4711 is lost.", user="Shop", respond=True)
    assert calls == [("Order 4711 is lost.", "Shop")]
    assert texts(found) == ["one", "Order 4711 is lost.", "noted"]


def test_respond_to_nothing() -> None:
    session = ChatSession.get(conversation())
    with pytest.raises(NothingToAnswer):
        session.respond()


async def test_arespond_where_nothing_serves() -> None:
    found = await sync_to_async(conversation)("one")
    session = await ChatSession.aget(found)
    await session.asend("two", respond=True)
    assert [message.text for message in await session.amessages()] == ["one", "two", "re two"]


async def test_respond_where_a_page_is_open() -> None:
    """The server writes the reply; whoever asked for it does not wait."""
    going = asyncio.Event()

    async def slow(message: str, chat: ChatSession) -> AsyncIterator[str]:
        yield "so far"
        if message == "wait":
            await going.wait()

    declare(slow)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        session = await ChatSession.aget(tab.uuid)
        await session.asend("wait", user="Shop", respond=True)
        await tab.until("message.patch")
        assert [run.status async for run in Run.objects.order_by("pk")] == ["done", "running"]
        with pytest.raises(Busy):
            await session.arespond()
        with pytest.raises(Busy):
            await session.aclear()
        going.set()
        await tab.settled()
    await ended()
    assert len(tab.shown) == 4


async def test_response_waits_where_messages_do() -> None:
    going, said = asyncio.Event(), list[str]()

    async def slow(message: str) -> str:
        said.append(message)
        if message == "hello":
            await going.wait()
        return message

    chat.register(slow, name="chat", on_busy="queue")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await (await ChatSession.aget(tab.uuid)).asend("wait", user="Shop", respond=True)
        assert await Run.objects.filter(status="queued").acount() == 1
        going.set()
        await ended()
    assert said == ["hello", "wait"]


async def test_stop_from_elsewhere() -> None:
    async def slow(message: str) -> AsyncIterator[str]:
        yield "so far"
        await asyncio.Event().wait()

    declare(slow)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
        session = await ChatSession.aget(tab.uuid)
        # Its notice is the last message now.
        await session.asend("Closing soon.", user="Shop")
        assert await session.astop() is True
        await tab.settled()
        assert await session.astop() is False
    await ended()
    assert [(message.text, message.status) for message in await replies(tab)] == [
        ("so far", "stopped"),
        ("Closing soon.", "done"),
    ]


# Transactions


def test_nothing_is_told_before_the_commit(published: list[events.Frame]) -> None:
    found = conversation("one")
    with transaction.atomic():
        session = ChatSession.get(found)
        session.send("a")
        session.notify("b")
        session.clear()
        session.send("c", respond=True)
        assert published == []
        assert Run.objects.get().first_output_at is None
    assert [frame["type"] for frame in published[:4]] == ["message.added", "notice", "log.changed", "message.added"]
    assert texts(found) == ["c", "re c"]


def test_rollback_leaves_nothing(published: list[events.Frame], own_uploads: Any) -> None:
    found = conversation("one")
    session = ChatSession.get(found)
    message = session.stream("kept")
    told = len(published)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        session.send(chat.File(b"x", name="x.bin"))
        session.stream(" and gone", message)
        session.clear()
        session.send("d", respond=True)
        raise ZeroDivisionError
    assert len(published) == told
    assert texts(found) == ["one", "kept"]
    assert (Run.objects.count(), Attachment.objects.count()) == (0, 0)
    session.stream(", and more", message)
    assert texts(found) == ["one", "kept, and more"]
    assert is_path(found)


def test_message_that_was_rolled_back() -> None:
    session = ChatSession.get(conversation("one"))
    with transaction.atomic():
        message = session.stream("gone")
        transaction.set_rollback(True)
    with pytest.raises(Message.DoesNotExist):
        session.stream("more", message)


def test_value_that_cannot_be_shown_leaves_nothing(published: list[events.Frame]) -> None:
    class Broken(chat.Component):
        kind = "broken"

        def props(self, store: chat.Store) -> dict[str, Any]:
            raise ValueError("broken")

    found = conversation("one")
    with pytest.raises(ValueError, match="broken"):
        ChatSession.get(found).send(Broken())
    assert (texts(found), published) == (["one"], [])


# While a reply is being written


async def test_notice_while_a_reply_streams() -> None:
    """It stands behind what the reply has begun, live, and both are there in the end."""
    going = asyncio.Event()

    async def slow(message: str, history: list[Any]) -> AsyncIterator[str]:
        if message != "hello":
            yield str([each["content"] for each in history])
            return
        yield "so far"
        await going.wait()
        yield "so far, and on"

    declare(slow)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("so far")
        await (await ChatSession.aget(tab.uuid)).asend("Closing soon.", user="Shop")
        await tab.shows("Closing soon.")
        assert (await tab.send("more")).status_code == 422
        going.set()
        await tab.settled()
        await ended()
        await tab.send("again")
        await ended()
        await tab.until("message.added")
        await tab.settled()
    again = await tab.again()
    assert {pk: page.html for pk, page in tab.shown.items()} == {pk: page.html for pk, page in again.shown.items()}
    assert [message.text for message in await replies(tab)] == [
        "so far, and on",
        "Closing soon.",
        "['hello', 'so far, and on', 'Closing soon.']",
    ]
    assert await sync_to_async(is_path)(await tab.conversation())


async def test_notice_before_a_reply_has_begun() -> None:
    going = asyncio.Event()

    async def slow(message: str, chat: ChatSession) -> str:
        await going.wait()
        await chat.asend("sent")
        return "reply"

    declare(slow)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("")
        session = await ChatSession.aget(tab.uuid)
        await session.asend("notice")
        message = await session.astream("and", user="Shop")
        going.set()
        await ended()
        await session.astream(" on", message)
        await tab.settled()
    assert [message.text for message in await replies(tab)] == ["sent", "notice", "and on", "reply"]
    assert await sync_to_async(is_path)(await tab.conversation())


async def test_notice_and_clear_at_once() -> None:
    """What the site says while a callback has cleared the log is not taken for something that was done since."""
    going, cleared = asyncio.Event(), asyncio.Event()

    async def slow(message: str, chat: ChatSession) -> None:
        await chat.aclear()
        cleared.set()
        await going.wait()

    declare(slow)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await cleared.wait()
        await (await ChatSession.aget(tab.uuid)).asend("notice")
        going.set()
        await ended()
    assert await sync_to_async(is_path)(await tab.conversation())
    assert (await tab.act("revert")).status_code == 204
    assert await sync_to_async(texts)(await tab.conversation()) == ["hello"]


def test_notice_where_a_worker_was_lost() -> None:
    found = conversation("one")
    interface = registry.find("chat")
    assert interface is not None
    run = Run.objects.create(conversation=found, status="running", lease_until=found.created_at)
    reply = Message.objects.create(
        conversation=found, parent=path(found)[-1], role="assistant", status="running", run=run, parts=[]
    )
    Conversation.objects.update(leaf=reply)
    session = ChatSession.get(found)
    session.send("notice")
    assert [message.status for message in path(found)] == ["done", "interrupted", "done"]
    assert path(found)[-1].run is None
    assert is_path(found)


def test_many_at_once() -> None:
    """Of a hundred messages from ten threads none is lost, and each follows another."""
    found = conversation("one")

    def write(number: int) -> None:
        session = ChatSession.get(found.uuid)
        for each in range(5):
            session.send(f"{number}-{each}")
        transaction.get_connection().close()

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts(found)[1:]) == sorted(f"{number}-{each}" for number in range(4) for each in range(5))
    assert is_path(found)
    assert found.revision == 21


# From where


async def test_synchronous_in_async_code() -> None:
    session = await ChatSession.aget(await sync_to_async(conversation)("one"))
    with pytest.raises(RuntimeError, match=r"asend\(\)"):
        session.send("x")
    with pytest.raises(SynchronousOnlyOperation):
        ChatSession.get(session.conversation)
    assert await session.amessages() == [await Message.objects.aget()]


async def test_from_a_thread_to_an_open_page() -> None:
    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()

        def work() -> None:
            session = ChatSession.get(tab.uuid)
            session.send("from a thread", respond=True)
            transaction.get_connection().close()

        thread = threading.Thread(target=work)
        thread.start()
        await tab.shows("re from a thread")
        await asyncio.to_thread(thread.join)
        await tab.settled()
    await ended()


async def test_from_a_hook() -> None:
    """What a hook or a receiver is given can do all of it."""
    done = threading.Event()

    def liked(session: ChatSession, event: hooks.LikeEvent) -> None:
        session.send(f"Thanks for “{event.value}”.", user="Shop")
        done.set()

    declare(answer, flagging_mode="manual", on_like=liked)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        await tab.flag((await tab.reply()).pk, "Like")
        assert await asyncio.to_thread(done.wait, 20)
        await tab.shows("Thanks for")


async def test_two_tabs_are_told() -> None:
    declare(answer)
    first = await Tab.open("chat")
    await first.ask("hello")
    second = await first.again()
    first = await first.again()
    async with first.connected(), second.connected():
        await (await ChatSession.aget(first.uuid)).asend("for both")
        await first.shows("for both")
        await second.shows("for both")
        assert {first.status[max(first.status)], second.status[max(second.status)]} == {"done"}


@pytest.mark.parametrize("name", ["IntSlider", "ChatAreaInput"])
def test_module_of_inputs_is_meant(name: str) -> None:
    number = widgets.IntSlider(name="Number", end=9)
    session = ChatSession.get(conversation("one", widgets=[number]))
    with pytest.raises(AttributeError, match="from chatinterface import widgets"):
        getattr(session.widgets, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(session.widgets, "nothing")  # noqa: B009
    assert session.widgets == [number]
