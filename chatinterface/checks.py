"""System checks: what a site can forget, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.urls import NoReverseMatch, reverse

from chatinterface import conf
from chatinterface.models import STORAGE_ALIAS, attachment_storage

APPS = ("django.contrib.auth", "django.contrib.sessions", "django.contrib.staticfiles", "django_htmx")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
)
KEYLESS = "django.contrib.sessions.backends.signed_cookies"
IN_MEMORY = "channels.layers.InMemoryChannelLayer"


@register("chatinterface")
def check_site(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """All that chatinterface needs of the site's settings."""
    return [*_settings(), *_apps(), *_middleware(), *_sessions(), *_asgi(), *_channel_layer(), *_media()]


@register("chatinterface")
def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The one include."""
    try:
        reverse("chatinterface:chat", args=["name"])
    except NoReverseMatch:
        hint = 'Add path("chat/", include("chatinterface.urls")) to the urlpatterns.'
        return [Warning("The addresses of the chats are not included.", hint=hint, id="chatinterface.W003")]
    return []


def _settings() -> Iterator[CheckMessage]:
    try:
        conf.get()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="chatinterface.E001")


def _apps() -> Iterator[CheckMessage]:
    for name in APPS:
        if not apps.is_installed(name):
            hint = f'Add "{name}" to INSTALLED_APPS.'
            yield Error(f"chatinterface needs the app {name}.", hint=hint, id="chatinterface.E002")
    if not apps.is_installed("daphne"):
        yield Warning(
            "manage.py runserver speaks no websockets without Daphne.",
            hint='Add "daphne" at the top of INSTALLED_APPS, or serve the site by an ASGI server.',
            id="chatinterface.W001",
        )


def _middleware() -> Iterator[CheckMessage]:
    for name in MIDDLEWARE:
        if name not in settings.MIDDLEWARE:
            hint = f'Add "{name}" to MIDDLEWARE. A subclass of it will do: silence this check then.'
            yield Error(f"chatinterface needs {name.rpartition('.')[2]}.", hint=hint, id="chatinterface.E003")


def _sessions() -> Iterator[CheckMessage]:
    if settings.SESSION_ENGINE == KEYLESS:
        yield Warning(
            "Sessions that are kept in cookies have no key: what anonymous visitors say would belong to nobody.",
            hint="Set another SESSION_ENGINE; or silence this check where all chats have login_required=True.",
            id="chatinterface.W006",
        )


def _asgi() -> Iterator[CheckMessage]:
    if not getattr(settings, "ASGI_APPLICATION", None):
        yield Error(
            "ASGI_APPLICATION is not set: the replies cannot be streamed.",
            hint=(
                'Set ASGI_APPLICATION = "<project>.asgi.application", and in that module '
                "application = chatinterface.asgi.application(get_asgi_application())."
            ),
            id="chatinterface.E004",
        )


def _channel_layer() -> Iterator[CheckMessage]:
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default")
    if not layer:
        yield Error(
            "CHANNEL_LAYERS has no default layer: the replies cannot reach the pages.",
            hint=f'For one process: CHANNEL_LAYERS = {{"default": {{"BACKEND": "{IN_MEMORY}"}}}}.',
            id="chatinterface.E005",
        )
    elif layer.get("BACKEND") == IN_MEMORY and not settings.DEBUG:
        yield Warning(
            "The in-memory channel layer reaches the pages of one server process only.",
            hint=(
                'With several processes use "channels_redis.pubsub.RedisPubSubChannelLayer"; '
                "with one, silence this check."
            ),
            id="chatinterface.W002",
        )


def _media() -> Iterator[CheckMessage]:
    storage = attachment_storage()
    if not isinstance(storage, FileSystemStorage):
        return
    if not settings.MEDIA_ROOT and STORAGE_ALIAS not in settings.STORAGES:
        yield Warning(
            "Uploads have no place of their own: they would be written into the working directory.",
            hint=f'Set MEDIA_ROOT, or STORAGES["{STORAGE_ALIAS}"] for the uploads of chats alone.',
            id="chatinterface.W004",
        )
    elif STORAGE_ALIAS not in settings.STORAGES and settings.MEDIA_URL not in {"", "/"}:
        yield Warning(
            "Uploads are stored below MEDIA_ROOT: whoever serves MEDIA_URL serves them to anybody with the address.",
            hint=(
                f'Set STORAGES["{STORAGE_ALIAS}"] to a storage outside of MEDIA_ROOT: chatinterface serves uploads '
                "itself, to their owner."
            ),
            id="chatinterface.W005",
        )
