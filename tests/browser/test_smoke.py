import pytest

from tests.browser.chat import Chat

pytestmark = pytest.mark.smoke


def test_answers(chat: Chat) -> None:
    chat.ask("stream 200 5")
    chat.settled()


def test_reload_shows_the_same(chat: Chat) -> None:
    chat.ask("markdown")
    before = chat.log.inner_text()
    chat.reload()
    assert chat.log.inner_text() == before
