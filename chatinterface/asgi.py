"""The one line of a site's ``asgi.py``."""

from __future__ import annotations

import threading
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter


def application(django_application: Any) -> ProtocolTypeRouter:
    """The site's ASGI application with the chats' websockets beside it::

        application = chatinterface.asgi.application(get_asgi_application())

    Call it after ``get_asgi_application()``, as above. A site that has websockets of its own adds
    ``chatinterface.routing.websocket_urlpatterns`` to its own router instead.
    """
    # The consumer needs the models, which are ready only now.
    from chatinterface.handler import ChatsInOneThread, is_plain
    from chatinterface.lifespan import lifespan
    from chatinterface.routing import websocket_urlpatterns
    from chatinterface.warm import warm

    threading.Thread(target=warm, name="chatinterface-warm", daemon=True).start()
    http = ChatsInOneThread(django_application) if is_plain(django_application) else django_application
    return ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns), "lifespan": lifespan})
