"""The exceptions of chatinterface."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

# Seconds from which a time to wait is said in minutes.
MINUTES_FROM = 90


class ChatError(Exception):
    """What was asked cannot be done now. ``sentence`` says why, and what to do."""

    sentence: str | Promise = ""

    def __str__(self) -> str:
        return str(self.sentence)


class Busy(ChatError):
    """A reply is still being written, and the chat takes one message at a time."""

    sentence = _("A reply is still being written. Send your message when it is done, or stop it first.")


class GoneOn(ChatError):
    """The message is the visitor's, but no longer shown: another tab has turned to another version."""

    sentence = _("The conversation has gone on without this message. Look at what is there now, and try again.")


class NoQuestion(ChatError):
    """The message is no reply to anything that could be asked again."""

    sentence = _("This message answers no question, so there is nothing to run again.")


class FormClosed(ChatError):
    """The form is not in the last message any more, or its chat does not have it any more."""

    sentence = _("This form is closed: the conversation has gone on. Reload the page to see it as it is.")


class NotEditable(ChatError):
    """The chat does not let its visitors edit this message."""

    sentence = _("This message cannot be edited here.")


class NotShareable(ChatError):
    """The chat does not let its visitors share, or there is nothing to be shared yet."""

    sentence = _("There is nothing here that can be shared.")


class NothingToRevert(ChatError):
    """Something else was done since the undo, or there was none."""

    sentence = _("There is nothing to bring back any more: the conversation has gone on.")


class NotFlaggable(ChatError):
    """The message is still being written, or its chat lets nobody flag it."""

    sentence = _("This message cannot be flagged. Wait until it is complete, then try again.")


class UnknownOption(ChatError):
    """The chat has no such option any more."""

    sentence = _("There is no such option any more. Reload the page, then try again.")


class DecidedMeanwhile(ChatError):
    """Another reviewer has changed the flag since it was looked at."""

    sentence = _("Somebody else has decided this flag meanwhile, or its reader has changed it. Look at it again.")


class TooMany(ChatError):
    """The visitor has sent as much as the chat takes from one. ``wait`` is the seconds until it takes more."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait

    def __str__(self) -> str:
        if self.wait <= MINUTES_FROM:
            said = (
                ngettext("Send the next one in %d second.", "Send the next one in %d seconds.", self.wait) % self.wait
            )
        else:
            minutes = -(-self.wait // 60)
            said = ngettext("Send the next one in %d minute.", "Send the next one in %d minutes.", minutes) % minutes
        return f"{_('These were many messages in a short time.')} {said}"


class NotShown(ChatError):
    """A message came from an input that the conversation does not show: a callback has turned to another."""

    sentence = _("This is not asked any more. Answer what is shown now, or reload the page.")


class NotValid(ChatError):
    """The chat's validator has something to say about the message."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__(*complaints)
        self.complaints = list(complaints)

    def __str__(self) -> str:
        return " ".join(self.complaints)


class NotKept(ChatError):
    """The question was a secret, which is not stored."""

    sentence = _("What you entered is a secret and was not kept. Enter it once more.")


class WrongFileType(ChatError):
    """The chat does not take files of this kind, or its content is not what its name says."""

    sentence = _("This chat does not take files of this kind.")


class FileTooLarge(ChatError):
    """The file is larger than the chat takes, by what is said of it or by what comes. ``limit`` is in bytes."""

    def __init__(self, limit: int | None) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        if self.limit is None:
            return gettext("The file has changed while it was uploaded. Attach it again.")
        return gettext("This file is too large. It may have %(size)s at most.") % {"size": filesizeformat(self.limit)}


class TooManyFiles(ChatError):
    """The message has as many files as the chat takes. ``limit`` is their number."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        said = ngettext(
            "A message may have %d file. Remove one first.",
            "A message may have %d files. Remove one first.",
            self.limit,
        )
        return said % self.limit


class TooMuchUnsent(ChatError):
    """The visitor has attached as much as the site keeps of what is not sent."""

    sentence = _("You have attached more than can be kept. Send or remove some of it first.")


class ImageTooLarge(ChatError):
    """The image has more pixels than are ever opened, however small its file is."""

    sentence = _("This image has too many pixels. Make it smaller, and attach it again.")


class FileGone(ChatError):
    """A file that is to be sent was never uploaded as a whole, was sent before, or was kept no longer."""

    sentence = _("A file is not there any more. Remove it, attach it again, and send the message once more.")


class UnreadableFile(ChatError):
    """A file is not what its type says. ``name`` is how it is called."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return gettext("“%(name)s” cannot be read. It may be damaged.") % {"name": self.name}


class MissingPackage(ChatError):
    """A file of this type can only be read with a package that the site has not installed."""

    def __init__(self, package: str, content_type: str) -> None:
        super().__init__(package, content_type)
        self.package = package
        self.content_type = content_type

    def __str__(self) -> str:
        return gettext("This chat cannot read files of the type %(type)s: %(package)s is not installed.") % {
            "type": self.content_type,
            "package": self.package,
        }


class OutOfStep(Exception):
    """Another piece of an upload is waited for: the one behind ``received`` bytes."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class UnknownReaction(ChatError):
    """A reaction that the chat does not offer, or a message that takes none."""

    sentence = _("This reaction is not offered here. Reload the page.")


class NoOption(ChatError):
    """The reply that offered it is no longer the last one."""

    sentence = _("This is no longer offered: the conversation has gone on.")


class NotPreceded(ChatError):
    """What a chat does before the default action of a button has failed, or was stopped."""

    sentence = _("What had to come first was not completed, so nothing else was done.")


class NotAsked(ChatError):
    """Nobody waits for the answer to this question any more."""

    sentence = _("This question is not asked any more: its reply has ended.")


class TooLong(ChatError):
    """An answer has more text than anybody reads."""

    sentence = _("This is too long. Shorten it, and send it again.")


class PromptTimeout(ChatError, TimeoutError):
    """A question was not answered in time. Raised by ChatSession.prompt_user(); its reader is told so."""

    sentence = _("The question was not answered in time.")


class NothingToAnswer(ChatError):
    """Nothing is said yet that the callback could be called with."""

    sentence = _("Nothing was said yet that could be answered. Send a message first.")


class TooManyResponses(ChatError):
    """A callback has had itself called again and again in one run, which must end some time."""

    sentence = _("This reply has answered itself so often that it was ended.")


class UnknownChat(LookupError):
    """A conversation belongs to a chat that is not registered, or not under this name any more."""


class OutsideRun(Exception):
    """What only a callback can do, as it belongs to the reply that is being written, was asked for elsewhere."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}() belongs to a reply, and this session writes none. Call it in the chat's callback; elsewhere "
            "send(…, respond=True) has the callback called."
        )


class Replaced(Exception):
    """A run is told that its conversation has gone on without it."""


class Held(Exception):
    """Somebody else is at work in the conversation."""


class Ended(Exception):
    """A callback is told that its run has ended, stopped or otherwise: nothing can be said in it any more."""
