from playwright.sync_api import Locator, Page, expect

from chatinterface.content import markdown
from project.instruments import script
from tests.proxy import Proxy
from tests.server import Server

TEXT_OF = "html => new DOMParser().parseFromString(html, 'text/html').body.textContent"


class Chat:
    """A chat's page, by the hooks that sites may rely on too."""

    def __init__(self, page: Page, server: Server, port: int | None = None) -> None:
        self.page = page
        self.server = server
        self._origin = f"http://127.0.0.1:{port or server.port}"

    @classmethod
    def through(cls, proxy: Proxy, page: Page, server: Server) -> "Chat":
        """A page whose connections a test can cut."""
        return cls(page, server, proxy.port)

    def open(self, name: str) -> "Chat":
        """Open a new conversation, and wait for its socket."""
        self.page.goto(f"{self._origin}/chat/{name}/")
        self.connected()
        return self

    def login(self, username: str) -> "Chat":
        """Log in as a demo user, whose password is its name."""
        self.page.goto(f"{self._origin}/accounts/login/")
        self.page.locator("[name=username]").fill(username)
        self.page.locator("[name=password]").fill(username)
        self.page.locator("[name=password]").press("Enter")
        expect(self.page.locator(".site-user")).to_have_text(username)
        return self

    def connected(self) -> None:
        """Wait until the socket is open."""
        expect(self.root).to_have_attribute("data-connection", "open")

    def settled(self) -> None:
        """Wait until no reply runs."""
        expect(self.root).to_have_attribute("data-state", "idle", timeout=30_000)

    def send(self, message: str) -> "Chat":
        """Type a message and press Enter."""
        self.input.fill(message)
        self.input.press("Enter")
        return self

    def ask(self, message: str) -> "Chat":
        """Send a message, and wait until its reply in the page is all that the callback says."""
        self.send(message)
        self.shows(script.expected(message))
        expect(self.replies.last).to_have_attribute("data-status", "done")
        return self

    def shows(self, text: str) -> None:
        """Wait until the last reply is this Markdown rendered, spaces and line breaks aside."""
        rendered = self.page.evaluate(TEXT_OF, markdown.render(text))
        expect(self.replies.last.locator("[data-message-body]")).to_have_text(rendered, timeout=30_000)

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
    def uuid(self) -> str:
        """The conversation's public id."""
        return self.root.get_attribute("data-conversation") or ""
