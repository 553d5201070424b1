"""What is said of a callback that raised, to its reader and to the log."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import traceback
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chatinterface.callbacks import outputs
from chatinterface.content.markdown import normalise
from chatinterface.exceptions import ChatError
from chatinterface.session import ChatSession

logger = logging.getLogger("chatinterface.runs")

Failure = dict[str, str]

# What Markdown reads a meaning into.
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


async def failure(error: BaseException, session: ChatSession) -> Failure:
    """Log what a callback raised under a new error id; returns ``id``, ``text`` (Markdown, shown) and ``detail`` (for
    staff).

    The text follows ``callback_exception``; it is empty where nothing is to be shown.
    """
    error_id = secrets.token_hex(4)
    interface = session.interface
    extra = {"event": "callback.failed", "chat": interface.name, "error_id": error_id, "error": type(error).__name__}
    logger.error("The callback of %r raised, error id %s", interface.name, error_id, exc_info=error, extra=extra)
    text = await _shown(error, session, error_id)
    detail = "".join(traceback.format_exception(error))
    return {"id": error_id, "text": normalise(text), "detail": normalise(detail)}


async def _shown(error: BaseException, session: ChatSession, error_id: str) -> str:
    mode = session.interface.callback_exception
    if callable(mode):
        return await _custom(mode, error, session, error_id)
    if mode == "ignore":
        return ""
    if mode in {"verbose", "traceback"}:
        return _fenced("".join(traceback.format_exception(error)))
    return _summary(error)


async def _custom(mode: Callable[..., Any], error: BaseException, session: ChatSession, error_id: str) -> str:
    try:
        said = [str(value) async for value in outputs(mode, error, session)]
    except (Exception, SystemExit, asyncio.CancelledError) as raised:
        name = session.interface.name
        extra = {"event": "callback_exception.failed", "chat": name, "error_id": error_id}
        logger.error("The callback_exception of %r raised, error id %s", name, error_id, exc_info=raised, extra=extra)
        return _summary(error)
    return said[-1] if said else ""


def _summary(error: BaseException) -> str:
    if isinstance(error, ChatError):
        return _literal(str(error))
    sentence = _("The reply could not be completed.")
    return f"{sentence} {_inline(''.join(traceback.format_exception_only(error)))}" if settings.DEBUG else sentence


def _literal(text: str) -> str:
    return PUNCTUATION.sub(r"\\\1", text)


def _inline(text: str) -> str:
    fence = "`" * (_longest_run(text) + 1)
    return f"{fence} {' '.join(text.split())} {fence}"


def _fenced(text: str) -> str:
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}pytb\n{text}\n{fence}"


def _longest_run(text: str) -> int:
    longest = 0
    while "`" * (longest + 1) in text:
        longest += 1
    return longest
