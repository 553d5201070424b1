import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

import chatinterface as chat
from chatinterface import registry


def test_register_function() -> None:
    def ask(message: str) -> str:
        return message

    assert chat.register(ask, title="Ask us") is ask
    found = registry.find("ask")
    assert found is not None
    assert (found.function, found.title) == (ask, "Ask us")


def test_register_as_decorator() -> None:
    @chat.register(title="Ask us")
    def ask(message: str) -> str:
        return message

    assert ask("hello") == "hello"
    assert registry.registered()["ask"].title == "Ask us"


def test_register_bare_decorator() -> None:
    @chat.register
    def ask(message: str) -> str:
        return message

    assert registry.registered()["ask"].function is ask


def test_register_subclass() -> None:
    @chat.register(title="Ask us")
    class Ask(chat.ChatInterface):
        def fn(self, message: str) -> str:
            return message

    assert isinstance(Ask, type)
    found = registry.registered()["ask"]
    assert isinstance(found, Ask)
    assert found.title == "Ask us"


def test_register_instance() -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask")
    chat.register(interface)
    assert registry.find("ask") is interface


def test_instance_takes_no_attributes() -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask")
    with pytest.raises(TypeError, match="give them to the ChatInterface itself"):
        chat.register(interface, title="Ask us")


def test_decorated_is_the_callback() -> None:
    with pytest.raises(TypeError, match="got a callback twice"):

        @chat.register(callback=print)
        def ask(message: str) -> str:
            return message


def test_two_of_one_name() -> None:
    chat.register(lambda message: message, name="ask")
    with pytest.raises(ImproperlyConfigured, match=r"Two chats have the name 'ask'.*Give one of them another name"):
        chat.register(lambda message: message, name="ask")


def test_two_tell_where() -> None:
    @chat.register
    def ask(message: str) -> str:
        return message

    class Ask(chat.ChatInterface):
        def fn(self, message: str) -> str:
            return message

    here = rf"{re.escape(__name__)}\.test_two_tell_where\.<locals>"
    with pytest.raises(ImproperlyConfigured, match=rf"'ask': {here}\.ask and {here}\.Ask\. Give one"):
        chat.register(Ask)


def test_same_chat_twice() -> None:
    interface = chat.ChatInterface(lambda message: message, name="ask")
    chat.register(interface)
    chat.register(interface)
    assert list(registry.registered()).count("ask") == 1


def test_unregister() -> None:
    chat.register(lambda message: message, name="ask")
    registry.unregister("ask")
    assert registry.find("ask") is None
    with pytest.raises(KeyError):
        registry.unregister("ask")


def test_registered_in_order() -> None:
    for name in ("zebra", "ant"):
        chat.register(lambda message: message, name=name)
    assert list(registry.registered())[-2:] == ["zebra", "ant"]


def test_registered_is_a_copy() -> None:
    chats: dict[str, Any] = registry.registered()
    chats.clear()
    assert registry.registered()


def test_chats_are_discovered(tmp_path: Path) -> None:
    app = tmp_path / "shop"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "chats.py").write_text("import chatinterface\n@chatinterface.register\ndef ask(message): return message\n")
    site = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "chatinterface", "shop"])
django.setup()
from chatinterface import registry
print(list(registry.registered()))
"""
    path = [str(tmp_path), str(Path(__file__).parent.parent)]
    code = f"import sys; sys.path[:0] = {path!r}\n{site}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "['ask']\n", done.stderr
