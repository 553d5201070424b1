"""Files in messages, as their visitor attaches them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Playwright, Route, expect

from tests import services
from tests.browser.chat import Chat
from tests.browser.conftest import ARGUMENTS, CUT, Console
from tests.browser.test_accessibility import accessible
from tests.content.test_media import PNG
from tests.server import Server

TABLE = b"a,b\n1,2\n"

# It plays for a moment only.
NOTE_PLAYING = """play => new MutationObserver(() => { window.played ||= "playing" in play.dataset })
  .observe(play, {attributes: true})"""

# A drop of files, as the page gets it.
CARRY = """(files) => {
  const carried = new DataTransfer();
  for (const {name, type, text} of files) carried.items.add(new File([text], name, {type}));
  return carried;
}"""


def open_chat(page: Page, server: Server, name: str = "attachments") -> Chat:
    chat = Chat(page, server).open(name)
    expect(chat.action("attach")).to_be_visible()
    return chat


@pytest.fixture
def chat(page: Page, server: Server) -> Chat:
    return open_chat(page, server)


def pick(chat: Chat, *files: tuple[str, str, bytes]) -> None:
    chat.page.locator("[data-chat-picker]").set_input_files(
        [FilePayload(name=name, mimeType=kind, buffer=content) for name, kind, content in files]
    )


def chips(chat: Chat, state: str = "") -> Any:
    within = "[data-chat-form] .ci-file"
    return chat.page.locator(f"{within}[data-state={state}]" if state else within)


def carried(chat: Chat, *files: tuple[str, str, str]) -> Any:
    told = [{"name": name, "type": kind, "text": text} for name, kind, text in files]
    return chat.page.evaluate_handle(CARRY, told)


def paste(chat: Chat, transfer: Any) -> None:
    chat.input.evaluate(
        "(input, clipboardData) => input.dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}))",
        transfer,
    )


def received(chat: Chat) -> None:
    expect(chat.replies.last).to_have_attribute("data-status", "done")


def sent_names(server: Server, chat: Chat) -> list[str]:
    """The files of the conversation's questions, in order, as they are in the database."""
    rows = server.query(
        "select parts from chatinterface_message m join chatinterface_conversation c on c.id = m.conversation_id "
        "where c.uuid = ? and role = 'user' order by m.id",
        chat.uuid.replace("-", ""),
    )
    return [part["name"] for (parts,) in rows for part in json.loads(parts) if part["type"] == "file"]


def test_picked_files_are_sent_in_order(chat: Chat, server: Server) -> None:
    pick(chat, ("table.csv", "text/csv", TABLE), ("dot.png", "image/png", PNG))
    expect(chips(chat, "done")).to_have_count(2)
    expect(chips(chat).last.locator("canvas")).to_be_visible()
    chat.send("look")
    received(chat)
    expect(chat.body.locator("tbody tr")).to_have_count(2)
    expect(chips(chat)).to_have_count(0)
    assert sent_names(server, chat) == ["table.csv", "dot.png"]


def test_picker_opens_by_keyboard(chat: Chat) -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.action("attach").press("Enter")
    assert chooser.value.is_multiple()


def test_file_goes_without_text(chat: Chat, server: Server) -> None:
    pick(chat, ("table.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(1)
    chat.action("send").click()
    received(chat)
    assert sent_names(server, chat) == ["table.csv"]


def test_dropped_files_are_attached(chat: Chat) -> None:
    transfer = carried(chat, ("a.txt", "text/plain", "one"), ("b.txt", "text/plain", "two"))
    chat.log.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(chat.root).to_have_attribute("data-dropping", "")
    expect(chat.page.locator(".ci-drop")).to_be_visible()
    chat.log.dispatch_event("dragover", {"dataTransfer": transfer})
    chat.log.dispatch_event("drop", {"dataTransfer": transfer})
    expect(chat.root).not_to_have_attribute("data-dropping", "")
    expect(chips(chat, "done")).to_have_count(2)
    expect(chat.input).to_be_focused()


def test_drag_that_leaves_drops_nothing(chat: Chat) -> None:
    transfer = carried(chat, ("a.txt", "text/plain", "one"))
    chat.log.dispatch_event("dragenter", {"dataTransfer": transfer})
    chat.log.dispatch_event("dragleave", {"dataTransfer": transfer})
    expect(chat.root).not_to_have_attribute("data-dropping", "")


def test_pasted_image_is_attached(chat: Chat) -> None:
    paste(chat, carried(chat, ("image.png", "image/png", "not really")))
    expect(chips(chat, "done")).to_have_count(1)
    expect(chips(chat)).to_contain_text("Pasted image.png")


def test_long_paste_becomes_a_file(chat: Chat) -> None:
    chat.page.evaluate("() => (window.long = new DataTransfer()).setData('text/plain', 'word '.repeat(201))")
    paste(chat, chat.page.evaluate_handle("window.long"))
    expect(chips(chat, "done")).to_contain_text("Pasted text.txt")
    expect(chat.input).to_have_value("")


def test_short_paste_stays_text(chat: Chat) -> None:
    chat.page.evaluate("() => (window.short = new DataTransfer()).setData('text/plain', 'word '.repeat(200))")
    paste(chat, chat.page.evaluate_handle("window.short"))
    expect(chips(chat)).to_have_count(0)


def test_progress_is_shown_and_cancelled(chat: Chat) -> None:
    chat.page.route(re.compile("/upload/[^/]+/$"), lambda route: None)
    pick(chat, ("large.bin", "application/octet-stream", bytes(5 * 1024 * 1024)))
    expect(chips(chat, "running").locator("progress")).to_be_visible()
    cancel = chips(chat).get_by_role("button", name="Cancel large.bin")
    cancel.click()
    expect(chips(chat)).to_have_count(0)
    expect(chat.status).to_have_text("large.bin is removed.")


def test_message_waits_for_its_files(chat: Chat, server: Server) -> None:
    held: list[Route] = []
    chat.page.route("**/upload/**", lambda route: held.append(route))
    with chat.page.expect_request("**/upload/**"):
        pick(chat, ("table.csv", "text/csv", TABLE))
    chat.send("look")
    expect(chat.page.locator("[data-chat-attach-note]")).to_contain_text("goes out when its files are uploaded")
    expect(chat.messages).to_have_count(0)
    held[0].continue_()
    received(chat)
    assert sent_names(server, chat) == ["table.csv"]


def test_lost_piece_is_sent_again(chat: Chat, console: Console) -> None:
    console.allow(CUT)
    lines = ["broken"]
    chat.page.route("**/upload/**", lambda route: route.abort() if lines else route.continue_())
    pick(chat, ("large.bin", "application/octet-stream", bytes(5 * 1024 * 1024)))
    expect(chips(chat)).to_contain_text("No connection")
    lines.clear()
    expect(chips(chat, "done")).to_have_count(1)


def test_wrong_type_is_said(page: Page, server: Server) -> None:
    chat = open_chat(page, server, "pictures")
    pick(chat, ("program.exe", "application/x-msdownload", b"MZ"))
    expect(chips(chat, "failed")).to_contain_text("This chat does not take files of this kind.")
    expect(chat.status).to_contain_text("program.exe is not attached")
    chat.send("look")
    expect(page.locator("[data-chat-attach-note]")).to_contain_text("could not be attached")
    expect(chat.messages).to_have_count(0)
    chips(chat).get_by_role("button", name="Remove program.exe").click()
    expect(chat.input).to_have_value("look")


def test_false_type_is_said_by_the_server(page: Page, server: Server, console: Console) -> None:
    console.allow("status of 422")
    chat = open_chat(page, server, "pictures")
    pick(chat, ("photo.png", "image/png", b"MZ\x90\0" + bytes(200)))
    expect(chips(chat, "failed")).to_contain_text("This chat does not take files of this kind.")


def test_too_large_is_said(page: Page, server: Server) -> None:
    chat = open_chat(page, server, "pictures")
    pick(chat, ("photo.png", "image/png", bytes(10 * 1024 * 1024 + 1)))
    expect(chips(chat, "failed")).to_contain_text("It may have 10 MB at most.")


def test_too_many_is_said(page: Page, server: Server) -> None:
    chat = open_chat(page, server, "pictures")
    pick(chat, *[(f"{number}.png", "image/png", PNG) for number in range(5)])
    expect(chips(chat, "done")).to_have_count(4)
    expect(chips(chat, "failed")).to_contain_text("4 files")


def test_files_survive_a_reload(chat: Chat, server: Server) -> None:
    pick(chat, ("dot.png", "image/png", PNG), ("table.csv", "text/csv", TABLE))
    chat.input.fill("draft")
    expect(chips(chat, "done")).to_have_count(2)
    expect(chips(chat).first.locator("canvas")).to_be_visible()
    chat.reload()
    expect(chips(chat, "done")).to_have_count(2)
    expect(chips(chat).first.locator("canvas")).to_be_visible()
    expect(chat.input).to_have_value("draft")
    pick(chat, ("more.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(3)
    chat.input.press("Enter")
    received(chat)
    assert sent_names(server, chat) == ["dot.png", "table.csv", "more.csv"]
    chat.reload()
    expect(chips(chat)).to_have_count(0)


def test_files_survive_in_a_conversation(chat: Chat, server: Server) -> None:
    chat.send("hello")
    received(chat)
    pick(chat, ("table.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(1)
    chat.reload()
    chat.send("look")
    expect(chat.replies).to_have_count(2)
    received(chat)
    assert sent_names(server, chat) == ["table.csv"]


def test_unfinished_file_is_said_after_a_reload(chat: Chat) -> None:
    held: list[Route] = []
    chat.page.route("**/upload/**", lambda route: held.append(route))
    with chat.page.expect_request("**/upload/**"):
        pick(chat, ("table.csv", "text/csv", TABLE))
    chat.reload()
    expect(chips(chat, "failed")).to_contain_text("Attach it again.")


def test_failed_send_keeps_everything(chat: Chat, server: Server, console: Console) -> None:
    console.allow(CUT + "|status of 5|Error Code 500")
    pick(chat, ("table.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(1)
    chat.page.route("**/send/", lambda route: route.fulfill(status=500))
    chat.send("look")
    expect(chat.errors).not_to_be_empty()
    expect(chips(chat, "done")).to_be_visible()
    expect(chat.input).to_have_value("look")
    chat.page.unroute("**/send/")
    chat.input.press("Enter")
    received(chat)
    assert sent_names(server, chat) == ["table.csv"]


def test_removed_file_is_not_sent(chat: Chat, server: Server) -> None:
    pick(chat, ("a.csv", "text/csv", TABLE), ("b.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(2)
    with chat.page.expect_response("**/remove/"):
        chips(chat).get_by_role("button", name="Remove a.csv").click()
    expect(chips(chat).get_by_role("button", name="Remove b.csv")).to_be_focused()
    chat.send("look")
    received(chat)
    assert sent_names(server, chat) == ["b.csv"]


def test_plain_chat_loads_nothing_of_it(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Chat(page, server).open("script")
    assert not [url for url in asked if "attach" in url or "upload" in url or "voice" in url]


def test_long_names_keep_their_end(chat: Chat) -> None:
    pick(chat, (f"{'very ' * 30}long name of 2026.csv", "text/csv", TABLE))
    name = chips(chat).locator(".ci-filename span")
    assert name.last.inner_text() == "f 2026.csv"
    assert name.first.evaluate("span => span.scrollWidth > span.clientWidth")
    box = chips(chat).bounding_box()
    assert box is not None
    assert box["width"] < 400


# Voice notes

# Every track of every microphone that was opened.
COLLECT_MICROPHONES = """() => {
    window.microphones = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        microphones.push(...stream.getTracks());
        return stream;
    };
}"""


@pytest.fixture(scope="module")
def recording_browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium with a microphone that beeps."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    chromium = playwright.chromium.launch(executable_path=services.chromium(), args=[*ARGUMENTS, *fake])
    yield chromium
    chromium.close()


@pytest.fixture
def speaker(recording_browser: Browser, server: Server, console: Console) -> Iterator[Chat]:
    context = recording_browser.new_context()
    context.on("page", console.watch)
    yield open_chat(context.new_page(), server)
    context.close()


def test_voice_note_is_recorded_and_sent(speaker: Chat, server: Server) -> None:
    speaker.action("record").click()
    expect(speaker.page.locator("[data-time]")).to_have_text(re.compile(r"0:(?!00)\d\d"))
    expect(speaker.action("keep")).to_be_focused()
    speaker.action("keep").click()
    expect(chips(speaker, "done")).to_have_count(1)
    speaker.action("play").evaluate(NOTE_PLAYING)
    speaker.action("play").click()
    speaker.page.wait_for_function("() => window.played")
    expect(speaker.action("play")).not_to_have_attribute("data-playing", "")
    speaker.action("send").click()
    received(speaker)
    (name,) = sent_names(server, speaker)
    assert name.startswith("Voice note")
    rows = server.query("select content_type from chatinterface_attachment where name = ?", name)
    assert rows[-1] == ("audio/webm",)


def test_voice_note_is_discarded(speaker: Chat) -> None:
    speaker.action("record").click()
    speaker.action("discard").click()
    expect(chips(speaker)).to_have_count(0)
    expect(speaker.input).to_be_focused()


def test_double_click_records_once(speaker: Chat) -> None:
    """When the note is kept, no microphone is left open."""
    speaker.page.evaluate(COLLECT_MICROPHONES)
    speaker.action("record").dblclick()
    expect(speaker.page.locator("[data-time]")).to_have_text(re.compile(r"0:(?!00)\d\d"))
    speaker.action("keep").click()
    expect(chips(speaker, "done")).to_have_count(1)
    assert speaker.page.evaluate("microphones.map(track => track.readyState)") == ["ended"]


def test_denied_microphone_is_said(
    browser: Browser, new_context: Callable[..., BrowserContext], server: Server
) -> None:
    chat = open_chat(new_context(permissions=[]).new_page(), server)
    chat.page.evaluate(
        "() => navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )
    chat.action("record").click()
    expect(chat.page.locator("[data-chat-attach-note]")).to_contain_text("The microphone is not allowed here.")


def test_attached_files_are_accessible(chat: Chat) -> None:
    pick(chat, ("dot.png", "image/png", PNG), ("table.csv", "text/csv", TABLE))
    expect(chips(chat, "done")).to_have_count(2)
    accessible(chat.page)


# An input of files alone


@pytest.fixture
def file_tab(page: Page, server: Server) -> Chat:
    chat = Chat(page, server).open("file_tabs")
    page.get_by_role("tab", name="CSV file").click()
    return chat


def pick_in_tab(chat: Chat, name: str, content: bytes) -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.page.get_by_role("button", name="drop").click()
    chooser.value.set_files([FilePayload(name=name, mimeType="text/csv", buffer=content)])


def test_file_of_a_tab_is_sent(file_tab: Chat, server: Server) -> None:
    pick_in_tab(file_tab, "table.csv", TABLE)
    expect(chips(file_tab, "done")).to_have_count(1)
    file_tab.action("send").click()
    received(file_tab)
    expect(file_tab.body).to_contain_text("DataFrame")
    expect(chips(file_tab)).to_have_count(0)
    assert sent_names(server, file_tab) == ["table.csv"]


def test_tab_says_what_it_does_not_take(file_tab: Chat) -> None:
    transfer = carried(file_tab, ("photo.png", "image/png", "x"))
    file_tab.log.dispatch_event("drop", {"dataTransfer": transfer})
    expect(chips(file_tab, "failed")).to_contain_text("This chat does not take files of this kind.")


def test_empty_tab_says_so(file_tab: Chat, console: Console) -> None:
    console.allow("status of 422")
    file_tab.action("send").click()
    expect(file_tab.errors).to_have_text("Choose a file first.")


def test_files_of_a_tab_survive_a_reload(file_tab: Chat, server: Server) -> None:
    pick_in_tab(file_tab, "table.csv", TABLE)
    expect(chips(file_tab, "done")).to_have_count(1)
    file_tab.reload()
    file_tab.page.get_by_role("tab", name="CSV file").click()
    expect(chips(file_tab, "done")).to_have_count(1)
    file_tab.action("send").click()
    received(file_tab)
    assert sent_names(server, file_tab) == ["table.csv"]


# Files as fields of a form


@pytest.fixture
def application(page: Page, server: Server) -> Chat:
    return Chat(page, server).open("application")


def field(chat: Chat, name: str) -> Any:
    return chat.page.locator(f"[data-field={name}]")


def choose(chat: Chat, name: str, *files: tuple[str, str, bytes]) -> None:
    field(chat, name).locator("[data-chat-picker]").set_input_files(
        [FilePayload(name=each, mimeType=kind, buffer=content) for each, kind, content in files]
    )
    expect(field(chat, name).locator(".ci-file[data-state=done]")).to_have_count(len(files))


def test_form_takes_files(application: Chat, console: Console) -> None:
    console.allow("status of 422")
    application.page.get_by_label("Your name").fill("Ann")
    choose(application, "portrait", ("me.png", "image/png", PNG))
    application.action("send").click()
    expect(field(application, "letter").locator("[data-field-errors]")).to_have_text("This field is required.")
    expect(field(application, "letter").locator("[data-action=attach]")).to_be_focused()
    choose(application, "letter", ("letter.txt", "text/plain", b"Dear jury"))
    expect(field(application, "letter").locator("[data-field-errors]")).to_be_empty()
    choose(application, "samples", ("a.txt", "text/plain", b"a"), ("b.txt", "text/plain", b"b"))
    application.action("send").click()
    received(application)
    expect(application.body).to_contain_text("letter.txt has 9 bytes")
    expect(application.body).to_contain_text("1 pixels wide")
    expect(application.body).to_contain_text("2 work samples")
    expect(application.messages.first).to_contain_text("Portrait")
    expect(chips(application)).to_have_count(0)


def test_form_keeps_its_files_over_a_reload(application: Chat) -> None:
    choose(application, "letter", ("letter.txt", "text/plain", b"Dear jury"))
    application.reload()
    choose(application, "samples", ("a.txt", "text/plain", b"a"))
    application.page.get_by_label("Your name").fill("Ann")
    application.action("send").click()
    received(application)
    expect(application.body).to_contain_text("letter.txt has 9 bytes")
    expect(application.body).to_contain_text("1 work samples")


def test_drop_goes_where_it_is_dropped(application: Chat) -> None:
    transfer = carried(application, ("a.txt", "text/plain", "x"))
    field(application, "samples").dispatch_event("drop", {"dataTransfer": transfer})
    expect(field(application, "samples").locator(".ci-file")).to_have_count(1)
    expect(chips(application)).to_have_count(1)


def test_folder_is_sent(page: Page, server: Server, tmp_path: Path) -> None:
    """All that is taken of it, of folders in it too; what is hidden is left alone."""
    (tmp_path / "deep").mkdir()
    for name in ("one.txt", "two.md", "deep/three.txt", ".hidden.txt", "picture.png"):
        (tmp_path / name).write_bytes(PNG if name.endswith("png") else b"some words")
    chat = Chat(page, server).open("folder")
    page.locator("[data-chat-picker]").set_input_files(tmp_path)
    expect(chips(chat, "done")).to_have_count(3)
    expect(page.locator("[data-chat-attach-note]")).to_contain_text("1")
    chat.action("send").click()
    received(chat)
    expect(chat.body).to_have_text("3 texts, 6 words.")


def test_form_with_files_is_accessible(application: Chat) -> None:
    choose(application, "letter", ("letter.txt", "text/plain", b"Dear jury"))
    accessible(application.page)
