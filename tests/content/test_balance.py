import pytest

from chatinterface.content.balance import MAX_DEPTH, MAX_INLINE_DEPTH, balance
from chatinterface.content.markdown import render


@pytest.mark.parametrize(
    ("html", "balanced"),
    [
        ("<p><b>a</p>", "<p><b>a</b></p>"),
        ("<p>a</b></p>", "<p>a</p>"),
        ("<b><i>a</b></i>", "<b><i>a</i></b>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li><ul><li>a</ul>b", "<ul><li><ul><li>a</li></ul>b</li></ul>"),
        ("<tr><td>a<td>b<tr>", "<tr><td>a</td><td>b</td></tr><tr></tr>"),
        ("a<!-- <b> -->c", "ac"),
        ("a<!-- b", "a&lt;!-- b"),
        ("<script>a</script>", "&lt;script>a&lt;/script>"),
        ("<center>a</center>", "a"),
        ("a < b <é>", "a &lt; b &lt;é>"),
        ("<?php a ?>", "&lt;?php a ?>"),
        ('<b title="a>b">', '<b title="a>b"></b>'),
        ("<BR><Hr/>", "<BR><Hr/>"),
    ],
)
def test_balance(html: str, balanced: str) -> None:
    assert balance(html)[0] == balanced


@pytest.mark.parametrize("html", ["<p>a</p>", "</b>", "<b></b>", "a<br>", "<!-- a -->"])
def test_settled(html: str) -> None:
    assert balance(html)[1]


@pytest.mark.parametrize("html", ["<details>", "<!-- a", "<b><i></b></i><u>", "<b>" * 200 + "</b>" * 199])
def test_unsettled(html: str) -> None:
    assert not balance(html)[1]


def test_depth_limited() -> None:
    html, settled = balance("<div>" * 1000 + "a" + "</div>" * 1000)
    assert html == "<div>" * MAX_DEPTH + "a" + "</div>" * MAX_DEPTH
    assert settled


def test_inline_depth_limited() -> None:
    html, _ = balance("<b>" * 1000)
    assert html.count("<b>") == MAX_INLINE_DEPTH


def test_generic_type_readable() -> None:
    assert render("use vector<int> here") == "<p>use vector&lt;int&gt; here</p>\n"


def test_unclosed_ends_with_paragraph() -> None:
    assert render("<b>a\n\nb") == "<p><b>a</b></p>\n<p>b</p>\n"


def test_details_hold_markdown() -> None:
    html = render("<details><summary>a</summary>\n\n*b*\n\n</details>\n\nc")
    assert html == "<details><summary>a</summary>\n<p><em>b</em></p>\n</details>\n<p>c</p>\n"


def test_message_cannot_be_left() -> None:
    assert render("</div></article></main>a") == "a"
