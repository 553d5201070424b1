"""Demo chats that take files."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator

import chatinterface as chat
from chatinterface import widgets


@chat.register(
    title="Attachments",
    description="Gradio’s way: text and files in one message. Attach, drop, paste or record something.",
    multimodal=True,
    max_file_size="2gb",
)
def attachments(message: chat.MultimodalMessage, history: list[dict[str, Any]]) -> str:
    if not message["files"]:
        return "That was text alone. Try the paper clip."
    rows = "\n".join(f"| {file.name} | `{file.content_type}` | {file.size:,} |" for file in message["files"])
    return f"I have got:\n\n| file | type | bytes |\n|---|---|---:|\n{rows}"


@chat.register
class Tables(chat.ChatInterface):
    title = "Tables"
    description = "Panel’s way: a CSV file arrives as a pandas DataFrame, and is shown as a table."
    multimodal = True
    file_types = (".csv", ".tsv")
    max_files = 1
    max_file_size = "50mb"
    yields = "tokens"

    def callback(self, contents: Any) -> Iterator[Any]:
        frames = [each for each in (contents if isinstance(contents, list) else [contents]) if hasattr(each, "columns")]
        if not frames:
            yield "Attach a table, as a CSV file."
        for frame in frames:
            yield f"{len(frame):,} rows of {len(frame.columns)} columns."
            yield frame


@chat.register
class Pictures(chat.ChatInterface):
    title = "Pictures"
    description = "Images arrive as Pillow’s. Drop some on the page, or paste one."
    multimodal = True
    file_types = ("image",)
    max_files = 4
    max_file_size = "10mb"
    yields = "tokens"

    def callback(self, contents: Any) -> Iterator[Any]:
        pictures = [each for each in (contents if isinstance(contents, list) else [contents]) if hasattr(each, "width")]
        if not pictures:
            yield "Show me a picture."
        for picture in pictures:
            yield f"{picture.width} × {picture.height} pixels, upside down:"
            yield picture.rotate(180)


@chat.register(
    title="Poems",
    description="Enter breaks the line here, Ctrl+Enter sends.",
    textbox=chat.Textbox(placeholder="Write a poem", lines=3, max_lines=12, enter_sends=False, submit_btn="Recite"),
    autofocus=False,
)
def poems(message: str) -> str:
    lines = message.splitlines()
    count = f"{len(lines)} lines" if len(lines) > 1 else "One line"
    return f"{count}, of which the longest is:\n\n> {max(lines, key=len)}"


@chat.register(
    title="Two ways to ask",
    description="A tab for text, and one for a file, whose contents the callback gets.",
    widgets=[
        widgets.ChatAreaInput(name="Text", placeholder="Ask in words"),
        widgets.FileInput(name="CSV file", accept=".csv,.tsv", max_size="50mb"),
        widgets.FileInput(name="Images", accept="image/*", multiple=True, max_files=4),
    ],
)
def file_tabs(contents: Any) -> str:
    several = contents if isinstance(contents, list) else [contents]
    return "\n".join(f"- {type(each).__name__}: {getattr(each, 'shape', None) or each}" for each in several)


class Application(forms.Form):
    """What is needed to apply for something."""

    name = "Application"

    applicant = forms.CharField(label="Your name", max_length=80)
    portrait = widgets.FileInput(name="Portrait", accept="image", max_size="5mb", required=False)
    letter = forms.FileField(
        label="Letter", help_text="As PDF or text.", validators=[FileExtensionValidator(["pdf", "txt", "md"])]
    )
    samples = widgets.FileInput(name="Work samples", multiple=True, max_files=5, required=False)


@chat.register(
    title="Application",
    description="A form of several fields, some of them files: what is wrong is said beside each, and nothing is lost.",
    callback_user="Jury",
    callback_avatar="🎓",
    widgets=Application,
)
def application(contents: dict[str, Any]) -> str:
    portrait, letter = contents["portrait"], contents["letter"]
    said = [
        f"Thank you, **{contents['applicant']}**.",
        f"Your letter *{letter.name}* has {letter.size:,} bytes,",
        f"your portrait is {portrait.width} pixels wide," if hasattr(portrait, "width") else "you show no portrait,",
        f"and you added {len(contents['samples'])} work samples.",
    ]
    return " ".join(said)


@chat.register(
    title="A whole folder",
    description="Choose a folder, or drop one: the texts that are in it are counted, all at once.",
    widgets=widgets.FileInput(name="Folder", accept="text", directory=True, max_size="1mb"),
)
def folder(contents: list[Any]) -> str:
    words = sum(len(each.split()) for each in contents if isinstance(each, str))
    return f"{len(contents)} texts, {words:,} words."


@chat.register(
    title="Album",
    description="A folder of pictures, chosen or dropped as a whole, is hung up as a gallery.",
    multimodal=True,
    file_count="directory",
    file_types=["image"],
    max_files=60,
    callback_user="Curator",
    callback_avatar="🖼️",
)
def album(message: chat.MultimodalMessage) -> str | chat.Gallery:
    return chat.Gallery(message["files"]) if message["files"] else "The walls are empty. Bring me a folder of pictures."


@chat.register(
    title="Dictaphone",
    description="Press the microphone and speak: one recording a message, played back to you.",
    multimodal=True,
    file_count="single",
    file_types=["audio"],
    voice_notes=True,
    textbox=chat.Textbox(placeholder="Say something"),
    yields="tokens",
)
def dictaphone(message: chat.MultimodalMessage) -> Iterator[Any]:
    if not message["files"]:
        yield "I only listen. Press the microphone."
    for file in message["files"]:
        yield f"**{message['text'] or 'You said'}**, in {file.size / 1000:,.0f} kB:"
        yield chat.Audio(file)


@chat.register(
    title="Postcard",
    description="Has room for 120 characters. Paste more, and it is enclosed as a file.",
    multimodal=True,
    max_plain_text_length=120,
    file_types=["text"],
    voice_notes=False,
    callback_user="Post office",
    callback_avatar="📮",
)
def postcard(message: chat.MultimodalMessage) -> str:
    enclosed = sum(file.size for file in message["files"])
    letter = f"a letter of {enclosed:,} bytes" if enclosed else "no letter"
    return f"A card of {len(message['text'])} characters, and {letter}."
