"""The websocket's address: ``ws/chatinterface/<uuid>/``."""

from __future__ import annotations

from django.urls import path

from chatinterface import events
from chatinterface.consumers import ChatConsumer

websocket_urlpatterns = [path(events.SOCKET.format("<uuid:uuid>"), ChatConsumer.as_asgi())]
