from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ChatInterfaceConfig(AppConfig):
    name = "chatinterface"
    verbose_name = _("Chats")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chatinterface import checks, port, receivers  # noqa: F401
        from chatinterface.runs.outside import Site

        port.provide(Site())
        autodiscover_modules("chats")
