import io
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.fields.files import FieldFile
from pytest_django import Settings

from chatinterface.content import pictures
from chatinterface.content.components import PDF, Audio, File, Gallery, Image, Video
from chatinterface.models import Attachment
from tests.content.components.keeping import shown


def picture(width: int = 40, height: int = 30, kind: str = "PNG", mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new(mode, (width, height)).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    settings.MEDIA_URL = "/media/"
    return tmp_path


@pytest.mark.parametrize(
    "given",
    [
        lambda path: path,
        str,
        lambda path: path.read_bytes(),
        lambda path: bytearray(path.read_bytes()),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: ContentFile(path.read_bytes(), name="a.png"),
        lambda path: SimpleUploadedFile("a.png", path.read_bytes(), "image/png"),
        lambda path: path.open("rb"),
        lambda path: "a.png",
        lambda path: default_storage.open("a.png"),
    ],
    ids=["path", "str", "bytes", "bytearray", "stream", "content", "upload", "open", "stored", "storage"],
)
def test_image_from(media: Path, given: Any) -> None:
    path = media / "a.png"
    path.write_bytes(picture())
    source = given(path)
    part, kept = shown(Image(source, alt="A square"))
    if callable(close := getattr(source, "close", None)):
        close()
    assert kept.data(part) == path.read_bytes()
    file = part["props"]["items"][0]
    assert (file["content_type"], file["width"], file["height"], file["alt_text"]) == ("image/png", 40, 30, "A square")


@pytest.mark.parametrize("opened", [False, True])
def test_field_file_is_left_as_it_was(media: Path, opened: bool) -> None:  # noqa: FBT001
    """To look at it opens it: who had not opened it does not close it either."""
    (media / "a.png").write_bytes(picture())
    field = Attachment._meta.get_field("file")
    source = FieldFile(Attachment(), field, "a.png")
    source.storage = default_storage
    if opened:
        source.open("rb")
    _part, kept = shown(Image(source))
    assert list(kept.files.values()) == [picture()]
    assert source.closed is not opened
    source.close()


def test_image_of_pillow() -> None:
    part, kept = shown(PIL.Image.new("RGBA", (7, 5)))
    assert (part["component"], part["props"]["width"], part["props"]["height"]) == ("image", 7, 5)
    assert kept.data(part).startswith(b"\x89PNG")


@pytest.mark.parametrize("mode", ["CMYK", "HSV", "F", "LAB", "YCbCr"])
def test_odd_modes(mode: str) -> None:
    assert shown(PIL.Image.new(mode, (7, 5)))[1].files


def test_static_image() -> None:
    """It is shown where it is."""
    part, kept = shown(Image("chatinterface/icon.svg", alt="Icon"))
    assert part["props"]["static"] == "chatinterface/icon.svg"
    assert not kept.files


@pytest.mark.parametrize("url", ["https://example.com/a.png", "http://example.com/a.png", "/media/a.png"])
def test_address(media: Path, url: str) -> None:
    part, kept = shown(Image(url, alt="Elsewhere"))
    assert part["props"]["url"] == url
    assert not kept.files


def test_nowhere(media: Path) -> None:
    for source in ("nothing.png", Path("/nowhere/nothing.png")):
        with pytest.raises(FileNotFoundError):
            shown(Image(source))


def test_no_file() -> None:
    with pytest.raises(TypeError, match="Give a path, bytes"):
        shown(Image(5))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\secret", "a\0b"])
def test_storage_keeps_inside(media: Path, name: str) -> None:
    with pytest.raises((FileNotFoundError, ValueError)):
        shown(Image(name))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_huge_is_shown_smaller(kind: str) -> None:
    part, kept = shown(Image(picture(4000, 2000, kind)))
    small, whole = part["props"]["items"]
    assert (small["width"], small["height"]) == (1600, 800)
    assert PIL.Image.open(io.BytesIO(kept.data(part))).size == (1600, 800)
    assert PIL.Image.open(io.BytesIO(kept.data(part, 1))).size == (4000, 2000)
    assert part["props"]["width"] == 1600
    assert whole["content_type"] == f"image/{kind.lower()}"


def test_unshown_format_is_converted() -> None:
    part, _ = shown(Image(picture(kind="TIFF"), name="scan.tiff"))
    assert [item["content_type"] for item in part["props"]["items"]] == ["image/png", "image/tiff"]


def test_turned_photograph() -> None:
    """Its sides are those that are seen."""
    buffer = io.BytesIO()
    image = PIL.Image.new("RGB", (4000, 2000))
    image.getexif()[0x0112] = 6
    image.save(buffer, "JPEG", exif=image.getexif())
    part, kept = shown(Image(buffer.getvalue()))
    assert (part["props"]["width"], part["props"]["height"]) == (800, 1600)
    assert PIL.Image.open(io.BytesIO(kept.data(part))).size == (800, 1600)


def test_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a file to be saved."""
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1000)
    part, kept = shown(Image(picture(100, 100)))
    assert part["props"]["large"]
    assert "width" not in part["props"]
    assert kept.files


def test_broken_picture() -> None:
    part, _ = shown(Image(b"\x89PNG\r\n\x1a\nbroken", alt="x"))
    assert "width" not in part["props"]


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_pillow", lambda: None)
    part, kept = shown(Image(picture(4000, 2000)))
    assert "width" not in part["props"]
    assert len(kept.files) == 1


@pytest.mark.parametrize(
    ("asked", "size"), [({"width": 20}, (20, 15)), ({"height": 60}, (80, 60)), ({"width": 5, "height": 5}, (5, 5))]
)
def test_size_is_chosen(asked: Any, size: tuple[int, int]) -> None:
    props = shown(Image(picture(), **asked))[0]["props"]
    assert (props["width"], props["height"]) == size


def test_animation_is_kept() -> None:
    frames = [PIL.Image.new("RGB", (2000, 10), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert len(shown(Image(buffer.getvalue()))[1].files) == 1


def test_gallery() -> None:
    part, _ = shown(Gallery([picture(), (picture(5, 5), "Caption"), Image(picture(), alt="Alt")]))
    assert [item["component"] for item in part["props"]["items"]] == ["image"] * 3
    assert part["props"]["items"][1]["props"]["caption"] == "Caption"
    assert part["text"] == "Caption, Alt"


@pytest.mark.parametrize(
    ("component", "kind"),
    [
        (Audio(b"RIFF\0\0\0\0WAVEfmt ", name="a.wav"), "audio"),
        (Video(b"x", name="a.mp4"), "video"),
        (PDF(b"%PDF-1.7", name="a.pdf"), "pdf"),
    ],
)
def test_players(component: Any, kind: str) -> None:
    part, kept = shown(component)
    assert (part["component"], part["text"]) == (kind, component.name)
    assert kept.data(part) == component.source


def test_file_is_file() -> None:
    part, _ = shown(File(b"abc", name="a.txt"))
    assert (part["type"], part["name"], part["size"]) == ("file", "a.txt", 3)


def test_file_elsewhere_is_link() -> None:
    part, _ = shown(File("https://example.com/a.zip"))
    assert (part["component"], part["props"]["url"]) == ("download", "https://example.com/a.zip")
