"""Files on their way: what a visitor attaches is stored while they type, and belongs to a message once that is sent.

A file comes in pieces, each by a request of its own: an ASGI server holds the whole body of a request, Daphne in
memory, before anybody may look at it. So a piece is all that is held, what is too much is refused when it is announced,
and a lost connection costs one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F, Q, Sum
from django.db.models.functions import Greatest

from chatinterface import conf, contents, files, history
from chatinterface.content import filenames, media, pixels
from chatinterface.content.allowance import FileLimits
from chatinterface.content.sent import ChatFile
from chatinterface.exceptions import (
    ChatError,
    FileGone,
    FileTooLarge,
    ImageTooLarge,
    OutOfStep,
    TooManyFiles,
    TooMuchUnsent,
    WrongFileType,
)
from chatinterface.history import Visitor
from chatinterface.interface import ChatInterface
from chatinterface.models import Attachment, Conversation, Message, Upload

ANY = FileLimits()

# What a file counts for at least, in bytes: an empty one takes room, too.
BLOCK = 4096


class Body(Protocol):
    """What can be read from, as a request can."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a file, and what is said of the whole. ``content_type`` is what the browser takes it for."""

    body: Body
    offset: int
    size: int
    name: str
    content_type: str = ""
    input: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The uploads that a message is sent with, in order; from these conversations, which its visitor may write in.

    ``noted`` is what their parts say beside what they are: the input, or the field, that they were chosen in.
    """

    uploads: Sequence[UUID] = ()
    places: Sequence[UUID] = ()
    limits: FileLimits = ANY
    noted: Mapping[str, str] = field(default_factory=dict)


def is_open(interface: ChatInterface, who: Visitor, place: UUID, *, granted: bool) -> bool:
    """Whether the visitor may attach files in a conversation: it is theirs, or their page was ``granted`` it and it
    does not exist yet.
    """
    try:
        history.find(who, place, interface.name)
    except Conversation.DoesNotExist:
        return granted and not Conversation.objects.filter(uuid=place).exists()
    return True


def receive(
    interface: ChatInterface, limits: FileLimits, who: Visitor, place: UUID, uuid: UUID, piece: Piece
) -> Upload:
    """Store a piece of an upload, the first of which makes it; when it is the last, it is put together.

    It is looked at as it comes: what is refused leaves nothing behind. Raises Upload.DoesNotExist where it is none of
    this conversation, or was sent already, OutOfStep where another piece is waited for, FileTooLarge, WrongFileType,
    TooManyFiles, TooMuchUnsent.
    """
    upload = _find(place, uuid) or _begin(interface, limits, who, place, uuid, piece)
    try:
        _store(limits, upload, piece)
    except ChatError:
        upload.delete()
        raise
    return upload


def remove(place: UUID, uuid: UUID) -> None:
    """Forget an upload, whether all of it has arrived or not. There may be none any more: that is no error."""
    for upload in Upload.objects.filter(place=place, uuid=uuid):
        upload.delete()


def prune(before: datetime, interface: str = "") -> int:
    """Delete what was attached before then and never sent, of one chat or of all; returns how many files."""
    named = {"interface": interface} if interface else {}
    old = Upload.objects.filter(created_at__lt=before, **named)
    orphans = Attachment.objects.filter(message=None, created_at__lt=before)
    if interface:
        orphans = orphans.filter(conversation__interface=interface)
    return sum(queryset.delete()[1].get(queryset.model._meta.label, 0) for queryset in (old, orphans))


def require_room(who: Visitor, place: UUID, size: int) -> None:
    """What a visitor has attached and not sent is limited, whatever the chats; of who has no session, in a page.

    With it counts what they have answered a question with. Raises TooMuchUnsent where so many bytes more are too many.
    """
    size = max(size, BLOCK)
    theirs, answered = Q(place=place), Q(conversation__uuid=place)
    if who.user_id:
        theirs, answered = Q(user=who.user_id), Q(conversation__user=who.user_id)
    elif who.session_key:
        theirs |= Q(user=None, session_key=who.session_key)
        answered |= Q(conversation__user=None, conversation__session_key=who.session_key)
    for kept in (Upload.objects.filter(theirs), Attachment.objects.filter(answered, message=None)):
        size += kept.aggregate(total=Sum(Greatest("size", BLOCK)))["total"] or 0
    if size > conf.get().unsent_files:
        raise TooMuchUnsent


def arrived(interface: ChatInterface, places: Sequence[UUID], wanted: Sequence[UUID]) -> list[ChatFile]:
    """The files of these ids, in order, as callbacks get them: uploads of these conversations that are there as a
    whole, and what was sent in them already, as a message may be sent again. Raises FileGone where one is missing.
    """
    uploaded = Upload.objects.filter(uuid__in=wanted, place__in=places, interface=interface.name)
    found = {each.uuid: _file(each) for each in uploaded if each.complete}
    if len(found) < len(set(wanted)):
        kept = Attachment.objects.filter(uuid__in=wanted, conversation__uuid__in=places)
        found |= {each.uuid: contents.sent(each) for each in kept}
    if not found.keys() >= set(wanted):
        raise FileGone
    return [found[uuid] for uuid in dict.fromkeys(wanted)]


def _file(upload: Upload) -> ChatFile:
    return contents.sent(
        Attachment(
            uuid=upload.uuid,
            file=upload.path,
            name=upload.name,
            content_type=upload.content_type,
            size=upload.size,
        )
    )


def claim(interface: ChatInterface, question: Message, attached: Attached) -> list[dict[str, Any]]:
    """Make uploads the files of a message, in the transaction that makes it; returns their parts.

    An upload belongs to one message and no other. Raises FileGone where there is none, or not all of it has arrived.
    """
    limits = attached.limits
    if limits.max_files is not None and len(attached.uploads) > limits.max_files:
        raise TooManyFiles(limits.max_files)
    claimed = Upload.objects.select_for_update().filter(
        uuid__in=attached.uploads, place__in=attached.places, interface=interface.name
    )
    found = {upload.uuid: upload for upload in claimed if upload.complete}
    if set(found) != set(attached.uploads):
        raise FileGone
    for upload in found.values():
        _require_within(limits, upload)
    # The file is handed on: it is not to go with what is deleted here.
    claimed.update(path="", pieces=0)
    Upload.objects.filter(pk__in=[upload.pk for upload in found.values()]).delete()
    return [{**_attach(found[uuid], question), **attached.noted} for uuid in dict.fromkeys(attached.uploads)]


def _attach(upload: Upload, question: Message) -> dict[str, Any]:
    attachment = Attachment.objects.create(
        uuid=upload.uuid,
        conversation=question.conversation,
        message=question,
        file=upload.path,
        name=upload.name,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
    )
    return files.part(attachment, **upload.details)


def _find(place: UUID, uuid: UUID) -> Upload | None:
    return Upload.objects.filter(place=place, uuid=uuid).first()


def _require_within(limits: FileLimits, upload: Upload) -> None:
    """Refuse what was attached to another input, of other limits, and is sent with this one."""
    if limits.max_bytes is not None and upload.size > limits.max_bytes:
        raise FileTooLarge(limits.max_bytes)
    if not limits.accepts(upload.name, upload.content_type):
        raise WrongFileType(upload.name)


def _begin(interface: ChatInterface, limits: FileLimits, who: Visitor, place: UUID, uuid: UUID, piece: Piece) -> Upload:
    if piece.offset or Attachment.objects.filter(uuid=uuid).exists():
        raise Upload.DoesNotExist
    if limits.max_bytes is not None and piece.size > limits.max_bytes:
        raise FileTooLarge(limits.max_bytes)
    if limits.max_files is not None and _attached(place, piece.input) >= limits.max_files:
        raise TooManyFiles(limits.max_files)
    require_room(who, place, piece.size)
    try:
        return Upload.objects.create(
            uuid=uuid,
            place=place,
            interface=interface.name,
            user_id=who.user_id,
            session_key="" if who.user_id else who.session_key,
            input=piece.input[:200],
            name=filenames.clean(piece.name),
            content_type=media.normalised(piece.content_type)[:255],
            size=piece.size,
        )
    except IntegrityError:
        # Another's has this id; or the same one was begun by a request that was repeated.
        if upload := _find(place, uuid):
            return upload
        raise Upload.DoesNotExist from None


def _attached(place: UUID, name: str) -> int:
    return Upload.objects.filter(place=place, input=name[:200]).count()


def _store(limits: FileLimits, upload: Upload, piece: Piece) -> None:
    if upload.complete or (piece.offset, piece.size) != (upload.received, upload.size):
        raise OutOfStep(upload.received)
    if upload.received < upload.size or not upload.pieces:
        _add(limits, upload, piece.body)
    if upload.received == upload.size:
        _complete(limits, upload)


def _add(limits: FileLimits, upload: Upload, body: Body) -> None:
    path, storage = upload.piece(upload.pieces), files.storage()
    storage.delete(path)  # Of a try that was cut off.
    measured = files.Measured(_at_most(body, upload.size - upload.received))
    saved = storage.save(path, measured.file())
    if upload.received == 0:
        _require_type(limits, upload, measured)
    if saved != path or not _count(upload, measured.size):
        counted = Upload.objects.filter(pk=upload.pk, path="", pieces__gt=upload.pieces)
        if saved != path or not counted.exists():  # Else it is the same piece, which the other has counted.
            storage.delete(saved)
        upload.refresh_from_db(fields=["received"])
        raise OutOfStep(upload.received)


def _count(upload: Upload, size: int) -> bool:
    """Count a piece that was stored; false where another request has stored it meanwhile."""
    waiting = Upload.objects.filter(pk=upload.pk, received=upload.received, path="")
    if not waiting.update(received=F("received") + size, pieces=F("pieces") + 1):
        return False
    upload.received += size
    upload.pieces += 1
    return True


def _require_type(limits: FileLimits, upload: Upload, measured: files.Measured) -> None:
    """Refuse what is not taken by its first piece, where that has all that tells."""
    if len(measured.head) == media.HEAD or measured.size == upload.size:
        kind = media.content_type(measured.head, upload.name, upload.content_type)
        if not limits.accepts(upload.name, kind):
            raise WrongFileType(upload.name)


def _complete(limits: FileLimits, upload: Upload) -> None:
    """Put it together. Another request may do so at the same time, or take it back: then nothing is left of this one's.

    Raises FileGone where a piece is not what was counted, Upload.DoesNotExist where it was taken back.
    """
    try:
        stored = files.store(upload.place, _pieces(upload), name=upload.name, content_type=upload.content_type)
    except FileNotFoundError:
        upload.refresh_from_db()
        if upload.complete:
            return
        raise FileGone from None
    used = False
    try:
        if stored["size"] != upload.size:
            raise FileGone
        if not limits.accepts(upload.name, stored["content_type"]):
            raise WrongFileType(upload.name)
        kept = {"path": stored["file"], "sha256": stored["sha256"], "content_type": stored["content_type"]}
        details = _details(stored)
        used = bool(Upload.objects.filter(pk=upload.pk, path="").update(**kept, details=details, pieces=0))
    finally:
        if not used:
            files.storage().delete(stored["file"])
    if used:
        delete_pieces(upload)
    upload.refresh_from_db()


def _details(stored: dict[str, Any]) -> dict[str, int]:
    if not stored["content_type"].startswith("image/"):
        return {}
    try:
        with files.storage().open(stored["file"]) as opened:
            return pixels.measure(opened)
    except pixels.Bomb:
        raise ImageTooLarge from None


def _pieces(upload: Upload) -> Iterator[bytes]:
    for number in range(upload.pieces):
        with files.storage().open(upload.piece(number)) as opened:
            yield from opened.chunks(files.CHUNK)


def _at_most(body: Body, limit: int) -> Iterator[bytes]:
    """What a request brings, a chunk at a time. Raises FileTooLarge beyond the limit, whatever its headers said."""
    while chunk := body.read(files.CHUNK):
        limit -= len(chunk)
        if limit < 0:
            raise FileTooLarge(None)
        yield chunk


def delete_files(upload: Upload) -> None:
    """Take what there is of an upload from the storage."""
    if upload.path:
        files.storage().delete(upload.path)
    else:
        delete_pieces(upload)


def delete_pieces(upload: Upload) -> None:
    """Take what has arrived of an upload from the storage, and what was cut off while it arrived."""
    for number in range(upload.pieces + 1):
        files.storage().delete(upload.piece(number))
