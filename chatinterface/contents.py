"""What a callback gets of a message that may have files: Gradio's message, or Panel's contents."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from chatinterface.content import media, pixels
from chatinterface.content.sent import ChatFile, MultimodalMessage
from chatinterface.exceptions import ImageTooLarge, MissingPackage, UnreadableFile
from chatinterface.inputs import Input, used
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Message
from chatinterface.threads import as_request, callbacks, carried

_TABLES = {"text/csv": ",", "text/tab-separated-values": "\t"}


async def heard(interface: ChatInterface, question: Message, entered: Any) -> Any:
    """What the callback is called with: what was entered; for text where the chat is ``multimodal``, message() or
    contents(); for files what is in them, where their input says so.
    """
    chosen = used(interface.inputs, question)
    sent_files = any(part.get("type") == "file" for part in question.parts)
    if chosen is not None and chosen.read:
        read = partial(_read, chosen, entered)
    elif isinstance(entered, str) and (interface.multimodal or sent_files):
        read = partial(message if interface.multimodal and interface.callback is None else contents, question)
    else:
        return entered
    # It may take its time, as a callback may.
    return await asyncio.get_running_loop().run_in_executor(callbacks(), carried(partial(as_request, read)))


def message(question: Message) -> MultimodalMessage:
    """A message as Gradio has it."""
    return {"text": _text(question), "files": files(question)}


def contents(question: Message) -> Any:
    """A message as Panel has it: its text, or what is in its file; a list of these where there are several."""
    text = _text(question)
    said: list[Any] = [text] if text else []
    said += [value(each) for each in files(question)]
    return said[0] if len(said) == 1 else said or ""


def files(question: Message) -> list[ChatFile]:
    """The files of a message, in order."""
    return again(question, [UUID(part["file"]) for part in question.parts if part.get("type") == "file"])


def again(question: Message, wanted: Sequence[UUID]) -> list[ChatFile]:
    """Files of a message by their ids, in order, as far as they are there."""
    # A version of a message has the files of the one that it was made from.
    kept = Attachment.objects.filter(conversation=question.conversation_id, uuid__in=wanted) if wanted else ()
    found = {attachment.uuid: attachment for attachment in kept}
    return [sent(found[uuid]) for uuid in wanted if uuid in found]


def _read(chosen: Input, entered: Any) -> Any:
    """What was entered, with what is in the files in their place."""
    if not chosen.whole:
        return _content(entered)
    return {name: _content(each) if name in chosen.read else each for name, each in entered.items()}


def _content(given: Any) -> Any:
    if isinstance(given, list):
        return [_content(each) for each in given]
    return value(given) if isinstance(given, ChatFile) else given


def _text(question: Message) -> str:
    """What was written, without the names of the files."""
    return "\n\n".join(part["text"] for part in question.parts if part.get("type") == "text")


def sent(attachment: Attachment) -> ChatFile:
    """An attachment as callbacks get it."""
    return ChatFile(
        attachment.file,
        uuid=attachment.uuid,
        name=attachment.name,
        content_type=attachment.content_type,
        size=attachment.size,
    )


def value(file: ChatFile) -> Any:
    """What is in a file, as Panel has it: a table as a pandas DataFrame, text as str, an image as Pillow's (as BytesIO
    where that is not installed), anything else as the file itself.

    Raises MissingPackage where pandas is not installed, UnreadableFile where it is no table, ImageTooLarge.
    """
    if file.content_type in _TABLES:
        return _table(file, _TABLES[file.content_type])
    if file.content_type in media.IMAGES:
        return _image(file)
    return file.text() if media.is_textual(file.content_type) else file


def _table(file: ChatFile, separator: str) -> Any:
    if not find_spec("pandas"):
        raise MissingPackage("pandas", file.content_type)
    pandas = import_module("pandas")
    try:
        return pandas.read_csv(io.StringIO(file.text()), sep=separator)
    except ValueError as error:
        raise UnreadableFile(file.name) from error


def _image(file: ChatFile) -> Any:
    pillow = pixels.pillow()
    with file.open() as opened:
        content = io.BytesIO(opened.read())
    if pillow is None:
        return content
    try:
        pixels.measure(content)
    except pixels.Bomb:
        raise ImageTooLarge from None
    content.seek(0)
    try:
        image = pillow.open(content)
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableFile(file.name) from error
    return image
