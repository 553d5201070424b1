"""What a callback returns besides text, from its run to the page: parts, several messages, and what becomes of them."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import override_settings

import chatinterface as chat
from chatinterface import ChatMessage, Component, chains, events, registry
from chatinterface import replies as stored
from chatinterface.content.markdown import render
from chatinterface.exceptions import Replaced
from chatinterface.models import Attachment, Message, Run
from chatinterface.runs import pace
from chatinterface.threads import in_database
from tests.tab import PATIENCE, Tab

pytestmark = pytest.mark.django_db(transaction=True)

Wait = Callable[[], Any]


@pytest.fixture(autouse=True)
def templates(tmp_path: Path, settings: Any) -> None:
    """The templates of a site, with three kinds of its own."""
    folder = tmp_path / "chatinterface" / "parts"
    folder.mkdir(parents=True)
    (folder / "box.html").write_text("<p>{{ props.label }}</p>")
    (folder / "broken.html").write_text("{% load nothing_of_this_name %}")
    (folder / "frame.html").write_text(
        "{% load chatinterface %}{% for item in props.items %}[{% part item %}]{% endfor %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish whatever is said while the callback sleeps, however slow the machine is."""
    monkeypatch.setattr(pace, "WIDEST", 0.0)


@dataclass
class Box(Component):
    kind = "box"
    label: str
    key: str | None = None
    blob: bytes = b""

    def props(self, store: chat.Store) -> dict[str, Any]:
        file = store(chat.Blob(source=self.blob, name="blob.txt")) if self.blob else None
        return {"label": self.label, "file": file}

    def text(self) -> str:
        return f"[{self.label}]"


class Broken(Box):
    kind = "broken"


@dataclass
class Framed(Component):
    kind = "frame"
    items: list[Any]

    def props(self, store: chat.Store) -> dict[str, Any]:
        return {"items": [store.part(item) for item in self.items]}


def box(label: str, name: str = "p1") -> str:
    return f'<div class="ci-part" data-part="{name}" data-kind="box"><p>{label}</p></div>\n'


def declare(callback: Callable[..., Any], **attributes: Any) -> None:
    chat.register(chat.ChatInterface(callback, name="chat", **attributes))


async def replies(tab: Tab) -> list[Message]:
    found = Message.objects.filter(conversation__uuid=tab.uuid, role="assistant").order_by("pk")
    return [message async for message in found]


async def ask(callback: Callable[..., Any], **attributes: Any) -> Tab:
    """A tab that has followed the reply from its beginning to its end; what it shows is what a reload shows."""
    declare(callback, **attributes)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("")
        await tab.settled()
    again = await tab.again()
    assert {pk: page.html for pk, page in tab.shown.items()} == {pk: page.html for pk, page in again.shown.items()}
    return tab


async def test_component_is_shown() -> None:
    tab = await ask(lambda message: Box("one"))
    assert tab.last == box("one")
    (reply,) = await replies(tab)
    assert reply.parts == [
        {"type": "component", "component": "box", "props": {"label": "one", "file": None}, "text": "[one]", "id": "p1"}
    ]
    assert reply.text == "[one]"


async def test_part_that_cannot_be_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Its text is shown in its place, while it is written and later; the log says why."""
    tab = await ask(lambda message: [Broken("one"), Box("two")])
    (reply,) = await replies(tab)
    shown = f'<div class="ci-part" data-part="p1" data-kind="broken">{render("[one]")}</div>\n'
    assert tab.last == shown + box("two", "p2")
    await Message.objects.filter(pk=reply.pk).aupdate(html="")
    assert (await tab.again()).last == tab.last
    (record, *_later) = [each for each in caplog.records if "cannot be shown" in each.message]
    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)
    assert "[one]" not in record.message


async def test_stored_props_are_wrong() -> None:
    """One part takes neither the page with it nor the others."""
    tab = await ask(lambda message: [Box("one"), Box("two")])
    (reply,) = await replies(tab)
    kinds = ("table", "image", "gallery", "row", "tabs", "prompt", "plot", "record", "progress", "chip")
    wrong = [
        {"type": "component", "component": kind, "props": props, "text": "stands for it", "id": "p3"}
        for kind in kinds
        for props in (None, "x", [1], {"items": None}, {"items": [None]}, {"items": ["x"]}, {"items": 3})
    ]
    await Message.objects.filter(pk=reply.pk).aupdate(html="", parts=[reply.parts[0], *wrong, reply.parts[1]])
    shown = (await tab.again()).last
    assert shown.startswith(box("one"))
    assert shown.endswith(box("two", "p2"))
    assert shown.count('data-part="p3"') == len(wrong)


async def test_keyed_component_comes_back() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        for value in (["a", Box("one", key="k")], ["a"], ["a", Box("two", key="k")], "a", ["a", Box("three", key="k")]):
            yield value
            await asyncio.sleep(0.05)

    assert "<p>three</p>" in (await ask(answer)).last


async def test_key_of_another_component() -> None:
    """Where another key was shown in its place, what comes under the first one is a part of its own."""

    async def answer(message: str) -> AsyncIterator[object]:
        shown = Box("one", key="a")
        yield shown
        shown.label, shown.key = "two", "b"
        yield shown
        yield Box("three", key="a")
        yield Box("four", key="b")

    assert (await ask(answer, yields="tokens")).last == box("four") + box("three", "p2")


async def test_keyed_component_comes_back_in_step() -> None:
    """What a step shows instead of it took it away."""

    async def answer(message: str, instance: chat.ChatSession) -> str:
        async with instance.add_step("Look") as step:
            for value in (Box("one", key="k"), "nothing", Box("two", key="k")):
                await step.astream(value, replace=True)
                await asyncio.sleep(0.05)
        return "ready"

    last = (await ask(answer)).last
    assert ("<p>two</p>" in last, "<p>one</p>" in last, "nothing" in last) == (True, False, False)


async def test_text_and_components_alternate() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        for value in ("Look: ", "here", Box("one"), "and ", "there", Box("two")):
            yield value
            await asyncio.sleep(0.05)

    tab = await ask(answer, yields="tokens")
    assert tab.last == render("Look: here") + box("one") + render("and there") + box("two", "p2")
    assert [part["type"] for part in (await replies(tab))[0].parts] == ["text", "component", "text", "component"]
    assert "body" not in tab.frames[-1]


async def test_object_again_is_replaced() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        shown = Box("one")
        yield "before"
        yield shown
        yield "after"
        await asyncio.sleep(0.1)
        shown.label = "two"
        yield shown

    tab = await ask(answer, yields="tokens")
    assert tab.last == render("before") + box("two") + render("after")
    assert [frame["changes"] for frame in tab.frames if "changes" in frame] == [[{"part": "p1", "html": box("two")}]]


async def test_key_is_replaced() -> None:
    def answer(message: str) -> Iterator[object]:
        for done in range(5):
            yield Box(str(done), key="progress")
        yield "ready"

    assert (await ask(answer, yields="tokens")).last == box("4") + render("ready")


async def test_whole_reply_of_values() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        first = Box("one")
        for value in ("a", ["a", first], ["a", first, "b"], ["a", first, "b c"], ["a", first, "b c", Box("two")]):
            yield value
            await asyncio.sleep(0.05)

    tab = await ask(answer)
    assert tab.last.startswith(render("a") + box("one"))
    assert "b c" in tab.last and "two" in tab.last
    assert [part["type"] for part in (await replies(tab))[0].parts] == ["text", "component", "text", "component"]
    assert not any(frame.get("reset") for frame in tab.frames)


async def test_earlier_text_may_change() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        picture = Box("one")
        for text in ("a", "a b", "a b c"):
            yield [text, picture]
            await asyncio.sleep(0.05)

    tab = await ask(answer)
    assert "a b c" in tab.last
    assert not any(frame.get("reset") for frame in tab.frames)


async def test_reply_may_shrink() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        yield ["a", Box("one"), Box("two")]
        await asyncio.sleep(0.05)
        yield "b"

    assert (await ask(answer)).last == render("b")


async def test_renderers_first(caplog: pytest.LogCaptureFixture) -> None:
    def fails(value: object) -> str:
        raise ValueError("not for me")

    tab = await ask(lambda message: {"a": 1}, renderers=[fails, lambda value: Box(str(value))])
    assert "{&#x27;a&#x27;: 1}" in tab.last
    assert "not for me" in caplog.text


def boxed(value: Any) -> Box:
    return Box(value.removeprefix("box: ")) if value.startswith("box: ") else value["no index"]


async def test_renderers_are_not_asked_for_what_they_return() -> None:
    """As in Panel, whose guide makes a column with a text of a value that has a length."""
    asked_for: list[Any] = []

    def counted(value: Any) -> chat.Column:
        asked_for.append(value)
        return chat.Column(f"Found {len(value)} rows.", chat.Column("And no more."))

    tab = await ask(lambda message: [1, 2, 3], renderers=counted)
    assert "Found 3 rows." in tab.last
    assert "And no more." in tab.last
    assert asked_for == [[1, 2, 3]]


async def test_renderers_of_text() -> None:
    tab = await ask(lambda message: "box: one", renderers=boxed)
    assert tab.last == box("one")
    (reply,) = await replies(tab)
    assert reply.text == "[one]"


@pytest.mark.parametrize(
    ("text", "shown"), [("box: " + "long" * 40, f"<p>{'long' * 40}</p>"), ("text" * 40, render("text" * 40))]
)
async def test_renderers_of_text_that_grows(text: str, shown: str) -> None:
    """They see it from time to time, and whole at the end; what they do not want is streamed as ever."""
    seen: list[str] = []

    def renderer(value: str) -> Any:
        seen.append(value)
        return boxed(value)

    async def answer(message: str) -> AsyncIterator[str]:
        for length in range(1, 1 + len(text)):
            yield text[:length]

    tab = await ask(answer, renderers=renderer)
    assert shown in tab.last
    assert seen[0] == text[0]
    assert seen[-1] == text
    assert sum(map(len, seen)) < 8 * len(text)


async def test_renderers_of_texts_in_a_list() -> None:
    async def answer(message: str) -> AsyncIterator[list[object]]:
        yield ["box: one"]
        yield ["box: one", Box("two"), "thr"]
        yield ["box: one", Box("two"), "three"]

    tab = await ask(answer, renderers=boxed)
    (reply,) = await replies(tab)
    assert [part.get("text") for part in reply.parts] == ["[one]", "[two]", "three"]


async def test_renderers_of_a_message_that_is_sent() -> None:
    async def answer(message: str, instance: chat.ChatSession) -> AsyncIterator[str]:
        await instance.asend("box: sent")
        for token in ("box:", " tokens", " are pieces"):
            yield token

    tab = await ask(answer, renderers=boxed, yields="tokens")
    assert [reply.text for reply in await replies(tab)] == ["[sent]", "box: tokens are pieces"]


async def test_renderer_that_fails_at_the_end() -> None:
    """What it has made of the whole text cannot be shown: the reply fails as with any value, and is settled."""

    class Broken(Component):
        def props(self, store: chat.Store) -> dict[str, Any]:
            raise ValueError("broken")

    async def answer(message: str) -> AsyncIterator[str]:
        for text in ("a" * 100, "a" * 101):
            yield text

    tab = await ask(answer, renderers=lambda value: Broken() if len(value) > 100 else value)
    (reply,) = await replies(tab)
    assert (reply.status, reply.text) == ("failed", "a" * 101)


async def test_component_that_raises_fails_the_reply() -> None:
    class Broken(Component):
        def props(self, store: chat.Store) -> dict[str, Any]:
            raise ValueError("broken")

    async def answer(message: str) -> AsyncIterator[object]:
        yield "before"
        yield Broken()

    tab = await ask(answer, yields="tokens")
    (reply,) = await replies(tab)
    assert (reply.status, reply.text) == ("failed", "before")


async def test_unknown_kind_by_its_text() -> None:
    @dataclass
    class Strange(Component):
        kind = "strange"

        def text(self) -> str:
            return "*stand-in* <script>"

    tab = await ask(lambda message: Strange())
    assert "<em>stand-in</em>" in tab.last and "<script" not in tab.last


async def test_nested_parts_have_ids() -> None:
    tab = await ask(lambda message: Framed([Box("one"), "text", Box("two")]))
    assert "<p>one</p>" in tab.last and "<p>text</p>" in tab.last and "<p>two</p>" in tab.last
    (part,) = (await replies(tab))[0].parts
    names = [part["id"], *(item["id"] for item in part["props"]["items"] if item["type"] != "text")]
    assert len(set(names)) == 3


async def test_blob_becomes_a_file() -> None:
    tab = await ask(lambda message: Box("one", blob=b"bytes"))
    attachment = await Attachment.objects.select_related("message").aget()
    assert (await replies(tab))[0].parts[0]["props"]["file"]["file"] == attachment.uuid.hex
    assert attachment.message == (await replies(tab))[0]
    with attachment.file.open() as file:
        assert file.read() == b"bytes"


async def test_list_of_data_is_one_part() -> None:
    tab = await ask(lambda message: [{"a": 1}, {"a": 2}])
    assert [part["component"] for part in (await replies(tab))[0].parts] == ["json"]


async def test_object_again_elsewhere_is_another_part() -> None:
    async def answer(message: str, chat: chat.ChatSession) -> AsyncIterator[object]:
        value = {"a": 1}
        async with await chat.aadd_step("step") as step:
            await step.astream(value)
        yield value

    (reply,) = await replies(await ask(answer, yields="tokens"))
    assert [part["type"] for part in reply.parts] == ["step", "component"]
    assert [part["type"] for part in reply.parts[0]["parts"]] == ["component"]


async def test_file_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("what is in it")

    def answer(message: str) -> Iterator[object]:
        for text in ("a", "a b"):
            yield {"role": "assistant", "content": [text, {"path": str(tmp_path / "note.txt")}]}

    (reply,) = await replies(await ask(answer))
    assert len(reply.parts) == 2
    assert await Attachment.objects.acount() == 1


async def test_long_part_is_fetched() -> None:
    label = "x" * (events.INLINE_LIMIT + 1)

    async def answer(message: str) -> AsyncIterator[object]:
        yield "before"
        yield Box(label)
        yield "after"

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        pk = max(tab.shown)
        page = await tab.complete(pk)
    assert page == render("before") + box(label) + render("after")
    assert page == (await tab.again()).last
    assert sum(len(str(frame)) for frame in tab.frames) < 20_000


@override_settings(CHATINTERFACE={"CHECKPOINT": 1000, "LEASE": 3000})
async def test_long_part_is_stored_that_comes_while_another_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, as pages fetch it."""
    storing, released, over = threading.Event(), threading.Event(), asyncio.Event()
    checkpoints = stored.checkpoints

    def held(kept: Any) -> Any:
        storing.set()
        released.wait(PATIENCE)
        return checkpoints(kept)

    monkeypatch.setattr(stored, "checkpoints", held)

    async def answer(message: str) -> AsyncIterator[object]:
        yield Box("x" * (events.INLINE_LIMIT + 1))
        await asyncio.to_thread(storing.wait, PATIENCE)
        yield Box("y" * (events.INLINE_LIMIT + 1))
        await over.wait()

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected(), asyncio.timeout(PATIENCE):
        await tab.send("hello")
        while sum(str(frame).count("data-fetch=") for frame in tab.frames) < 2:
            await tab.next()
        released.set()
        while len((await Message.objects.aget(role="assistant")).parts) < 2:  # noqa: ASYNC110 -- a database sends no events.
            await asyncio.sleep(0.005)
        over.set()
        await tab.settled()


async def test_unstorable_props(caplog: pytest.LogCaptureFixture) -> None:
    @dataclass
    class Odd(Component):
        kind = "box"

        def props(self, store: chat.Store) -> dict[str, Any]:
            return {"label": "a\0b", "nan": float("nan"), "object": object, "set": {1}}

    (reply,) = await replies(await ask(lambda message: Odd()))
    props = reply.parts[0]["props"]
    assert (props["label"], props["nan"], props["set"]) == ("a�b", None, [1])


async def test_message_with_its_author() -> None:
    tab = await ask(lambda message: ChatMessage("hi", user="Polly", avatar="🦜"))
    (reply,) = await replies(tab)
    assert (reply.user_name, reply.avatar, reply.text, reply.status) == ("Polly", "🦜", "hi", "done")


@pytest.mark.parametrize("later", ["one", "one two", "another"])
async def test_author_changes_in_the_middle(later: str) -> None:
    """What was said stays on the pages, whether or not more is said."""

    async def answer(message: str) -> AsyncIterator[object]:
        yield ChatMessage("one", user="Ann")
        yield ChatMessage(later, user="Bob")

    tab = await ask(answer)
    (reply,) = await replies(tab)
    assert (reply.user_name, reply.text, tab.last) == ("Bob", later, render(later))


async def test_stop_while_an_author_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are told of what is committed after all."""
    entered, released = threading.Event(), threading.Event()
    rename = chains.rename

    def late(*args: Any, **values: Any) -> int:
        if values["user_name"] == "Bob":
            entered.set()
            released.wait(PATIENCE)
        return rename(*args, **values)

    monkeypatch.setattr(chains, "rename", late)

    async def answer(message: str) -> AsyncIterator[object]:
        yield ChatMessage("one", user="Ann")
        yield ChatMessage("one", user="Bob")

    declare(answer)
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        assert await asyncio.to_thread(entered.wait, PATIENCE)
        await tab.stop()
        released.set()
        await tab.settled()
    (reply,) = await replies(tab)
    assert (reply.user_name, reply.status, tab.last) == ("Bob", "stopped", render("one"))
    assert any("Bob" in frame.get("html", "") for frame in tab.frames)


async def test_several_messages_are_a_chain() -> None:
    def answer(message: str) -> list[Any]:
        return [ChatMessage("one"), {"role": "user", "content": ["two", Box("two")]}, {"object": "three", "user": "B"}]

    tab = await ask(answer)
    first, second, third = await replies(tab)
    assert [message.text for message in (first, second, third)] == ["one", "two\n\n[two]", "three"]
    assert (second.parent_id, third.parent_id) == (first.pk, second.pk)
    assert first.run_id == second.run_id == third.run_id is not None
    assert {first.status, second.status, third.status} == {"done"}
    assert [first.role, second.role, third.role] == ["assistant"] * 3
    conversation = await Tab.conversation(tab)
    assert conversation.leaf_id == third.pk
    assert conversation.answering is False


async def test_several_messages_while_streaming() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        for value in ("one", ["one", {"content": "two"}], [{"content": "one"}, {"content": "two more"}]):
            yield value
            await asyncio.sleep(0.05)

    tab = await ask(answer)
    assert [message.text for message in await replies(tab)] == ["one", "two more"]


async def test_messages_of_tokens() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        yield "one "
        yield "more"
        yield ChatMessage("two", user="B")
        yield " more"

    tab = await ask(answer, yields="tokens")
    assert [(message.user_name, message.text) for message in await replies(tab)] == [
        ("Assistant", "one more"),
        ("B", "two more"),
    ]


async def test_metadata_and_options_are_kept() -> None:
    def answer(message: str) -> ChatMessage:
        return ChatMessage("hi", metadata={"model": "m", "when": object}, options=[{"value": "yes", "label": "Yes"}])

    (reply,) = await replies(await ask(answer))
    assert reply.metadata["model"] == "m"
    assert reply.metadata["options"] == [{"value": "yes", "label": "Yes"}]


async def test_reload_in_the_middle() -> None:
    going, done = asyncio.Event(), asyncio.Event()

    async def answer(message: str) -> AsyncIterator[object]:
        yield "before"
        yield Box("one", key="k")
        yield "after"
        going.set()
        await done.wait()
        yield Box("two", key="k")
        yield " that"

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("after")
        late = await tab.again()
        async with late.connected():
            await late.shows("after")
            assert late.last == tab.last
            done.set()
            await late.settled()
            await tab.settled()
    assert late.last == tab.last == (await tab.again()).last
    assert late.last == render("before") + box("two") + render("after that")


async def test_gap_is_healed() -> None:
    gate = asyncio.Semaphore(0)

    async def answer(message: str) -> AsyncIterator[object]:
        for number in range(4):
            yield f"text {number}"
            yield Box(str(number))
            await gate.acquire()

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("<p>0</p>")
        tab.shown.clear()
        await tab.fetch()
        for number in (1, 2, 3):
            gate.release()
            await tab.shows(f"<p>{number}</p>")
        gate.release()
        await tab.settled()
    assert tab.last == (await tab.again()).last


async def test_checkpoint_has_parts(settings: Any) -> None:
    settings.CHATINTERFACE = {"CHECKPOINT": 0.05, "LEASE": 10}
    done = asyncio.Event()

    async def answer(message: str) -> AsyncIterator[object]:
        yield "before"
        yield Box("one")
        await done.wait()

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        while len((await replies(tab))[0].parts) < 2:  # noqa: ASYNC110 -- a database sends no events.
            await asyncio.sleep(0.01)
        assert (await tab.again()).last == render("before") + box("one")
        done.set()
        await tab.settled()


async def test_checkpoints_go_on(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever one of them fails by."""
    settings.CHATINTERFACE = {"CHECKPOINT": 0.01}
    goes_on, checkpoint = threading.Event(), stored.checkpoint
    failures = iter([RuntimeError("a bug"), OperationalError("away")])

    def failing(*args: Any) -> int | None:
        for failure in failures:
            raise failure
        goes_on.set()
        return checkpoint(*args)

    monkeypatch.setattr(stored, "checkpoint", failing)

    async def answer(message: str) -> AsyncIterator[str]:
        yield "one"
        assert await asyncio.to_thread(goes_on.wait, 20)

    await ask(answer)
    logged = [record for record in caplog.records if record.message.startswith("A checkpoint")]
    assert [(record.levelno, bool(record.exc_info)) for record in logged] == [
        (logging.ERROR, True),
        (logging.WARNING, False),
    ]


async def test_stop_keeps_parts() -> None:
    async def answer(message: str) -> AsyncIterator[object]:
        yield "before"
        yield Box("one")
        await asyncio.Event().wait()

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await tab.shows("<p>one</p>")
        await tab.stop()
        await tab.settled()
    (reply,) = await replies(tab)
    assert (reply.status, reply.text) == ("stopped", "before\n\n[one]")


async def test_nothing_of_values_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await ask(lambda message: [ChatMessage("secret"), ChatMessage(Box("secret"))])
    assert "secret" not in caplog.text


async def test_stop_while_a_message_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed after all is settled, and nothing keeps the conversation busy."""
    entered, released = threading.Event(), threading.Event()
    go_on = chains.go_on

    def late(*args: Any, **kwargs: Any) -> Any:
        entered.set()
        released.wait(PATIENCE)
        return go_on(*args, **kwargs)

    monkeypatch.setattr(chains, "go_on", late)

    async def answer(message: str) -> AsyncIterator[object]:
        if message == "again":
            yield "done"
            return
        yield ChatMessage("one", user="Ann")
        yield ChatMessage("two", user="Bob")

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await asyncio.to_thread(entered.wait, PATIENCE)
        await tab.stop()
        released.set()
        await tab.settled()
    assert not await Message.objects.filter(status="running").aexists()
    assert (await tab.ask("again")).text == "done"


async def test_stop_while_a_message_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, released = threading.Event(), threading.Event()
    complete = stored.complete

    def late(*args: Any, **kwargs: Any) -> Any:
        if not entered.is_set():
            entered.set()
            released.wait(PATIENCE)
            raise OperationalError("the database is away")
        return complete(*args, **kwargs)

    monkeypatch.setattr(stored, "complete", late)

    async def answer(message: str) -> AsyncIterator[object]:
        yield ChatMessage("one", user="Ann")
        yield ChatMessage("two", user="Bob")

    declare(answer, yields="tokens")
    tab = await Tab.open("chat")
    async with tab.connected():
        await tab.send("hello")
        await asyncio.to_thread(entered.wait, PATIENCE)
        await tab.stop()
        released.set()
        await tab.settled()
    assert [each.text async for each in Message.objects.filter(role="assistant", status="stopped")] == ["one", ""]
    assert not await Message.objects.filter(status="running").aexists()


@pytest.mark.parametrize("status", [Run.Status.DONE, Run.Status.STOPPED, Run.Status.FAILED])
async def test_no_message_after_the_end(status: str) -> None:
    declare(lambda message: message)
    tab = await Tab.open("chat")
    await tab.ask("hello")
    run = await Run.objects.aget()
    await Run.objects.aupdate(status=status)
    with pytest.raises(Replaced):
        await in_database(chains.go_on, registry.registered()["chat"], run)
