"""What a page shows of a site of several processes when a part of it goes away: no reload, nothing lost or doubled."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from project.instruments import script
from tests.browser.chat import Chat
from tests.browser.conftest import CUT, Console
from tests.cluster.site import Balanced, Cluster

pytestmark = pytest.mark.cluster

OFFLINE = "No connection. Trying again…"
KEPT = "Not sent yet."


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two processes, for all tests of this file."""
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as running:
        yield running


@pytest.fixture
def far(page: Page, cluster: Cluster, site: Balanced, console: Console) -> Chat:
    """The chat `script` of that site, after an exchange, which a load of the page would take for older."""
    console.allow(CUT)
    console.allow(r"(status of|Status Error Code) 50\d")
    chat = Chat(page, cluster.servers[0], site.port).open("script").ask("stream 1")
    chat.page.evaluate("window.notReloaded = true")
    return chat


def recovered(chat: Chat, *messages: str) -> None:
    """The page that has not been loaded anew shows these messages, each with its reply, once."""
    chat.connected()
    expect(chat.messages).to_have_count(2 * len(messages))
    for number, message in enumerate(messages):
        expect(chat.messages.nth(2 * number)).to_contain_text(message)
        expect(chat.messages.nth(2 * number + 1)).to_have_attribute("data-status", "done")
        expect(chat.messages.nth(2 * number + 1)).to_contain_text(script.expected(message).strip())
    expect(chat.page.locator("[data-chat-connection]")).to_be_empty()
    expect(chat.input).to_have_value("")
    assert chat.page.evaluate("window.notReloaded")


def test_redis_goes_and_comes(far: Chat, cluster: Cluster) -> None:
    """What is sent meanwhile is answered meanwhile."""
    cluster.redis.kill9()
    expect(far.page.locator("[data-chat-connection]")).to_have_text(OFFLINE)
    far.send("stream 3")
    far.has_status("done", count=2)
    expect(far.root).to_have_attribute("data-connection", "closed")
    cluster.redis.start()
    recovered(far, "stream 1", "stream 3")


def test_postgres_goes_and_comes(far: Chat, cluster: Cluster) -> None:
    """What is sent meanwhile is kept, and goes out by itself."""
    cluster.postgres.stop()
    far.send("stream 3")
    expect(far.log.get_by_text(KEPT)).to_be_visible()
    cluster.postgres.start()
    recovered(far, "stream 1", "stream 3")


def test_process_is_killed(far: Chat, cluster: Cluster, site: Balanced) -> None:
    """What it was writing is said to be interrupted, at the process whose socket the page has then."""
    far.posting().send("stream 100000 20")
    far.holds("word9")
    site.served_by("/send/")[-1].kill9()
    far.has_status("interrupted", count=2)
    far.connected()
    far.ask("stream 3")
    assert far.page.evaluate("window.notReloaded")
