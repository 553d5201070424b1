import re
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import pytest
from channels.routing import ProtocolTypeRouter
from django.apps import apps
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core import checks
from django.core.handlers.asgi import ASGIHandler
from django.db import connection
from django.test import override_settings
from django.utils.module_loading import import_string

import chatinterface as chat
from chatinterface import checks as site_checks
from chatinterface import registry, widgets
from chatinterface.storage import STORAGE_ALIAS

TASKS = "django.tasks.backends" if django.VERSION >= (6, 0) else "django_tasks.backends"
FILES = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
IN_MEMORY = {"default": {"BACKEND": "chatinterface.layers.InMemoryChannelLayer"}}
CHANNELS_OWN = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


class Backend(import_string(f"{TASKS}.dummy.DummyBackend")):  # type: ignore[misc]
    """One that has workers somewhere."""


def found() -> dict[str, str]:
    """The messages of our checks by id, each with its hint behind it."""
    messages = checks.run_checks(tags=["chatinterface"])
    return {str(message.id).partition(".")[2]: f"{message.msg} {message.hint}" for message in messages}


def without(values: list[str], *left_out: str) -> list[str]:
    assert set(left_out) <= set(values)
    return [value for value in values if value not in left_out]


@override_settings(DEBUG=True)
def test_demo_site_is_complete() -> None:
    assert found() == {}


@pytest.mark.parametrize("given", [{"LEASES": 5}, {"lease": 5}])
def test_settings_are_known(given: dict[str, Any]) -> None:
    with override_settings(CHATINTERFACE=given):
        assert "unknown key" in found()["E001"]


def test_forgotten_app_is_found() -> None:
    assert "W009" not in found()
    for name in registry.registered():
        registry.unregister(name)
    assert found()["W009"].startswith("No chat is registered: write one in the chats.py of an app")


@pytest.mark.parametrize("app", ["auth", "sessions", "staticfiles", "django_htmx"])
def test_apps_are_installed(app: str) -> None:
    name = app if app == "django_htmx" else f"django.contrib.{app}"
    installed = [config.name for config in apps.get_app_configs() if config.name != name]
    with override_settings(INSTALLED_APPS=installed):
        assert f'Add "{name}" to INSTALLED_APPS.' in found()["E002"]


def test_daphne_is_advised() -> None:
    installed = [config.name for config in apps.get_app_configs() if config.name != "daphne"]
    with override_settings(INSTALLED_APPS=installed):
        assert 'Add "daphne" at the top' in found()["W001"]


@pytest.mark.parametrize(
    "name",
    [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
    ],
)
def test_middleware_is_there(settings: Any, name: str) -> None:
    settings.MIDDLEWARE = without(settings.MIDDLEWARE, name)
    assert f'Add "{name}" to MIDDLEWARE.' in found()["E003"]
    assert 'SILENCED_SYSTEM_CHECKS = ["chatinterface.E003"]' in found()["E003"]


@override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
def test_sessions_have_keys() -> None:
    assert 'SESSION_ENGINE = "django.contrib.sessions.backends.db"' in found()["E007"]


@override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
def test_users_need_no_session_key() -> None:
    for name in registry.registered():
        registry.unregister(name)
    chat.register(lambda message: message, name="ask", login_required=True)
    assert "E007" not in found()


@override_settings(ASGI_APPLICATION=None)
def test_asgi_is_set() -> None:
    assert "application = chatinterface.asgi.application(django_application)" in found()["E004"]


@pytest.mark.parametrize("path", ["nowhere.application", "project.asgi.nothing", "nowhere"])
def test_asgi_can_be_imported(path: str) -> None:
    with override_settings(ASGI_APPLICATION=path):
        assert f"ASGI_APPLICATION = {path!r} cannot be imported: " in found()["E006"]


def test_asgi_error_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken_asgi.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(ASGI_APPLICATION="broken_asgi.application"):
        assert "ZeroDivisionError: division by zero" in found()["E006"]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[Any], ModuleType]:
    """Make something the site's ASGI application."""

    def serve(application: Any) -> ModuleType:
        module = ModuleType("shop_asgi")
        module.__dict__["application"] = application
        monkeypatch.setitem(sys.modules, "shop_asgi", module)
        settings.ASGI_APPLICATION = "shop_asgi.application"
        return module

    return serve


@pytest.mark.parametrize(
    "application", [ASGIHandler(), ASGIStaticFilesHandler(ASGIHandler()), ProtocolTypeRouter({"http": ASGIHandler()})]
)
def test_asgi_serves_websockets(served: Callable[[Any], ModuleType], application: Any) -> None:
    served(application)
    assert "serves no websockets" in found()["W006"]
    assert "In shop_asgi write: django_application = get_asgi_application()" in found()["W006"]


@pytest.mark.parametrize("application", [ProtocolTypeRouter({"websocket": None}), object()])
def test_other_asgi_is_left_alone(served: Callable[[Any], ModuleType], application: Any) -> None:
    served(application)
    assert found().keys().isdisjoint({"E006", "W006"})


def test_asgi_while_it_is_imported(served: Callable[[Any], ModuleType]) -> None:
    """A site may run commands, and with them the checks, in its asgi.py."""
    module = served(None)
    del module.__dict__["application"]
    module.__spec__ = ModuleSpec("shop_asgi", None)
    module.__spec__._initializing = True  # type: ignore[attr-defined]
    assert found().keys().isdisjoint({"E006", "W006"})


@pytest.mark.parametrize("layers", [{}, {"other": IN_MEMORY["default"]}])
def test_channel_layer_is_set(layers: dict[str, Any]) -> None:
    with override_settings(CHANNEL_LAYERS=layers):
        assert "CHANNEL_LAYERS = {" in found()["E005"]


@pytest.mark.parametrize("layers", [IN_MEMORY, CHANNELS_OWN])
def test_memory_layer_in_production(layers: dict[str, Any]) -> None:
    with override_settings(DEBUG=False, CHANNEL_LAYERS=layers):
        assert "RedisPubSubChannelLayer" in found()["W002"]
        assert 'SILENCED_SYSTEM_CHECKS = ["chatinterface.W002"]' in found()["W002"]


@override_settings(DEBUG=True, CHANNEL_LAYERS=IN_MEMORY)
def test_memory_layer_while_developing() -> None:
    assert "W002" not in found()


@pytest.mark.parametrize("layers", [IN_MEMORY, CHANNELS_OWN])
def test_workers_reach_the_pages(settings: Any, layers: Any) -> None:
    settings.CHANNEL_LAYERS = layers
    assert "E008" not in found()
    chat.register(lambda message: message, name="ask", executor="tasks")
    assert "The chat 'ask' has executor='tasks', and the channel layer is in memory" in found()["E008"]
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"}}
    assert "E008" not in found()


def test_hint_names_the_queue(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "tests.test_checks.Backend"}}
    chat.register(lambda message: message, name="ask", executor="tasks", task_queue="gpu", task_backend="chats")
    assert "TASKS = {'chats': {" in found()["E009"]
    assert "'QUEUES': ['default', 'gpu']" in found()["E009"]
    assert '"manage.py db_worker --queue-name gpu"' in found()["E009"]


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        (
            {"default": {"BACKEND": f"{TASKS}.immediate.ImmediateBackend"}},
            "is ImmediateBackend: the request that sends",
        ),
        ({"default": {"BACKEND": f"{TASKS}.dummy.DummyBackend"}}, "is DummyBackend: nobody would ever answer."),
        ({"default": {"BACKEND": "shop.Backend"}}, "its tasks cannot be enqueued: "),
        (
            {"default": {"BACKEND": f"{TASKS}.dummy.DummyBackend", "QUEUES": ["other"]}},
            "its tasks cannot be enqueued: ",
        ),
        ({"default": {"BACKEND": "tests.test_checks.Backend"}}, ""),
    ],
)
def test_workers_have_a_backend(settings: Any, tasks: Any, reason: str) -> None:
    settings.TASKS = tasks
    assert "E009" not in found()
    chat.register(lambda message: message, name="ask", executor="tasks")
    if reason:
        assert f"'ask' has executor='tasks', and {reason}" in found()["E009"].replace("TASKS['default'] ", "")
        assert "manage.py db_worker" in found()["E009"]
    else:
        assert "E009" not in found()


@override_settings(ROOT_URLCONF="django.contrib.auth.urls")
def test_urls_are_included() -> None:
    assert 'include("chatinterface.urls")' in found()["W003"]
    assert "from django.urls import include, path" in found()["W003"]


@pytest.mark.parametrize("location", [{}, {"location": "/srv/media/uploads"}])
def test_uploads_are_not_public(location: dict[str, str]) -> None:
    uploads = {"BACKEND": FILES["BACKEND"], "OPTIONS": location}
    with override_settings(
        STORAGES={"default": FILES, STORAGE_ALIAS: uploads}, MEDIA_ROOT="/srv/media", MEDIA_URL="/media/"
    ):
        said = found()["W004"]
    assert f'STORAGES["{STORAGE_ALIAS}"] = {{' in said
    assert '"OPTIONS": {"location": ' in said


@pytest.mark.parametrize(
    ("location", "media_root", "media_url"),
    [("/srv/media-uploads", "/srv/media", "/media/"), ("/srv/media/x", "/srv/media", ""), ("/srv/x", "", "/media/")],
)
def test_uploads_apart_suffice(location: str, media_root: str, media_url: str) -> None:
    uploads = {"BACKEND": FILES["BACKEND"], "OPTIONS": {"location": location}}
    with override_settings(
        STORAGES={"default": FILES, STORAGE_ALIAS: uploads}, MEDIA_ROOT=media_root, MEDIA_URL=media_url
    ):
        assert "W004" not in found()


@pytest.mark.parametrize("attributes", [{}, {"multimodal": True}, {"widgets": [widgets.FileInput(name="File")]}])
@override_settings(STORAGES={"default": FILES}, MEDIA_ROOT="/srv/media", MEDIA_URL="/media/")
def test_files_without_a_storage_of_their_own(monkeypatch: pytest.MonkeyPatch, attributes: dict[str, Any]) -> None:
    """They lie where everything does; no word to sites whose chats take none."""
    monkeypatch.setattr(registry, "_chats", {})
    chat.register(lambda message: "", name="ask", **attributes)
    assert ("W004" in found()) is bool(attributes)


@pytest.mark.parametrize(
    ("mode", "silent"), [(None, False), ("DEFERRED", False), ("immediate", True), ("EXCLUSIVE", True)]
)
def test_sqlite_writers_queue(monkeypatch: pytest.MonkeyPatch, mode: str | None, *, silent: bool) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"transaction_mode": mode} if mode else {})
    assert ("W005" not in found()) is silent
    if not silent:
        assert '"transaction_mode": "IMMEDIATE"' in found()["W005"]


def test_other_databases_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.postgresql")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert "W005" not in found()


@pytest.mark.parametrize("attributes", [{"login_required": True}, {"permission_required": "auth.add_user"}])
@pytest.mark.parametrize("address", ["/nowhere/", "nowhere"])
def test_login_has_a_page(attributes: dict[str, Any], address: str) -> None:
    for name in ("members_only", "staff_room"):
        registry.unregister(name)
    with override_settings(LOGIN_URL=address):
        assert "W007" not in found()
        chat.register(lambda message: message, name="ask", **attributes)
        assert address in found()["W007"]
        assert "'ask'" in found()["W007"]


@pytest.mark.parametrize(
    "address",
    ["login", "/accounts/login/", "/accounts/login", "/accounts/login/?from=chat", "https://sso.example.com/"],
)
def test_login_page_is_found(address: str) -> None:
    chat.register(lambda message: message, name="ask", login_required=True)
    with override_settings(LOGIN_URL=address):
        assert "W007" not in found()


@pytest.mark.parametrize(("backend", "silent"), [("locmem.LocMemCache", False), ("redis.RedisCache", True)])
def test_rate_is_counted_by_all(backend: str, silent: bool) -> None:  # noqa: FBT001
    registry.unregister("oracle")
    with override_settings(CACHES={"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}):
        assert "W008" not in found()
        chat.register(lambda message: message, name="ask", rate_limit="5/m")
        assert ("W008" not in found()) is silent
        if not silent:
            assert "'ask'" in found()["W008"]


def test_every_check_is_documented() -> None:
    source = Path(str(site_checks.__file__)).read_text(encoding="utf-8")
    documented = (Path(__file__).parent.parent / "docs" / "checks.md").read_text(encoding="utf-8")
    ids = set(re.findall(r"chatinterface\.([EW]\d{3})", source))
    assert ids == set(re.findall(r"`chatinterface\.([EW]\d{3})` \|", documented))
    tested = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{number}"' in tested for number in ids)
