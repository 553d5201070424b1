"""Examples: what is declared, what a click sends, and what of it is answered beforehand."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import AsyncClient

import chatinterface as chat
from chatinterface import registry, sampling, widgets
from chatinterface.cards import cards
from chatinterface.models import Attachment, Conversation, Message, Run
from chatinterface.signals import reply_settled
from tests.services import UNREACHABLE_CACHE
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)

DOT = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489") + b"\0" * 40


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def counting(**attributes: Any) -> list[Any]:
    """Register the chat "ask", which counts; returns what its callback is called with."""
    calls: list[Any] = []

    def answer(message: Any, history: Any, *additional: Any) -> str:
        calls.append((message, *additional))
        return f"Answer {len(calls)}"

    chat.register(answer, name="ask", **attributes)
    return calls


async def click(index: int, text: str, tab: Tab | None = None, **fields: Any) -> Tab:
    """Send an example as a click does."""
    tab = tab or await Tab.open("ask")
    response = await tab.send(text, example=str(index), **fields)
    assert response.status_code == 204, response.content.decode()
    await ended()
    return tab


def interface() -> chat.ChatInterface:
    found = registry.find("ask")
    assert found is not None
    return found


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "dot.png"
    path.write_bytes(DOT)
    return path


# What is shown


async def test_cards() -> None:
    counting(examples=["*Hi*", "Ho"], example_labels=["", "Say ho"], example_icons=["🙂", "bulb"], examples_label="Try")
    page = (await (await Tab.open("ask")).client.get("/chat/ask/")).content.decode()
    assert 'aria-label="Try"' in page
    assert page.count("data-example=") == 2
    assert ">*Hi*<" in page
    assert ">Say ho<" in page
    assert "🙂" in page


async def test_seventh_is_behind_more() -> None:
    counting(examples=[f"Example {number}" for number in range(8)])
    page = (await (await Tab.open("ask")).client.get("/chat/ask/")).content.decode()
    assert page.count("<li hidden>") == 2
    assert "more-examples" in page


async def test_none_where_something_was_said() -> None:
    counting(examples=["Hi"])
    tab = await Tab.open("ask")
    await tab.ask("Hello")
    assert "data-example=" not in (await tab.client.get(tab.url("conversation"))).content.decode()


def test_card_has_values_of_controls() -> None:
    extra = [
        widgets.IntSlider(name="Words", end=50),
        widgets.Switch(name="Shout"),
        widgets.CheckBoxGroup(name="Extras", options={"Milk": "m", "Sugar": "s"}),
        widgets.RangeSlider(name="Span", end=9, step=1),
    ]
    counting(additional_inputs=extra, examples=[["Hi", 7, True, ["s"], (2, 5)], ["Ho"]])
    first, second = cards(interface())
    assert first.values == (
        '{"additional-words": "7", "additional-shout": true, "additional-extras": ["s"], '
        '"additional-span_0": "2", "additional-span_1": "5"}'
    )
    assert first.note == "Words: 7 · Shout: Yes · Extras: Sugar · Span: 2 – 5"
    assert second.values == ""


def test_icons() -> None:
    icons = ["🙂", "bulb", "/static/a.png", "shop/b.png"]
    counting(examples=list("abcd"), example_icons=icons)
    shown = [(card.emoji, card.icon, card.image) for card in cards(interface())]
    assert shown == [
        ("🙂", "", ""),
        ("", "outline/bulb", ""),
        ("", "", "/static/a.png"),
        ("", "", "/static/shop/b.png"),
    ]


# What a click sends


async def test_click_is_answered() -> None:
    calls = counting(examples=["Hi", "Ho"])
    tab = await click(1, "Ho")
    assert calls == [("Ho",)]
    assert (await tab.reply()).text == "Answer 1"
    assert (await Run.objects.aget()).trigger == Run.Trigger.EXAMPLE


async def test_other_text_is_no_example() -> None:
    calls = counting(examples=["Hi"])
    await click(0, "Something else")
    await click(7, "Hi")
    assert calls == [("Something else",), ("Hi",)]
    assert {run.trigger async for run in Run.objects.all()} == {Run.Trigger.SEND}


async def test_files_go_with_it(picture: Path) -> None:
    calls = counting(examples=[{"text": "What is this?", "files": [str(picture)]}], multimodal=True)
    await click(0, "What is this?")
    ((message,),) = calls
    assert message["text"] == "What is this?"
    assert [each.name for each in message["files"]] == ["dot.png"]
    assert (await Attachment.objects.aget()).content_type == "image/png"


async def test_files_alone(picture: Path) -> None:
    calls = counting(examples=[{"files": [str(picture)]}], multimodal=True)
    await click(0, "")
    assert [each.name for each in calls[0][0]["files"]] == ["dot.png"]


async def test_hook_is_told() -> None:
    told: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def hook(session: Any, event: Any) -> None:
        loop.call_soon_threadsafe(told.put_nowait, (session.interface.name, event.index, event.value))

    counting(examples=["Hi", "Ho"], on_example_select=hook)
    await click(1, "Ho")
    assert await asyncio.wait_for(told.get(), PATIENCE) == ("ask", 1, "Ho")


async def test_files_are_served(picture: Path) -> None:
    counting(examples=[{"text": "Look", "files": [str(picture)]}], multimodal=True)
    client = AsyncClient()
    response: Any = await client.get("/chat/ask/examples/0/0/dot.png")
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    # Not as a whole, which is what Django would do with a synchronous iterator here.
    assert response.is_async
    assert b"".join([piece async for piece in response]) == DOT
    assert response["Content-Length"] == str(len(DOT))
    response.close()
    for wrong in ("0/1", "1/0"):
        assert (await client.get(f"/chat/ask/examples/{wrong}/dot.png")).status_code == 404


async def test_files_of_a_closed_chat(picture: Path) -> None:
    counting(examples=[{"text": "Look", "files": [str(picture)]}], multimodal=True, login_required=True)
    assert (await AsyncClient().get("/chat/ask/examples/0/0/dot.png")).status_code == 302


# What is answered beforehand


async def test_lazy_is_answered_once() -> None:
    calls = counting(examples=["Hi", "Ho"], cache_examples=True, cache_mode="lazy")
    await click(0, "Hi")
    tab = await click(0, "Hi")
    assert (await tab.reply()).text == "Answer 1"
    assert calls == [("Hi",)]


async def test_cache_that_is_away_knows_no_reply(settings: Any) -> None:
    calls = counting(examples=["Hi"], cache_examples=True, cache_mode="lazy")
    settings.CACHES = {"default": UNREACHABLE_CACHE}
    for _ in range(2):
        assert (await (await click(0, "Hi")).reply()).status == Message.Status.DONE
    assert calls == [("Hi",), ("Hi",)]


@pytest.mark.parametrize("again", [False, True])
async def test_what_was_said_before_is_kept_for_nobody_else(*, again: bool) -> None:
    """Neither by who sends an example after it, nor by who has it answered once more."""

    def answer(message: str, history: list[dict[str, Any]]) -> str:
        return f"I know {len(history)}"

    chat.register(answer, name="ask", examples=["Hi"], cache_examples=True, cache_mode="lazy")
    tab = await Tab.open("ask")
    await tab.ask("My card is 4242")
    if again:
        await click(0, "Hi")
    await click(0, "Hi", tab)
    if again:
        await tab.act("rerun", (await tab.reply()).pk)
        await ended()
    assert (await (await click(0, "Hi")).reply()).text == "I know 0"


async def test_cached_streams_nothing() -> None:
    counting(examples=["Hi"], cache_examples=True, cache_mode="lazy")
    await click(0, "Hi")
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("Hi", example="0")
        await tab.settled()
    assert tab.kinds == ["message.added", "message.settled"]
    assert "Answer 1" in tab.last
    reply = await tab.reply()
    assert reply.run is not None
    assert reply.run.status == Run.Status.DONE
    assert (await tab.again()).shown[reply.pk].html == tab.last


async def test_word_is_no_file() -> None:
    calls = []

    @chat.register(name="ask", examples=["Hi"], cache_examples=True, cache_mode="lazy")
    def answer(message: str) -> str:
        calls.append(message)
        return "Press 'file'."

    await click(0, "Hi")
    await click(0, "Hi")
    assert len(calls) == 1


async def test_cached_is_told() -> None:
    """The list and the site hear of it as of any other reply."""
    counting(examples=["Hi"], cache_examples=True, cache_mode="lazy", save_history=True)
    first = await click(0, "Hi")
    told: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def receive(sender: Any, interface: Any, conversation: Any, message: Any, **kwargs: Any) -> None:
        loop.call_soon_threadsafe(told.put_nowait, (interface.name, conversation.uuid, message.status))

    reply_settled.connect(receive)
    try:
        tab, listing = await Tab.open("ask", first.client), await first.again()
        async with listing.connected():
            await tab.send("Hi", example="0")
            await listing.until("history.changed", conversation=str(tab.uuid))
        assert await asyncio.wait_for(told.get(), PATIENCE) == ("ask", tab.uuid, "done")
    finally:
        reply_settled.disconnect(receive)


async def test_other_values_are_asked() -> None:
    """What is in the cache answers the example as it is, and nothing else."""
    extra = [widgets.IntSlider(name="Words", end=50)]
    calls = counting(examples=[["Hi", 7]], additional_inputs=extra, cache_examples=True, cache_mode="lazy")
    chosen: dict[str, Any] = {"additional": "1", "additional-words": "7"}
    await click(0, "Hi", **chosen)
    await click(0, "Hi", **chosen)
    await click(0, "Hi", **{**chosen, "additional-words": "8"})
    assert calls == [("Hi", 7), ("Hi", 8)]


async def test_failure_is_not_kept() -> None:
    calls = []

    @chat.register(name="ask", examples=["Hi"], cache_examples=True, cache_mode="lazy")
    def answer(message: str) -> str:
        calls.append(message)
        raise RuntimeError

    await click(0, "Hi")
    await click(0, "Hi")
    assert len(calls) == 2
    assert sampling.known(interface(), interface().shown_examples[0]) is None


async def test_changed_example_is_asked_anew() -> None:
    calls = counting(examples=["Hi"], cache_examples=True, cache_mode="lazy")
    await click(0, "Hi")
    registry.unregister("ask")
    calls = counting(examples=["Ho"], cache_examples=True, cache_mode="lazy")
    await click(0, "Ho")
    assert calls == [("Ho",)]


def test_command_answers_all(capsys: pytest.CaptureFixture[str]) -> None:
    calls = counting(examples=["Hi", "Ho"], cache_examples=True)
    call_command("chatinterface_cache_examples", "ask")
    call_command("chatinterface_cache_examples", "ask")
    assert calls == [("Hi",), ("Ho",)]
    assert "ask 1: kept" in capsys.readouterr().out
    assert not Conversation.objects.exists()
    assert not Message.objects.exists()


def test_command_names_what_it_knows() -> None:
    counting(examples=["Hi"], cache_examples=True)
    with pytest.raises(CommandError, match="no chat 'aks'"):
        call_command("chatinterface_cache_examples", "aks")


def test_command_fails_where_an_example_does() -> None:
    @chat.register(name="ask", examples=["Hi"], cache_examples=True)
    def answer(message: str) -> str:
        raise RuntimeError

    with pytest.raises(CommandError, match="1 examples gave no reply"):
        call_command("chatinterface_cache_examples", "ask")


def test_eager_is_answered_at_the_start() -> None:
    calls = counting(examples=["Hi"], cache_examples=True)
    sampling.answer_all([interface()])
    assert calls == [("Hi",)]


def test_lazy_is_not_answered_at_the_start() -> None:
    calls = counting(examples=["Hi"], cache_examples=True, cache_mode="lazy")
    sampling.answer_all([interface()])
    assert calls == []


# What is refused


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"examples": "Hi"}, "must be a list"),
        ({"examples": [5]}, "has 5: write a text"),
        ({"examples": [" "]}, "says nothing"),
        ({"examples": [["Hi", 7]]}, "more values than there are additional_inputs"),
        ({"examples": [{"files": ["/no/such/file"]}], "multimodal": True}, "which is not there"),
        ({"examples": [{"files": [__file__]}]}, "Declare multimodal=True"),
        ({"examples": ["Hi"], "example_labels": ["a", "b"]}, "example_labels has 2 entries for 1 examples"),
        ({"examples": ["Hi"], "example_icons": ["a", "b"]}, "example_icons has 2 entries"),
        ({"examples": ["Hi"], "widgets": widgets.IntInput()}, "Add a ChatAreaInput"),
        ({"cache_mode": "later"}, "must be one of 'eager', 'lazy'"),
    ],
)
def test_wrong_declarations_are_refused(attributes: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        chat.ChatInterface(str.upper, name="wrong", **attributes)
