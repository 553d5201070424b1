import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import FileExtensionValidator
from django.test import override_settings
from django.utils import timezone

import chatinterface as chat
from chatinterface import files, uploads, widgets
from chatinterface.models import Attachment, Conversation, Message, Upload
from chatinterface.questions import Question
from tests.content.test_media import PNG, WEBM
from tests.reading import ReadingClient
from tests.sending import Page

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = b"a,b\n1,2\n"
LETTER = forms.FileField(label="Letter")


def echo(**attributes: Any) -> None:
    chat.register(lambda message: "done", **{"name": "ask", "multimodal": True, **attributes})


def stored(uploads: Path) -> list[Path]:
    return [path for path in uploads.rglob("*") if path.is_file()]


def question() -> Message:
    return Message.objects.get(role="user")


# Uploading


def test_file_is_uploaded_before_its_conversation() -> None:
    echo()
    page = Page("ask")
    file = page.upload(TABLE, "table.csv")
    upload = Upload.objects.get(uuid=file)
    assert (upload.complete, upload.name, upload.content_type, upload.size) == (True, "table.csv", "text/csv", 8)
    assert not Conversation.objects.exists()


def test_first_upload_opens_the_session() -> None:
    """The pictures of the first message are in the log before its answer could bring the cookie."""
    echo()
    page = Page("ask")
    file = page.upload(PNG, "dot.png")
    session = page.client.session.session_key
    assert session
    page.send("look", [file])
    assert page.conversation().session_key == session


def test_pieces_are_put_together(own_uploads: Path) -> None:
    echo()
    page, content = Page("ask"), PNG + bytes(range(256)) * 100
    file = uuid4()
    for offset in range(0, len(content), 10_000):
        answer = page.piece(file, content[offset : offset + 10_000], offset, len(content), "dot.png")
        assert answer.status_code == 200
    assert answer.json() == {"received": len(content), "type": "image/png"}
    upload = Upload.objects.get()
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    assert [path.read_bytes() for path in stored(own_uploads)] == [content]


def test_piece_that_is_repeated_is_told_where_to_go_on() -> None:
    echo()
    page, file = Page("ask"), uuid4()
    page.piece(file, b"abc", 0, 9, "x.txt")
    again = page.piece(file, b"abc", 0, 9, "x.txt")
    assert (again.status_code, again.json()) == (409, {"received": 3})
    assert page.piece(file, b"defghi", 3, 9, "x.txt").status_code == 200
    assert Upload.objects.get().complete


def test_piece_may_be_cut_off() -> None:
    echo()
    page, file = Page("ask"), uuid4()
    for offset, letter in enumerate(b"abc"):
        page.piece(file, bytes([letter]), offset, 3, "x.txt")
    with files.storage().open(Upload.objects.get().path) as opened:
        assert opened.read() == b"abc"


def test_empty_file_is_a_file() -> None:
    echo()
    page = Page("ask")
    page.upload(b"", "empty.txt")
    assert Upload.objects.get().complete


def test_repeated_end_completes() -> None:
    echo()
    page, file = Page("ask"), uuid4()
    page.piece(file, b"ab", 0, 3, "x.txt")
    upload = Upload.objects.get()
    files.storage().save(upload.piece(1), files.Measured(iter([b"c"])).file())
    Upload.objects.update(received=3, pieces=2)
    assert page.piece(file, b"", 3, 3, "x.txt").status_code == 200
    assert Upload.objects.get().complete


def test_image_knows_its_size() -> None:
    pytest.importorskip("PIL")
    echo()
    Page("ask").upload(PNG, "dot.png")
    assert Upload.objects.get().details == {"width": 1, "height": 1}


def test_taken_back_is_gone(own_uploads: Path) -> None:
    echo()
    page, unfinished = Page("ask"), uuid4()
    page.piece(unfinished, b"abc", 0, 9, "x.txt")
    for file in (page.upload(TABLE, "x.csv"), unfinished):
        assert page.remove(file).status_code == 204
    assert page.remove(uuid4()).status_code == 204
    assert not Upload.objects.exists()
    assert stored(own_uploads) == []


def test_plain_chat_takes_no_files() -> None:
    echo(multimodal=False)
    page = Page("ask")
    assert page.piece(uuid4(), TABLE, 0, 8, "x.csv").status_code == 404
    assert page.send("hello", [uuid4()]).status_code == 204
    assert [part["type"] for part in question().parts] == ["text"]


# Limits


@pytest.mark.parametrize(
    ("file_types", "name", "content", "taken"),
    [
        ((".csv",), "x.csv", TABLE, True),
        ((".csv",), "x.txt", TABLE, False),
        ((".csv",), "X.CSV", TABLE, True),
        ((".png",), "x.png", TABLE, False),
        ((".tar.gz",), "x.tar.gz", b"\x1f\x8b" + bytes(20), True),
        (("image",), "x.png", PNG, True),
        (("image",), "x", PNG, True),
        (("image",), "x.png", b"MZ" + bytes(200), False),
        (("image/*",), "x.png", PNG, True),
        (("image/jpeg",), "x.png", PNG, False),
        (("audio",), "x.webm", WEBM, True),
        ((".webm",), "x.webm", WEBM, True),
        (("text",), "x.csv", TABLE, True),
        (("text",), "x.txt", PNG, False),
        (("file",), "x.exe", b"MZ" + bytes(200), True),
        (("image", ".csv"), "x.csv", TABLE, True),
    ],
)
def test_types_are_looked_at(*, file_types: tuple[str, ...], name: str, content: bytes, taken: bool) -> None:
    echo(file_types=file_types)
    claim = "audio/webm" if name.endswith("webm") else "image/png"
    answer = Page("ask").piece(uuid4(), content, 0, len(content), name, claim)
    assert answer.status_code == (200 if taken else 422)
    assert Upload.objects.exists() is taken


def test_wrong_type_is_refused_by_the_first_piece(own_uploads: Path) -> None:
    echo(file_types=["image"])
    answer = Page("ask").piece(uuid4(), bytes(10_000), 0, 10_000_000, "x.png")
    assert "does not take files of this kind" in answer.content.decode()
    assert not Upload.objects.exists()
    assert stored(own_uploads) == []


def test_too_large_is_refused_when_announced(own_uploads: Path) -> None:
    echo(max_file_size="1kb")
    answer = Page("ask").piece(uuid4(), b"x", 0, 1025, "x.txt")
    assert answer.status_code == 422
    assert "1.0\xa0KB at most" in answer.content.decode()
    assert stored(own_uploads) == []


def test_more_than_announced_is_refused(own_uploads: Path) -> None:
    echo(max_file_size="1kb")
    page, file = Page("ask"), uuid4()
    page.piece(file, b"x", 0, 1000, "x.txt")
    assert page.piece(file, bytes(100_000), 1, 1000, "x.txt").status_code == 422
    assert not Upload.objects.exists()
    assert stored(own_uploads) == []


def test_too_many_files_are_refused() -> None:
    echo(max_files=2)
    page = Page("ask")
    page.upload(TABLE, "a.csv")
    second = page.upload(TABLE, "b.csv")
    answer = page.piece(uuid4(), TABLE, 0, 8, "c.csv")
    assert (answer.status_code, "2 files" in answer.content.decode()) == (422, True)
    page.remove(second)
    assert page.piece(uuid4(), TABLE, 0, 8, "c.csv").status_code == 200


@override_settings(CHATINTERFACE={"UNSENT_FILES": 20_000})
def test_total_of_a_visitor_is_limited() -> None:
    table = TABLE * 1000
    echo()
    echo(name="other")
    ann = ReadingClient()
    ann.force_login(User.objects.create(username="ann"))
    Page("ask", ann).upload(table, "a.csv")
    Page("other", ann).upload(table, "b.csv")
    assert Page("ask", ann).piece(uuid4(), table, 0, 8000, "c.csv").status_code == 422
    assert Page("ask").piece(uuid4(), table, 0, 8000, "c.csv").status_code == 200


@pytest.mark.parametrize(
    "attributes",
    [
        {"file_types": "csv"},
        {"file_types": ["csv"]},
        {"file_types": [1]},
        {"max_file_size": "large"},
        {"max_file_size": 0},
        {"max_file_size": True},
        {"max_files": 0},
        {"max_plain_text_length": "x"},
    ],
)
def test_wrong_limits_are_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(attributes))):
        echo(**attributes)


@pytest.mark.parametrize(
    ("given", "size"), [("1kb", 1024), ("1.5 MB", 1572864), ("2g", 2**31), (99, 99), ("7", 7), (None, None)]
)
def test_sizes_are_read(given: object, size: int | None) -> None:
    assert chat.ChatInterface(len, max_file_size=given).limits.max_bytes == size


@pytest.mark.parametrize("header", ["Upload-Offset", "Upload-Length"])
@pytest.mark.parametrize("value", ["", "-1", "x", "9" * 30, "٣"])
def test_numbers_are_numbers(header: str, value: str) -> None:
    echo()
    answer = Page("ask").piece(uuid4(), TABLE, 0, 8, "x.csv", headers={header: value.encode().decode("latin-1")})
    assert answer.status_code == 404


# Sending


def test_message_has_its_files_in_order() -> None:
    echo()
    page = Page("ask")
    picture, table = page.upload(PNG, "dot.png"), page.upload(TABLE, "x.csv")
    assert page.send("look", [table, picture]).status_code == 204
    assert [part.get("name", part.get("text")) for part in question().parts] == ["look", "x.csv", "dot.png"]
    assert list(question().attachments.order_by("name").values_list("uuid", "size")) == [
        (picture, len(PNG)),
        (table, 8),
    ]
    assert not Upload.objects.exists()
    assert page.client.get(page.url("file", table)).status_code == 200


def test_file_without_text_is_a_message() -> None:
    echo()
    page = Page("ask")
    page.send("", [page.upload(TABLE, "x.csv")])
    assert [part["type"] for part in question().parts] == ["file"]
    assert question().conversation.title == "x.csv"


def test_nothing_is_no_message() -> None:
    echo()
    assert Page("ask").send("", []).status_code == 422


def test_repeated_message_keeps_its_files() -> None:
    echo()
    page, key = Page("ask"), uuid4()
    file = page.upload(TABLE, "x.csv")
    for _ in range(2):
        assert page.send("look", [file], key=key).status_code == 204
    assert question().attachments.count() == 1


def test_file_belongs_to_one_message() -> None:
    echo()
    page = Page("ask")
    file = page.upload(TABLE, "x.csv")
    page.send("one", [file])
    assert page.send("two", [file]).status_code == 422
    assert Attachment.objects.count() == 1


def test_unfinished_file_is_not_sent() -> None:
    echo()
    page, file = Page("ask"), uuid4()
    page.piece(file, b"abc", 0, 9, "x.txt")
    answer = page.send("look", [file])
    assert (answer.status_code, "not there any more" in answer.content.decode()) == (422, True)
    assert not Message.objects.exists()


def test_count_is_of_all_that_is_attached_beside_the_text() -> None:
    """Whatever they are announced for."""
    echo(max_files=1)
    page = Page("ask")
    page.upload(TABLE, "a.csv")
    for name in ("", "Another", "a\0b"):
        answer = page.piece(uuid4(), TABLE, 0, 8, "b.csv", headers={"Upload-Input": quote(name)})
        assert answer.status_code == (404 if name else 422)


def test_empty_files_are_not_for_nothing() -> None:
    echo(max_files=None)
    page = Page("ask")
    with override_settings(CHATINTERFACE={"UNSENT_FILES": 3 * uploads.BLOCK}):
        answers = [page.piece(uuid4(), b"", 0, 0, "x.txt").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 422]


def test_text_may_be_the_second_input() -> None:
    echo(widgets=[widgets.IntInput(name="Number"), widgets.ChatAreaInput(name="Text")])
    assert Page("ask").upload(TABLE, "a.csv")


# Two requests at once


def test_file_that_is_taken_back_meanwhile_leaves_nothing(own_uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    page, file, details = Page("ask"), uuid4(), uploads._details

    def taken_back(stored: dict[str, Any]) -> dict[str, int]:
        page.remove(file)
        return details(stored)

    monkeypatch.setattr(uploads, "_details", taken_back)
    assert page.piece(file, TABLE, 0, 8, "a.csv").status_code == 404
    assert not Upload.objects.exists()
    assert stored(own_uploads) == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, other: Callable[[], Any]) -> None:
    """Do something before a function of a module is called for the first time."""
    works, waiting = resolve_name(name), [other]

    def delayed(*args: Any, **kwargs: Any) -> Any:
        if waiting:
            waiting.pop()()
        return works(*args, **kwargs)

    monkeypatch.setattr(name, delayed)


def test_file_that_is_completed_twice_is_one(own_uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    page, file, answers = Page("ask"), uuid4(), list[int]()

    def repeat() -> None:
        answers.append(page.piece(file, b"", 8, 8, "a.csv").status_code)

    meanwhile(monkeypatch, "chatinterface.files.store", repeat)
    assert page.piece(file, TABLE, 0, 8, "a.csv").status_code == 200
    assert answers == [200]
    assert Upload.objects.get().complete
    assert [path.read_bytes() for path in stored(own_uploads)] == [TABLE]


def test_piece_that_is_repeated_meanwhile_is_stored(own_uploads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    echo()
    page, file, answers = Page("ask"), uuid4(), list[int]()

    def post() -> int:
        status: int = page.piece(file, TABLE[:5], 0, 8, "a.csv").status_code
        return status

    meanwhile(monkeypatch, "chatinterface.uploads._count", lambda: answers.append(post()))
    assert (post(), answers) == (409, [200])
    assert page.piece(file, TABLE[5:], 5, 8, "a.csv").status_code == 200
    assert [path.read_bytes() for path in stored(own_uploads)] == [TABLE]


def test_more_files_than_allowed_are_not_sent() -> None:
    echo(max_files=2)
    first, second = Page("ask"), None
    sent = [first.upload(TABLE, "a.csv"), first.upload(TABLE, "b.csv")]
    second = Page("ask", first.client)
    sent.append(second.upload(TABLE, "c.csv"))
    assert second.send("look", sent, uploads_token=first.token).status_code == 422


@pytest.mark.parametrize("files", ["x", "," * 50_000, "0" * 32 + ",y"])
def test_nonsense_is_no_file(files: str) -> None:
    echo()
    page = Page("ask")
    answer = page.client.post(page.url("send"), {"message": "x", "token": page.token, "uploads": files})
    assert answer.status_code in {204, 422}
    assert not Attachment.objects.exists()


def test_files_survive_a_reload_of_a_new_page() -> None:
    echo()
    page = Page("ask")
    file = page.upload(TABLE, "x.csv")
    again = Page("ask", page.client)
    assert again.send("look", [file], uploads_token=page.token).status_code == 204
    assert question().conversation.uuid == again.uuid
    assert [part["name"] for part in question().parts[1:]] == ["x.csv"]


def test_files_can_be_attached_later() -> None:
    echo()
    page = Page("ask")
    page.send("hello", [])
    page.token = ""
    assert page.send("look", [page.upload(TABLE, "x.csv")]).status_code == 204


# Pruning


def test_what_is_never_sent_is_pruned(own_uploads: Path) -> None:
    echo()
    page = Page("ask")
    page.upload(TABLE, "old.csv")
    page.piece(uuid4(), b"abc", 0, 9, "half.txt")
    page.send("look", [page.upload(TABLE, "sent.csv")])
    kept = page.conversation()
    files.keep(kept, b"made by a callback that failed", name="x")
    Upload.objects.update(created_at=timezone.now() - timedelta(hours=2))
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=2))
    page.upload(TABLE, "new.csv")
    assert uploads.prune(timezone.now() - timedelta(hours=1)) == 3
    assert [upload.name for upload in Upload.objects.all()] == ["new.csv"]
    assert [attachment.name for attachment in Attachment.objects.all()] == ["sent.csv"]
    assert len(stored(own_uploads)) == 2


def test_one_chat_is_pruned() -> None:
    echo()
    echo(name="other")
    for name in ("ask", "other"):
        Page(name).upload(TABLE, "x.csv")
    assert uploads.prune(timezone.now(), "other") == 1
    assert Upload.objects.get().interface == "ask"


def test_user_takes_uploads_along(own_uploads: Path) -> None:
    echo()
    ann = User.objects.create(username="ann")
    client = ReadingClient()
    client.force_login(ann)
    Page("ask", client).upload(TABLE, "x.csv")
    ann.delete()
    assert not Upload.objects.exists()
    assert stored(own_uploads) == []


def test_queries_are_fixed(django_assert_max_num_queries: Any) -> None:
    echo()
    page = Page("ask")
    page.upload(TABLE, "w.csv")
    with django_assert_max_num_queries(14):
        page.upload(TABLE, "x.csv")
    for number in range(5):
        page.upload(TABLE, f"{number}.csv")
    with django_assert_max_num_queries(14):
        page.upload(TABLE, "y.csv")


# As an input of their own


def tabs(**options: Any) -> list[Any]:
    """Register a chat with a tab for files; what its callback gets is in the list."""
    got: list[Any] = []
    inputs = [widgets.ChatAreaInput(name="Text"), widgets.FileInput(name="File", **options)]

    def listen(contents: Any) -> str:
        got.append(contents)
        return "done"

    chat.register(chat.ChatInterface(listen, name="ask", widgets=inputs))
    return got


def upload(page: Page, content: bytes, name: str) -> Any:
    file = uuid4()
    return file, page.piece(file, content, 0, len(content), name, headers={"Upload-Input": "File"})


def test_file_input_gives_what_is_in_it() -> None:
    got = tabs(accept=".txt")
    page = Page("ask")
    file, _ = upload(page, b"hello", "a.txt")
    assert page.send("", [file], input="File").status_code == 204
    assert got == ["hello"]
    assert [part["type"] for part in question().parts] == ["file"]


def test_file_input_may_take_several() -> None:
    got = tabs(multiple=True)
    page = Page("ask")
    files = [upload(page, content, "a.txt")[0] for content in (b"one", b"two")]
    page.send("", files, input="File")
    assert got == [["one", "two"]]


def test_file_input_has_limits_of_its_own() -> None:
    tabs(accept="image/*", max_size="1kb")
    page = Page("ask")
    assert upload(page, b"text", "a.txt")[1].status_code == 422
    assert upload(page, PNG + bytes(2000), "a.png")[1].status_code == 422
    assert upload(page, PNG, "a.png")[1].status_code == 200
    assert upload(page, PNG, "b.png")[1].status_code == 422


def test_file_input_needs_a_file() -> None:
    tabs()
    answer = Page("ask").send("", [], input="File")
    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (422, True)


def test_text_beside_takes_no_files() -> None:
    tabs()
    page = Page("ask")
    assert page.piece(uuid4(), b"x", 0, 1, "a.txt").status_code == 404
    file, _ = upload(page, b"x", "a.txt")
    assert page.send("hello", [file], input="Text").status_code == 204
    assert [part["type"] for part in question().parts] == ["text"]


def test_files_of_one_input_are_not_sent_with_another() -> None:
    inputs = [widgets.FileInput(name="Image", accept="image/*"), widgets.FileInput(name="Any")]
    chat.register(chat.ChatInterface(len, name="ask", widgets=inputs))
    page, file = Page("ask"), uuid4()
    page.piece(file, TABLE, 0, 8, "x.csv", headers={"Upload-Input": "Any"})
    assert page.send("", [file], input="Image").status_code == 422


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"accept": "csv"}, r"^FileInput has accept='csv'\. Write extensions"),
        ({"max_size": "much"}, r"^FileInput: max_size='much' is no size\. Write a number of bytes"),
    ],
)
def test_wrong_file_input_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        widgets.FileInput(**options)


# Files as fields of a form


class Application(forms.Form):
    name = "Application"

    applicant = forms.CharField()
    letter = forms.FileField(validators=[FileExtensionValidator(["txt", "pdf"])])
    portrait = widgets.FileInput(name="Portrait", accept="image", max_size="1kb", required=False)
    samples = widgets.FileInput(name="Samples", multiple=True, max_files=2, required=False)

    def clean(self) -> dict[str, Any]:
        if (letter := self.cleaned_data.get("letter")) and b"please" not in letter.read():
            self.add_error("letter", "Say please.")
        return self.cleaned_data


def applied(**attributes: Any) -> list[Any]:
    """The chat "ask" with a form of files; returns what its callback gets."""
    got: list[Any] = []

    def listen(contents: Any) -> str:
        got.append(contents)
        return "done"

    chat.register(chat.ChatInterface(listen, **{"name": "ask", "widgets": Application, **attributes}))
    return got


def fill(page: Page, field: str, content: bytes, name: str) -> Any:
    file = uuid4()
    headers = {"Upload-Input": f"Application.{field}"}
    return file, page.piece(file, content, 0, len(content), name, headers=headers).status_code


def apply(page: Page, **files: Any) -> Any:
    posted = {f"message-{field}": ",".join(each.hex for each in several) for field, several in files.items()}
    return page.send("", [], input="Application", **{"message-applicant": "Ann", **posted})


def test_form_gets_files() -> None:
    got = applied()
    page = Page("ask")
    letter = fill(page, "letter", b"please", "a.txt")[0]
    portrait = fill(page, "portrait", PNG, "a.png")[0]
    samples = [fill(page, "samples", content, f"{content.decode()}.txt")[0] for content in (b"two", b"one")]
    assert apply(page, letter=[letter], portrait=[portrait], samples=samples).status_code == 204
    (contents,) = got
    assert (contents["letter"].name, contents["letter"].text()) == ("a.txt", "please")
    assert contents["portrait"].width == 1
    assert contents["samples"] == ["two", "one"]
    parts = question().parts
    assert [part.get("label") for part in parts if part["type"] == "file"] == [
        "Letter",
        "Portrait",
        "Samples",
        "Samples",
    ]
    assert [field["label"] for field in parts[0]["fields"]] == ["Applicant"]
    assert "Portrait" in page.client.get(page.url("log")).content.decode()


def test_form_without_its_optional_files() -> None:
    got = applied()
    page = Page("ask")
    letter, _ = fill(page, "letter", b"please", "a.txt")
    apply(page, letter=[letter])
    assert (got[0]["portrait"], got[0]["samples"]) == (None, [])


def test_form_says_what_is_wrong_with_a_file() -> None:
    got = applied()
    page = Page("ask")
    letter, _ = fill(page, "letter", b"give me", "a.txt")
    assert "Say please." in apply(page, letter=[letter]).content.decode()
    assert "This field is required." in apply(page).content.decode()
    page.remove(letter)
    letter, _ = fill(page, "letter", b"please", "b.txt")
    assert (apply(page, letter=[letter]).status_code, len(got)) == (204, 1)


def test_each_field_has_limits_of_its_own() -> None:
    applied()
    page = Page("ask")
    assert fill(page, "letter", b"x", "a.csv")[1] == 422
    assert fill(page, "portrait", b"please", "a.txt")[1] == 422
    assert fill(page, "portrait", PNG + bytes(2000), "a.png")[1] == 422
    assert fill(page, "applicant", b"x", "a.txt")[1] == 404
    assert [fill(page, "samples", b"x", "a.txt")[1] for _ in range(3)] == [200, 200, 422]


def test_file_of_another_field_is_looked_at_again() -> None:
    applied()
    page = Page("ask")
    sample, _ = fill(page, "samples", b"please", "a.txt")
    letter, _ = fill(page, "letter", b"please", "a.txt")
    assert apply(page, letter=[letter], portrait=[sample]).status_code == 422
    assert not Message.objects.exists()


def test_form_is_tried_again_with_its_files() -> None:
    got = applied()
    page = Page("ask")
    letter, _ = fill(page, "letter", b"please", "a.txt")
    portrait, _ = fill(page, "portrait", PNG, "a.png")
    apply(page, letter=[letter], portrait=[portrait])
    reply = Message.objects.get(role="assistant")
    assert page.client.post(page.url("rerun", reply.pk)).status_code == 204
    assert (got[1]["letter"].name, got[1]["letter"].text(), got[1]["portrait"].width) == ("a.txt", "please", 1)


def test_repeated_form_is_one() -> None:
    applied()
    page, key = Page("ask"), str(uuid4())
    letter, _ = fill(page, "letter", b"please", "a.txt")
    posted = {"message-applicant": "Ann", "message-letter": letter.hex, "key": key, "input": "Application"}
    assert [page.send("", [], **posted).status_code for _ in range(2)] == [204, 204]
    assert Message.objects.filter(role="user").count() == 1


def test_files_of_strangers_are_gone() -> None:
    got = applied()
    theirs, page = Page("ask"), Page("ask")
    letter, _ = fill(theirs, "letter", b"please", "a.txt")
    assert apply(page, letter=[letter]).status_code == 422
    assert page.send("", [], input="Application", **{"message-letter": "nonsense"}).status_code == 422
    assert not got


def test_validator_gets_the_files() -> None:
    got = applied(validator=lambda contents: chat.validate(contents["letter"].name == "b.txt", "Call it b."))
    page = Page("ask")
    letters = [fill(page, "letter", b"please", name)[0] for name in ("a.txt",)]
    assert "Call it b." in apply(page, letter=letters).content.decode()
    assert not got


def test_field_of_django_gives_the_file() -> None:
    got = applied(widgets=LETTER)
    page, file = Page("ask"), uuid4()
    assert page.piece(file, b"hello", 0, 5, "a.txt", headers={"Upload-Input": "Letter"}).status_code == 200
    assert page.send("", [file], input="Letter").status_code == 204
    reply = Message.objects.get(role="assistant")
    page.client.post(page.url("rerun", reply.pk))
    assert [each.text() for each in got] == ["hello", "hello"]


def test_folder_comes_as_a_list() -> None:
    got = applied(widgets=widgets.FileInput(name="File", directory=True, accept="text"))
    page = Page("ask")
    assert "webkitdirectory" in page.client.get("/chat/ask/").content.decode()
    files = [upload(page, b"one", f"{number}.txt")[0] for number in range(12)]
    assert page.send("", files, input="File").status_code == 204
    assert got == [["one"] * 12]


def test_files_elsewhere_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="declare that among the widgets"):
        chat.ChatInterface(len, additional_inputs=[widgets.FileInput(name="File")])
    with pytest.raises(ImproperlyConfigured, match="which takes files: these are sent with a message"):
        chat.ChatInterface(len, forms=[Application])
    with pytest.raises(TypeError, match="FileInput is no question"):
        Question(widgets.FileInput(), key="1")


@pytest.mark.parametrize(("count", "most"), [("single", 1), ("multiple", 10), ("directory", 10)])
def test_file_count(count: Any, most: int) -> None:
    interface = chat.ChatInterface(len, textbox=chat.MultimodalTextbox(file_count=count))
    assert (interface.limits.max_files, interface.limits.directory) == (most, count == "directory")
    with pytest.raises(ImproperlyConfigured, match="file_count='two'"):
        chat.ChatInterface(len, multimodal=True, file_count="two")
