"""What open pages are told: the frames of the wire, and the groups of the channel layer that carry them.

A frame is encoded once, however many tabs read it; beside its JSON the layer carries what a consumer needs to decide
whether it may be forwarded, so that no consumer decodes it again. A channel layer delivers at most once and may drop:
nothing here is relied on to arrive. The frames down:

=====================  =======================================================================================
``message.added``      ``revision``, ``html`` (articles), ``removed`` (ids)
``message.patch``      ``message``, ``seq``, ``keep``, ``tail``, ``commit``, ``reset``: see content.incremental
``message.settled``    ``revision``, ``message``, ``status``, ``footer``; and ``seq``, the number of the last patch,
                       where what was streamed is what was said, else the whole ``body``, or ``fetch``, its address
``log.changed``        ``revision``: fetch the log anew
``error``              ``code``, ``detail``: the socket closes with this code
=====================  =======================================================================================
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

logger = logging.getLogger("chatinterface.events")

MESSAGE_ADDED = "message.added"
MESSAGE_PATCH = "message.patch"
MESSAGE_SETTLED = "message.settled"
LOG_CHANGED = "log.changed"
ERROR = "error"
ACK = "ack"

# Where the websocket of a conversation is.
SOCKET = "ws/chatinterface/{}/"

# HTML of more characters than this is not broadcast but fetched by those who need it.
INLINE_LIMIT = 64 * 1024

# Messages of the layer, by the consumer's method that takes them.
FRAME = "chat.frame"
LOGOUT = "chat.logout"
STOP = "stop"
SNAPSHOT = "snapshot"

Frame = dict[str, Any]


def conversation_group(uuid: UUID) -> str:
    """The group of a conversation's open pages."""
    return f"ci.c.{_hashed(uuid.hex)}"


def session_group(session_key: str) -> str:
    """The group of a session's open pages."""
    return f"ci.s.{_hashed(session_key)}"


def reply_group(message: int) -> str:
    """The group in which the worker that writes a reply is spoken to."""
    return f"ci.r.{message}"


@lru_cache(maxsize=1024)
def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def encode(frame: Frame) -> str:
    """A frame as it goes over the wire."""
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False)


def envelope(frame: Frame) -> dict[str, Any]:
    """A frame as it goes through the channel layer."""
    return {
        "type": FRAME,
        "frame": encode(frame),
        "kind": frame["type"],
        "message": frame.get("message"),
        "seq": frame.get("seq"),
        "reset": frame.get("reset", False),
        "revision": frame.get("revision"),
        "size": len(frame.get("tail", "")),
    }


async def publish(uuid: UUID, frame: Frame) -> None:
    """Tell all open pages of a conversation. A failing layer is logged: the database has it, and pages catch up."""
    await _quietly(get_channel_layer().group_send, conversation_group(uuid), envelope(frame))


async def answer(channel: str, frame: Frame) -> None:
    """Tell one open page."""
    await _quietly(get_channel_layer().send, channel, envelope(frame))


async def log_out(session_key: str) -> None:
    """Tell all open pages of a session that it ended."""
    await _quietly(get_channel_layer().group_send, session_group(session_key), {"type": LOGOUT})


async def stop_reply(message: int) -> None:
    """Ask the worker that writes a reply to stop."""
    await _quietly(get_channel_layer().group_send, reply_group(message), {"type": STOP, "message": message})


async def ask_snapshot(message: int, channel: str) -> None:
    """Ask the worker that writes a reply to send the page at ``channel`` all that was said so far."""
    request = {"type": SNAPSHOT, "message": message, "channel": channel}
    await _quietly(get_channel_layer().group_send, reply_group(message), request)


async def join(group: str, channel: str) -> None:
    """Let a channel get what is sent to a group."""
    await _quietly(get_channel_layer().group_add, group, channel)


async def leave(group: str, channel: str) -> None:
    """See join()."""
    await _quietly(get_channel_layer().group_discard, group, channel)


async def new_channel() -> str:
    """The name of a new channel of this process."""
    name: str = await get_channel_layer().new_channel()
    return name


async def receive(channel: str) -> dict[str, Any]:
    """The next message on a channel of this process."""
    message: dict[str, Any] = await get_channel_layer().receive(channel)
    return message


async def _quietly(call: Callable[..., Awaitable[Any]], *args: Any) -> None:
    try:
        await call(*args)
    except Exception as error:
        logger.warning("The channel layer failed: %s: %s", type(error).__name__, error)
