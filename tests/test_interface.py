import functools
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from chatinterface import ChatInterface
from chatinterface.declarations.access import Access


def answer(message: str) -> str:
    return message


def called(interface: ChatInterface, *arguments: Any) -> Any:
    return interface.function(*arguments)


def test_name_from_function() -> None:
    def weather_report(message: str) -> str:
        return message

    assert ChatInterface(weather_report).name == "weather_report"


def test_name_from_subclass() -> None:
    class WeatherReport2(ChatInterface):
        fn = answer

    assert WeatherReport2().name == "weather-report2"


def test_title_from_name() -> None:
    assert ChatInterface(answer, name="weather_report-today").title == "Weather report today"


def test_given_names_stay() -> None:
    chat = ChatInterface(answer, name="Ask-2", title="Ask us")
    assert (chat.name, chat.title) == ("Ask-2", "Ask us")


def test_subclass_overrides_defaults() -> None:
    class Bot(ChatInterface):
        fn = answer
        callback_user = "Polly"

    assert Bot().callback_user == "Polly"


def test_keyword_overrides_subclass() -> None:
    class Bot(ChatInterface):
        fn = answer
        callback_user = "Polly"

    assert Bot(callback_user="Molly").callback_user == "Molly"


def test_subclass_declares_attributes() -> None:
    class Bot(ChatInterface):
        fn = answer
        temperature: float = 0.5

    assert Bot(temperature=0.7).temperature == 0.7


def test_unknown_attribute_names_closest() -> None:
    with pytest.raises(TypeError, match=r"has no attribute 'placeholdr'\. Did you mean 'placeholder'"):
        ChatInterface(answer, placeholdr="Ask")


def test_unlike_attribute_lists_all() -> None:
    with pytest.raises(TypeError, match=r"has no attribute 'zzz'\. It has: .*, avatar, .*, callback, .*, yields"):
        ChatInterface(answer, zzz=1)


def test_misspelt_class_attribute() -> None:
    with pytest.raises(TypeError, match=r"Bot has an attribute 'callback_usr'\. Did you mean 'callback_user'"):

        class Bot(ChatInterface):
            callback_usr = "Polly"


@pytest.mark.parametrize("typo", ["titel", "tittle", "titl", "titke", "nmae", "avatra", "placehoder_treshold"])
def test_typos_are_found(typo: str) -> None:
    with pytest.raises(TypeError, match=rf"Bot has an attribute '{typo}'\. Did you mean "):
        type("Bot", (ChatInterface,), {typo: "x"})


@pytest.mark.parametrize("typo", ["has_permision", "has_permissions", "callbak", "callback_excepton"])
def test_misspelt_methods(typo: str) -> None:
    with pytest.raises(TypeError, match=rf"Bot has an attribute '{typo}'\. Did you mean "):
        type("Bot", (ChatInterface,), {typo: lambda self: None})


@pytest.mark.parametrize(
    "name",
    [
        "prompt",
        "users",
        "titles",
        "_title",
        "fields",
        "mean",
        "used",
        "game",
        "subtitle",
        "callback_url",
        "permissions",
    ],
)
def test_own_class_attributes(name: str) -> None:
    bot = type("Bot", (ChatInterface,), {"fn": answer, name: "Be kind."})
    assert getattr(bot(), name) == "Be kind."


def test_own_methods_and_classes() -> None:
    class Bot(ChatInterface):
        fn = answer

        class Title:
            pass

        @property
        def titled(self) -> str:
            return f"{self.title}!"

        def titles(self) -> list[str]:
            return [self.titled]

        def entitle(self) -> str:
            return self.titled

    assert Bot().titles() == [Bot().entitle()] == ["Bot!"]


def test_declared_is_immutable() -> None:
    chat = ChatInterface(answer)
    with pytest.raises(AttributeError, match=r"shared by all conversations: give 'title' to its constructor"):
        chat.title = "Other"


def test_needs_a_callback() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^<ChatInterface 'ask'>: .* Give it fn=… or callback=…\.$"):
        ChatInterface(name="ask")


def test_subclass_needs_a_callback() -> None:
    class Bot(ChatInterface):
        pass

    with pytest.raises(ImproperlyConfigured, match=r"<tests\.\S+Bot>: .* Write def fn\(self, message, history\)\.$"):
        Bot()


def test_refuses_two_callbacks() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"has both fn .* and callback .* Remove one of them\.$"):
        ChatInterface(answer, callback=answer)


def test_refuses_a_callback_twice() -> None:
    with pytest.raises(TypeError, match=r"got fn twice: remove one of them\.$"):
        ChatInterface(answer, fn=answer)


def test_refuses_what_is_not_callable() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"str is not callable. Give a function"):
        ChatInterface(fn="hello", name="ask")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("on_like", "session, event"),
        ("on_flag", "session, event"),
        ("on_example_select", "session, event"),
        ("on_option_select", "session, event"),
        ("on_copy", "session, event"),
        ("on_select", "session, event"),
        ("on_retry", "session, event"),
        ("on_undo", "session, event"),
        ("on_clear", "session, event"),
        ("on_edit", "session, event"),
        ("post_hook", "message, instance"),
        ("edit_callback", "contents, index, instance"),
    ],
)
@pytest.mark.parametrize("hook", [lambda alone: None, lambda a, b, c, d: None, "tell"])
def test_refuses_hooks_that_could_not_be_called(name: str, arguments: str, hook: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"{name}.* (of|with) \({arguments}\)\."):
        ChatInterface(answer, flagging_mode="manual", **{name: hook})


@pytest.mark.parametrize("name", ["ask me", "ask/me", "größe", "a" * 101, "ask\n"])
def test_name_fits_address(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"cannot stand in an address. Give name="):
        ChatInterface(answer, name=name)


def test_lambda_needs_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"name='<lambda>' cannot stand in an address"):
        ChatInterface(lambda message: message)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("yields", "words"),
        ("callback_exception", "quiet"),
        ("callback_exception", None),
        ("placeholder_threshold", -1),
        ("placeholder_threshold", "soon"),
        ("placeholder_threshold", True),
    ],
)
def test_wrong_value_says_choices(attribute: str, value: object) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"answer'>: {attribute}={value!r} must be "):
        ChatInterface(answer, **{attribute: value})


def test_zero_threshold_allowed() -> None:
    assert ChatInterface(answer, placeholder_threshold=0).placeholder_threshold == 0


def test_method_keeps_instance() -> None:
    class Bot(ChatInterface):
        greeting = "Hello"

        def fn(self, message: str) -> str:
            return f"{self.greeting} {message}"

    assert called(Bot(), "you") == "Hello you"


def test_decorated_method_keeps_instance() -> None:
    def shouting(method: Any) -> Any:
        @functools.wraps(method)
        def wrapped(self: Any, message: str) -> str:
            return str(method(self, message)).upper()

        return wrapped

    class Bot(ChatInterface):
        greeting = "Hello"

        @shouting
        def callback(self, contents: str) -> str:
            return f"{self.greeting} {contents}"

    assert called(Bot(), "you") == "HELLO YOU"


def test_inherited_method_keeps_instance() -> None:
    class Base(ChatInterface):
        greeting = "Hello"

        def fn(self, message: str) -> str:
            return f"{self.greeting} {message}"

    class Bot(Base):
        greeting = "Hi"

    assert called(Bot(), "you") == "Hi you"


def test_borrowed_function_is_no_method() -> None:
    class Bot(ChatInterface):
        fn = answer

    assert called(Bot(), "you") == "you"


def test_borrowed_lambda_is_no_method() -> None:
    class Bot(ChatInterface):
        fn = lambda message: message * 2  # noqa: E731

    assert called(Bot(), "you") == "youyou"


def test_lambda_with_self_is_method() -> None:
    class Bot(ChatInterface):
        greeting = "Hello"
        fn = lambda self, message: f"{self.greeting} {message}"  # noqa: E731

    assert called(Bot(), "you") == "Hello you"


def test_staticmethod_as_callback() -> None:
    class Bot(ChatInterface):
        @staticmethod
        def fn(message: str) -> str:
            return message

    assert called(Bot(), "you") == "you"


def test_anyone_by_default(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    assert ChatInterface(answer).access(request) is Access.ALLOWED


def test_login_required(rf: RequestFactory) -> None:
    chat = ChatInterface(answer, login_required=True)
    request = rf.get("/")
    request.user = AnonymousUser()
    assert chat.access(request) is Access.LOGIN
    request.user = User(username="ann")
    assert chat.access(request) is Access.ALLOWED


@pytest.mark.django_db
@pytest.mark.parametrize("needed", ["auth.add_user", ("auth.add_user",), ["auth.add_user", "auth.view_user"]])
def test_permission_required(rf: RequestFactory, needed: Any) -> None:
    chat = ChatInterface(answer, permission_required=needed)
    request = rf.get("/")
    request.user = AnonymousUser()
    assert chat.access(request) is Access.LOGIN
    request.user = User.objects.create(username="ann")
    assert chat.access(request) is Access.DENIED
    request.user = User.objects.create(username="root", is_superuser=True)
    assert chat.access(request) is Access.ALLOWED


@pytest.mark.parametrize(
    "needed", ["", "nope", ".nope", "app.", ["auth.add_user", "nope"], [1], {"auth.add_user"}, None]
)
def test_permissions_have_names(needed: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"permission_required=.* Write 'app_label\.codename'"):
        ChatInterface(answer, permission_required=needed)


@pytest.mark.parametrize("generates", [False, True])
def test_async_permission_rule(*, generates: bool) -> None:
    async def rule(self: Any, request: Any) -> Any:
        return False

    async def generator(self: Any, request: Any) -> Any:
        yield False

    bot = type("Bot", (ChatInterface,), {"fn": answer, "has_permission": generator if generates else rule})
    with pytest.raises(ImproperlyConfigured, match=r"has_permission\(\) must be plain: write def, not async def\.$"):
        bot()


@pytest.mark.parametrize("name", ["has_permission", "login_required", "fn"])
def test_mixins_stand_in_front(name: str) -> None:
    mixin = type("Mixin", (), {name: answer})
    with pytest.raises(TypeError, match=rf"'{name}' of Mixin.* Write class Bot\(Mixin, ChatInterface\)\.$"):
        type("Bot", (ChatInterface, mixin), {})
    assert getattr(type("Bot", (mixin, ChatInterface), {}), name) is answer


@pytest.mark.parametrize("given", [object(), "yes", 1, None])
def test_permission_rule_says_bool(rf: RequestFactory, given: Any) -> None:
    class Bot(ChatInterface):
        fn = answer

        def has_permission(self, request: Any) -> bool:
            return given  # type: ignore[no-any-return]

    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(
        TypeError, match=r"has_permission\(\) returned \w+, and not bool: let it return True or False\.$"
    ):
        Bot().access(request)


def test_user_without_permissions(rf: RequestFactory) -> None:
    """A user model need not have permissions where a chat asks for none."""
    request = rf.get("/")
    request.user = SimpleNamespace(is_authenticated=True)  # type: ignore[assignment]
    assert ChatInterface(answer).access(request) is Access.ALLOWED


def test_own_permission_rule(rf: RequestFactory) -> None:
    class Bot(ChatInterface):
        fn = answer

        def has_permission(self, request: Any) -> bool:
            return "key" in request.GET

    for address, access in (("/", Access.LOGIN), ("/?key=1", Access.ALLOWED)):
        request = rf.get(address)
        request.user = AnonymousUser()
        assert Bot().access(request) is access


@pytest.mark.parametrize("name", ["multimodal", "login_required", "save_history", "rtl"])
def test_neither_yes_nor_no(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name}='yes' must be True or False"):
        ChatInterface(answer, **{name: "yes"})
