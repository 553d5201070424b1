"""Files in messages: whether a chat takes them, and which."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from chatinterface.content import accepted
from chatinterface.content.allowance import FileLimits, bytes_of
from chatinterface.declarations.base import Declaration, listed
from chatinterface.inputs import composes

# Bytes of a file that the page sends in one request.
PIECE = 2 * 1024 * 1024
COUNTS = ("single", "multiple", "directory")

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatinterface.inputs import Input


class Attaching(Declaration):
    """What a visitor may attach to a message."""

    # Whether a message may have files: picked, dropped, pasted or recorded. The callback then gets a MultimodalMessage,
    # as in Gradio, or what is in the file, as in Panel.
    multimodal: bool = False
    # The files that are taken: extensions (".csv"), kinds ("image", "audio", "video", "text", "file") or content types
    # ("image/png", "image/*"); none for any. The content is looked at, too.
    file_types: tuple[str, ...] | list[str] = ()
    # Bytes that a file may have, as a number or as "20mb"; None for any number. As Gradio's launch(max_file_size=…).
    max_file_size: int | str | None = "100mb"
    # Files that a message may have; None for any number.
    max_files: int | None = 10
    # "single" for one file in a message, "directory" where a folder is chosen with the files in it. As in Gradio's
    # MultimodalTextbox.
    file_count: Literal["single", "multiple", "directory"] = "multiple"
    # Whether a voice note can be recorded; only over https, or on the machine itself.
    voice_notes: bool = True
    # Characters beyond which a text that is pasted becomes a file; None for never. As in Gradio's MultimodalTextbox.
    max_plain_text_length: int | None = 1000

    if TYPE_CHECKING:
        # The inputs by name.
        inputs: Mapping[str, Input]
        # What of files is taken with a message of text.
        limits: FileLimits

    # Bytes that the page sends in one request.
    piece: ClassVar[int] = PIECE

    @property
    def records(self) -> bool:
        """Whether the page offers to record a voice note: where that would be taken."""
        return self.voice_notes and self.limits.sound

    @property
    def takes_files(self) -> bool:
        """Whether anything that is sent may have files."""
        return self.multimodal or any(each.uploads for each in self.inputs.values())

    def limits_of(self, name: str) -> FileLimits | None:
        """What is taken of files that are announced for an input, for a field of one, or beside the text, which has no
        name; None where it takes none.
        """
        for each in self.inputs.values():
            for field, limits in each.uploads.items():
                if each.upload_name(field) == name:
                    return limits
        return self.limits if self.multimodal and not name and composes(self.inputs) else None

    def attaches(self, chosen: Input | None) -> bool:
        """Whether a message that is written in an input may have files beside its text."""
        return self.multimodal and (chosen is None or chosen.composes)

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        types = self.file_types
        wrong = [each for each in types if not accepted.is_known(each)] if isinstance(types, tuple | list) else [types]
        if wrong:
            self.refuse(
                f"file_types has {wrong[0]!r}. Write a tuple or list of extensions ('.csv'), content types ('image/*') "
                f"or of {', '.join(map(repr, accepted.KINDS))}."
            )
        for name in ("max_files", "max_plain_text_length"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                self.refuse(f"{name}={value!r} must be a whole number, 1 or more, or None.")
        if self.file_count not in COUNTS:
            self.refuse(f"file_count={self.file_count!r} must be one of {listed(COUNTS)}.")
        try:
            size = bytes_of(self.max_file_size)
        except ValueError as error:
            self.refuse(f"max_file_size={error}")
        if self.file_count == "single":
            self.keep("max_files", 1)
        folder = self.file_count == "directory"
        self.keep("limits", FileLimits(types=tuple(types), max_bytes=size, max_files=self.max_files, directory=folder))
