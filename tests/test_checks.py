from typing import Any

import pytest
from django.apps import apps
from django.core import checks
from django.test import override_settings

from chatinterface.models import STORAGE_ALIAS

FILES = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


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


@override_settings(SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies")
def test_sessions_have_keys() -> None:
    assert "Set another SESSION_ENGINE" in found()["W006"]


@override_settings(ASGI_APPLICATION=None)
def test_asgi_is_set() -> None:
    assert "chatinterface.asgi.application(get_asgi_application())" in found()["E004"]


@pytest.mark.parametrize("layers", [{}, {"other": IN_MEMORY["default"]}])
def test_channel_layer_is_set(layers: dict[str, Any]) -> None:
    with override_settings(CHANNEL_LAYERS=layers):
        assert "CHANNEL_LAYERS = {" in found()["E005"]


@override_settings(DEBUG=False, CHANNEL_LAYERS=IN_MEMORY)
def test_memory_layer_in_production() -> None:
    assert "RedisPubSubChannelLayer" in found()["W002"]


@override_settings(DEBUG=True, CHANNEL_LAYERS=IN_MEMORY)
def test_memory_layer_while_developing() -> None:
    assert "W002" not in found()


@override_settings(ROOT_URLCONF="django.contrib.auth.urls")
def test_urls_are_included() -> None:
    assert 'include("chatinterface.urls")' in found()["W003"]


@override_settings(STORAGES={"default": FILES}, MEDIA_ROOT="")
def test_uploads_have_a_place() -> None:
    assert f'STORAGES["{STORAGE_ALIAS}"]' in found()["W004"]


@override_settings(STORAGES={"default": FILES}, MEDIA_ROOT="/srv/media", MEDIA_URL="/media/")
def test_uploads_are_not_public() -> None:
    assert "outside of MEDIA_ROOT" in found()["W005"]


@override_settings(STORAGES={"default": FILES}, MEDIA_ROOT="/srv/media", MEDIA_URL="")
def test_unserved_media_suffices() -> None:
    assert found().keys().isdisjoint({"W004", "W005"})


@override_settings(STORAGES={"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}, MEDIA_ROOT="")
def test_other_storage_suffices() -> None:
    assert found().keys().isdisjoint({"W004", "W005"})
