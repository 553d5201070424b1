from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from chatinterface.content import markdown
from project.instruments import script
from tests.proxy import Proxy
from tests.server import Server

TEXT_OF = "html => new DOMParser().parseFromString(html, 'text/html').body.textContent"
# Pixels of the log below what is in view.
LEFT = "(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.querySelector('[data-chat-log]'))"
AT_END = f"() => {LEFT} < 2"


class Chat:
    """A chat's page, by the hooks that sites may rely on too."""

    def __init__(self, page: Page, server: Server, port: int | None = None) -> None:
        self.page = page
        self.server = server
        self._port = port or server.port

    @classmethod
    def through(cls, proxy: Proxy, page: Page, server: Server) -> "Chat":
        """A page whose connections a test can cut."""
        return cls(page, server, proxy.port)

    def url(self, path: str) -> str:
        """The address of a path, as this page reaches the server."""
        return f"http://127.0.0.1:{self._port}{path}"

    def open(self, name: str) -> "Chat":
        """Open a new conversation, and wait for its socket."""
        self.open_soon(name)
        self.connected()
        return self

    def open_soon(self, name: str) -> "Chat":
        """Open a new conversation, and wait until a message can be sent."""
        self.page.goto(self.url(f"/chat/{name}/"))
        expect(self.action("send")).to_be_enabled()
        return self

    def login(self, username: str) -> "Chat":
        """Log in as a demo user, whose password is its name."""
        self.page.goto(self.url("/accounts/login/"))
        self.page.locator("[name=username]").fill(username)
        self.page.locator("[name=password]").fill(username)
        self.page.locator("[name=password]").press("Enter")
        expect(self.page.locator(".site-user")).to_have_text(username)
        return self

    def connected(self) -> None:
        """Wait until the socket is open."""
        expect(self.root).to_have_attribute("data-connection", "open")

    def posting(self) -> "Chat":
        """Have this page post all of its messages, as where a site's middleware is to be asked."""
        self.root.evaluate("root => root.removeAttribute('data-sends')")
        return self

    def settled(self) -> None:
        """Wait until no reply runs, and the visitor is known."""
        expect(self.root).to_have_attribute("data-state", "idle")
        self.known()

    def send(self, message: str) -> "Chat":
        """Type a message and press Enter."""
        self.input.fill(message)
        self.input.press("Enter")
        return self

    def ask(self, message: str) -> "Chat":
        """Send a message, and wait until its reply in the page is all that the callback says."""
        before = self.replies.count()
        self.send(message)
        expect(self.replies).to_have_count(before + 1)
        self.shows(script.expected(message))
        expect(self.replies.last).to_have_attribute("data-status", "done")
        return self.known()

    def shows(self, text: str) -> None:
        """Wait until the last reply is this Markdown rendered, spaces and line breaks aside."""
        rendered = self.page.evaluate(TEXT_OF, markdown.render(text))
        expect(self.body).to_have_text(rendered)

    def has_status(self, status: str, *, count: int) -> None:
        """Wait until there are so many replies, the last one has this status, and the visitor is known."""
        expect(self.replies).to_have_count(count)
        expect(self.replies.last).to_have_attribute("data-status", status)
        self.known()

    def holds(self, text: str = "word2") -> None:
        """Wait until the last reply is being written and shows this text, and the visitor is known."""
        expect(self.replies.last).to_have_attribute("data-status", "running")
        expect(self.body).to_contain_text(text)
        self.known()

    def at_end(self) -> None:
        """Wait until the log shows its end."""
        self.page.wait_for_function(AT_END)

    def scroll_up(self, pixels: int) -> None:
        """Turn the wheel over the log, once it shows its end, until it has moved so far."""
        self.known()
        self.at_end()
        self.log.hover()
        self.page.mouse.wheel(0, -pixels)
        self.page.wait_for_function(f"pixels => {LEFT} > pixels - 1", arg=pixels)

    def scroll_far_up(self) -> None:
        """Turn the wheel over the log towards its start."""
        self.log.hover()
        self.page.mouse.wheel(0, -100_000)

    def known(self) -> "Chat":
        """Wait for the answer to what was sent first, which the reply may be faster than: it brings the visitor's
        cookie and the conversation's address.
        """
        if self.messages.count():
            expect(self.root.locator("input[name=token]")).to_have_count(0)
        return self

    def withheld(self, answers: list[tuple[Route, APIResponse]]) -> tuple[Route, APIResponse]:
        """The one request whose answer a route of the page withholds, once the server has given it."""
        while not answers:
            self.page.wait_for_timeout(20)
        (only,) = answers
        return only

    def reload(self) -> "Chat":
        """Load the page anew, and wait for its socket."""
        self.known()
        self.page.reload()
        self.connected()
        return self

    def fetch_anew(self) -> None:
        """Have the page fetch its log, as after a connection that was lost."""
        self.root.evaluate(
            """root => new Promise(done => {
              root.addEventListener("chatinterface:refetched", done, { once: true });
              root.dispatchEvent(new CustomEvent("chatinterface:log.changed", { bubbles: true }));
            })"""
        )

    def again(self) -> "Chat":
        """The same conversation in another tab of the same visitor."""
        self.known()
        return Chat(self.page.context.new_page(), self.server, self._port).visit(self.page.url)

    def visit(self, url: str) -> "Chat":
        """Open a conversation's own address, and wait for its socket."""
        self.page.goto(url)
        self.connected()
        return self

    def stand_still(self) -> None:
        """Let what would go away by itself after a moment stay."""
        self.page.evaluate("setTimeout = () => 0")

    def action(self, name: str) -> Locator:
        """A button, by its name."""
        return self.page.locator(f"[data-action={name}]")

    @property
    def root(self) -> Locator:
        return self.page.locator("[data-chat]")

    @property
    def log(self) -> Locator:
        return self.page.locator("[data-chat-log]")

    @property
    def input(self) -> Locator:
        return self.page.locator("[data-chat-input]")

    @property
    def messages(self) -> Locator:
        return self.page.locator("[data-message]")

    @property
    def replies(self) -> Locator:
        return self.page.locator("[data-message][data-role=assistant]")

    @property
    def status(self) -> Locator:
        """The line that tells assistive technology what happens."""
        return self.page.locator("[data-chat-status]")

    @property
    def errors(self) -> Locator:
        """What is said below the field."""
        return self.page.locator("[data-chat-errors]")

    @property
    def body(self) -> Locator:
        """What the last reply says."""
        return self.replies.last.locator("[data-message-body]")

    @property
    def uuid(self) -> str:
        """The conversation's public id."""
        return self.root.get_attribute("data-conversation") or ""
