"""The websocket's address: ``ws/chatinterface/<uuid>/``."""

from __future__ import annotations

from django.urls import path

from chatinterface.consumers import ChatConsumer

websocket_urlpatterns = [path("ws/chatinterface/<uuid:uuid>/", ChatConsumer.as_asgi())]
