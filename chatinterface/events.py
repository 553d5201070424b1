"""What open pages are told: the frames of the wire, and the groups of the channel layer that carry them.

A frame is encoded once, however many tabs read it; beside its JSON the layer carries what a consumer needs to decide
whether it may be forwarded, so that no consumer decodes it again. A channel layer delivers at most once and may drop:
nothing here is relied on to arrive. The frames down:

=====================  =======================================================================================
``message.added``      ``revision``, ``html`` (articles), ``removed`` (ids); ``message``, the last of them, where it is
                       going to be written
``message.patch``      ``message``, ``seq``, ``keep``, ``tail``, ``commit``, ``reset``: see content.incremental; and
                       ``changes`` of parts by their ids, in order: ``part`` with a patch of what is in it, with the
                       ``html`` that takes its place, or with its new ``shell`` around what is in it (content.live)
``message.settled``    ``revision``, ``message``, ``status``, ``footer``; and ``seq``, the number of the last patch,
                       where what was streamed is what was said, else the whole ``body``, or ``fetch``, its address
``message.changed``    ``revision``, ``message``, ``footer``: what stands below a complete message is another
``output.changed``     ``name``, ``html`` or ``fetch``: what stands beside the chat under this name
``notice``             ``text``, ``level``: shown for some seconds, and kept nowhere
``log.changed``        ``revision``: fetch the log anew
``run.state``          ``message``, ``status`` (``queued`` or ``running``), ``place`` in line (1 is the next one; 0
                       where it is not known), ``text``: what is said of that while the reply says nothing
``history.changed``    ``conversation``: its row in the visitor's list, or all of it where None; ``gone``, if so
``form.changed``       ``revision``, ``active`` (the name of an input), ``shown`` (the names of those with a tab)
``sent``               ``key``, ``revision``, ``url``: the message of this key is taken, the log is to be at this
                       revision, and the conversation has this address
``unsent``             ``key``: the message of this key is not taken, and may be posted
``error``              ``code``, ``detail``: the socket closes with this code
=====================  =======================================================================================

And up, as by_socket says:

=====================  =======================================================================================
``ack``                ``bytes``, the size of all patches applied; or ``message`` and ``seq``, to ask for all of a reply
``send``               ``key``, ``text``: a message
=====================  =======================================================================================
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels import layers as channels_layers
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from chatinterface import layers, metrics

logger = logging.getLogger("chatinterface.layer")

# Seconds that the channel layer has for an answer, and that it is left alone for after it failed: whoever has something
# to say to it would else wait for it, one after the other.
ANSWER = 3.0
RESPITE = 1.0

# When each layer failed last.
_failed: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

MESSAGE_ADDED = "message.added"
MESSAGE_PATCH = "message.patch"
MESSAGE_SETTLED = "message.settled"
MESSAGE_CHANGED = "message.changed"
LOG_CHANGED = "log.changed"
FORM_CHANGED = "form.changed"
NOTICE = "notice"
OUTPUT = "output.changed"
RUN_STATE = "run.state"
HISTORY_CHANGED = "history.changed"
ERROR = "error"
ACK = "ack"
SEND = "send"
SENT = "sent"
UNSENT = "unsent"

# Frames that have nothing to do with the log: whatever a page has seen of it, they are for it.
ASIDE = frozenset({NOTICE, OUTPUT, RUN_STATE, HISTORY_CHANGED})

# Where the websocket of a conversation is.
SOCKET = "ws/chatinterface/{}/"

# HTML of more characters than this is not broadcast but fetched by those who need it.
INLINE_LIMIT = 64 * 1024

# Where a change of a part has its HTML.
CONTENT = ("tail", "html", "shell")

# The layers that are this process's memory.
IN_MEMORY = (layers.InMemoryChannelLayer, channels_layers.InMemoryChannelLayer)

# Messages of the layer, by the consumer's method that takes them.
FRAME = "chat.frame"
LOGOUT = "chat.logout"
LOGIN = "chat.login"
RECHECK = "chat.recheck"
STOP = "stop"
SNAPSHOT = "snapshot"
TELL = "tell"
BEAT = "beat"
WAKE = "wake"

Frame = dict[str, Any]

# Made once: json.dumps() would make one for each frame.
_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def conversation_group(uuid: UUID) -> str:
    """The group of a conversation's open pages."""
    return f"ci.c.{_hashed(uuid.hex)}"


def session_group(session_key: str) -> str:
    """The group of a session's open pages."""
    return f"ci.s.{_hashed(session_key)}"


def history_group(user_id: object, session_key: str, interface: str) -> str:
    """The group of the pages that show one visitor's list of conversations in a chat."""
    owner = f"session {session_key}" if user_id is None else f"user {user_id}"
    return f"ci.h.{_hashed(f'{interface} {owner}')}"


def reply_group(message: int) -> str:
    """The group in which the worker that writes a reply is spoken to."""
    return f"ci.r.{message}"


@lru_cache(maxsize=1024)
def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def encode(frame: Frame) -> str:
    """A frame as it goes over the wire."""
    return _encoder.encode(frame)


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
        "size": _size(frame),
    }


def _size(frame: Frame) -> int:
    size = len(frame.get("tail", ""))
    for change in frame.get("changes", ()):
        size += sum(len(change.get(name, "")) for name in CONTENT)
    return size


class Away(Exception):
    """The channel layer cannot be reached, or has not answered in time."""


async def publish(uuid: UUID, frame: Frame) -> None:
    """Tell all open pages of a conversation. A failing layer is logged: the database has it, and pages catch up."""
    await _quietly("group_send", conversation_group(uuid), envelope(frame))


async def answer(channel: str, frame: Frame) -> None:
    """Tell one open page."""
    await _quietly("send", channel, envelope(frame))


async def log_out(session_key: str) -> None:
    """Tell all open pages of a session that it ended."""
    await _quietly("group_send", session_group(session_key), {"type": LOGOUT})


async def log_in(session_key: str) -> None:
    """Tell all open pages of a session that it has become a user's."""
    await _quietly("group_send", session_group(session_key), {"type": LOGIN})


async def recheck(uuid: UUID) -> None:
    """Have all open pages of a conversation ask whether they may still read it."""
    await _quietly("group_send", conversation_group(uuid), {"type": RECHECK})


async def list_changed(group: str, uuid: UUID | None, *, gone: bool = False) -> None:
    """Tell all pages that show a list of a change of one conversation, or of all."""
    frame = {"type": HISTORY_CHANGED, "conversation": None if uuid is None else str(uuid), "gone": gone}
    await _quietly("group_send", group, envelope(frame))


async def stop_reply(message: int, *, pressed: bool = False) -> None:
    """Ask the worker that writes a reply to stop; ``pressed`` where the button that stops it was."""
    stop = {"type": STOP, "message": message, "pressed": pressed}
    await _quietly("group_send", reply_group(message), stop)


async def wake(message: int) -> None:
    """Have the worker that is going to write a reply look whether it is its turn."""
    await _quietly("group_send", reply_group(message), {"type": WAKE, "message": message})


async def tell(message: int, key: str, value: Any) -> None:
    """Tell the worker that writes a reply what it expects under a key; the value is JSON."""
    told = {"type": TELL, "message": message, "key": key, "value": value}
    await _quietly("group_send", reply_group(message), told)


async def ask_snapshot(message: int, channel: str) -> None:
    """Ask the worker that writes a reply to send the page at ``channel`` all that was said so far."""
    await _quietly("group_send", reply_group(message), {"type": SNAPSHOT, "message": message, "channel": channel})


async def join(group: str, channel: str) -> None:
    """Let a channel get what is sent to a group. Raises Away."""
    await _asked("group_add", group, channel)


async def leave(group: str, channel: str) -> None:
    """No longer; see join(). Raises nothing, and asks a layer that is away, too: it knows by itself who has joined."""
    # That it is away is in the log.
    with suppress(Exception):
        async with asyncio.timeout(ANSWER):
            await get_channel_layer().group_discard(group, channel)


async def new_channel() -> str:
    """The name of a new channel of this process. Raises Away."""
    name: str = await _asked("new_channel")
    return name


async def receive(channel: str) -> dict[str, Any]:
    """The next message on a channel of this process. Raises Away."""
    try:
        message: dict[str, Any] = await get_channel_layer().receive(channel)
    except Exception as error:
        raise _failure(error) from error
    return message


async def forget(channel: str) -> None:
    """Have the layer keep nothing for a channel of this process that nobody receives from any more."""
    with suppress(Exception):
        # A layer takes it from the end of who receives.
        async with asyncio.timeout(0):
            await get_channel_layer().receive(channel)


async def beat(channel: str) -> bool:
    """Send something to a channel, to see whether it arrives; False where there is no room for it. Raises Away."""
    try:
        await _asked("send", channel, {"type": BEAT})
    except ChannelFull:
        return False
    return True


async def answers() -> bool:
    """Whether what is sent to the layer comes back."""
    try:
        channel = await new_channel()
        try:
            if not await beat(channel):
                return False
            async with asyncio.timeout(ANSWER):
                await receive(channel)
        finally:
            await forget(channel)
    except (Away, TimeoutError):
        return False
    return True


def may_fail() -> bool:
    """Whether the layer is a server, and not this process's memory."""
    return type(get_channel_layer()) not in IN_MEMORY


async def _quietly(method: str, *args: Any) -> None:
    # The failure that made it so is in the log.
    with suppress(Away, ChannelFull):
        await _asked(method, *args)


async def _asked(method: str, *args: Any) -> Any:
    layer = get_channel_layer()
    if type(layer) in IN_MEMORY:
        return await getattr(layer, method)(*args)
    if _failed and _failed.get(layer, -RESPITE) > time.monotonic() - RESPITE:
        raise Away("The channel layer has just failed")
    try:
        async with asyncio.timeout(ANSWER):
            return await getattr(layer, method)(*args)
    except ChannelFull:
        raise
    except Exception as error:
        _failed[layer] = time.monotonic()
        raise _failure(error) from error


def _failure(error: Exception) -> Away:
    """Count and log that the layer has failed."""
    metrics.layer_failures.add()
    name = type(error).__name__
    logger.warning("The channel layer failed: %s: %s", name, error, extra={"event": "layer.failed", "error": name})
    return Away(str(error))
