"""The law of the incremental renderer: what the patches lead to is what a render of the whole would give."""

from hypothesis import example, given
from hypothesis import strategies as st

from chatinterface.content.dialect import COMMON, Dialect
from chatinterface.content.incremental import IncrementalMarkdown
from chatinterface.content.markdown import normalise, render
from tests.content.dialects import BRACKETS, dialects, varied
from tests.content.documents import FENCES, definitions, deltas, fragments
from tests.content.reader import Reader


def follow(pieces: list[str], *, defines: bool = False, dialect: Dialect = COMMON) -> None:
    markdown, reader, text = IncrementalMarkdown(dialect), Reader(), ""
    for piece in pieces:
        text += piece
        markdown.append(piece)
        if patch := markdown.patch():
            reader.apply(patch)
        assert reader.html == markdown.html
        if not defines:
            assert markdown.html == render(text, dialect)
    assert markdown.text == normalise(text)
    assert markdown.finish() == render(text, dialect)


@given(deltas())
@example(["```python\na\n", "   ", "b"])
@example(["```python\na\n", "    ", "b"])
@example(["q\n</tr>\ufeff\n"])
@example([">\n</td>\ufeff\n"])
@example(["```py\n", "``", "`x", "\n```\n"])
@example(["> ```py\n> a\n", "\n", "b\n"])
@example(["- ```py\n  a\n", "- b"])
@example(["<details>\n\n", "a\n\n", "</details>\n\n", "b"])
@example(["<div><!--\n\n", "a\n\n", "<div> -->\n\n", "b"])
@example(['<div title="\n\n', "a\n\n", '<div "></div>'])
@example(["\r", "\n", "\r", "a\r", "\nb"])
@example(["a\ud83d", "\ude00b"])
@example(["a\n", "=", "=\n"])
@example(["|a|\n", "|-|\n", "|b|\n\n"])
def test_patches_give_render(pieces: list[str]) -> None:
    follow(pieces, defines="]:" in "".join(pieces))


@given(deltas(st.sampled_from(FENCES)))
def test_fences_give_render(pieces: list[str]) -> None:
    follow(pieces)


@given(deltas(st.one_of(fragments, definitions)))
def test_definitions_settle(pieces: list[str]) -> None:
    follow(pieces, defines=True)


@given(st.lists(st.tuples(st.booleans(), deltas()), max_size=6))
def test_replacing_gives_render(steps: list[tuple[bool, list[str]]]) -> None:
    markdown, reader, text = IncrementalMarkdown(), Reader(), ""
    for start_over, pieces in steps:
        text = "".join(pieces) if start_over else text + "".join(pieces)
        markdown.replace(text)
        if patch := markdown.patch():
            reader.apply(patch)
        assert reader.html == markdown.html
        if "]:" not in text:
            assert markdown.html == render(text)
        assert markdown.text == normalise(text)


@given(deltas(), deltas())
def test_replacing_tail_gives_render(start: list[str], end: list[str]) -> None:
    markdown, reader = IncrementalMarkdown(), Reader()
    for piece in start:
        markdown.append(piece)
        if patch := markdown.patch():
            reader.apply(patch)
    text = "".join(start[: len(start) // 2] + end)
    markdown.replace(text)
    if patch := markdown.patch():
        reader.apply(patch)
    assert reader.html == markdown.html
    if "]:" not in "".join(start) + text:
        assert markdown.html == render(text)


@given(deltas())
def test_snapshot_gives_same(pieces: list[str]) -> None:
    markdown, late = IncrementalMarkdown(), Reader()
    for index, piece in enumerate(pieces):
        markdown.append(piece)
        patch = markdown.patch()
        if index == len(pieces) // 2:
            late.apply(markdown.snapshot())
        elif index > len(pieces) // 2 and patch:
            late.apply(patch)
    assert late.html == markdown.html


@given(dialects, deltas(varied))
@example(Dialect(line_breaks=True), ["a\n", "b", " c\n", "\n- d\n  e"])
@example(Dialect(markdown=False), ["a *b*\n", "\n", "  <c>", "\n"])
@example(Dialect(delimiters=BRACKETS), ["\\[\nx", "_1\n", "\\", "]\n\n`\\(`"])
@example(Dialect(unknown_tags=False), ["<thi", "nk>a\n\n", "b</think>"])
@example(Dialect(sanitise=False), ["<section>\n\n", "a\xa0<br>\n\n", "</section>\n\n", "b"])
@example(Dialect(sanitise=False), ["<script>if (a<b) {\n\n", "}</script>\n\n", "b"])
def test_every_dialect_gives_render(dialect: Dialect, texts: list[str]) -> None:
    follow(texts, defines="]:" in "".join(texts), dialect=dialect)
