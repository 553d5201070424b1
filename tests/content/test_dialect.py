import pytest

from chatinterface.content.avatars import initial, is_text, lookup
from chatinterface.content.balance import Unknown
from chatinterface.content.delimiters import DOLLARS
from chatinterface.content.dialect import Dialect
from chatinterface.content.markdown import render
from tests.content.dialects import BRACKETS


def test_line_ends_break() -> None:
    dialect = Dialect(line_breaks=True)
    assert render("a\nb *c*\nd\n- e\n  f", dialect) == (
        "<p>a<br>\nb <em>c</em><br>\nd</p>\n<ul>\n<li>e<br>\nf</li>\n</ul>\n"
    )
    assert render("```\na\nb\n```", dialect) == "<pre><code>a\nb\n</code></pre>\n"
    assert render("a  \nb", dialect) == "<p>a<br>\nb</p>\n"
    assert "<br>" not in render("|a|\n|-|\n|b|\n\n$x$ $$\ny\n$$", dialect)


def test_plain_text_stays() -> None:
    dialect = Dialect(markdown=False)
    assert render(" *a* <b>\n\nc\n", dialect) == (
        '<div class="ci-plain"> *a* &lt;b&gt;</div>\n<div class="ci-plain"></div>\n<div class="ci-plain">c</div>\n'
    )


def test_brackets_are_formulas() -> None:
    html = render(
        "costs $5 and \\( a_1 * b * c \\), then \\[\nx\n\\] and $6", Dialect(delimiters=(*DOLLARS, *BRACKETS))
    )
    assert html.count("<math") == 2
    assert html.startswith('<p>costs $5 and <math display="inline">')
    assert '<math display="block"' in html
    assert html.endswith("and $6</p>\n")


def test_brackets_alone() -> None:
    dialect = Dialect(delimiters=BRACKETS)
    assert render("$x$ $$y$$ [l](/$z)", dialect).startswith('<p>$x$ $$y$$ <a href="/$z"')
    assert render("\\(x", dialect) == "<p>(x</p>\n"
    assert render("`\\(x\\)`\n\n```\n\\[y\\]\n```", dialect) == (
        "<p><code>\\(x\\)</code></p>\n<pre><code>\\[y\\]\n</code></pre>\n"
    )


def test_no_formulas() -> None:
    assert render("$x$ $$y$$", Dialect(delimiters=())) == "<p>$x$ $$y$$</p>\n"
    assert render("$x$ $$y$$", Dialect(delimiters=DOLLARS[:1])).startswith("<p>$x$ <math")


@pytest.mark.parametrize(
    ("unknown", "html"),
    [
        (True, "<p>&lt;think&gt;a&lt;/think&gt; &lt;my-tag&gt;b</p>\n"),
        (False, "<p>a b</p>\n"),
        (frozenset({"think"}), "<p>&lt;think&gt;a&lt;/think&gt; b</p>\n"),
    ],
)
def test_unknown_tags(unknown: Unknown, html: str) -> None:
    assert render("<think>a</think> <my-tag>b", Dialect(unknown_tags=unknown)) == html


def test_unsanitised_html_stays() -> None:
    html = '<video src="https://example.com/v" onplay="f()"></video>'
    assert render(f"a {html}", Dialect(sanitise=False)) == f"<p>a {html}</p>\n"
    assert render("<section>\n\n*a*", Dialect(sanitise=False)) == "<section>\n<p><em>a</em></p>\n</section>"


def test_marks_are_no_text() -> None:
    assert render("a\ufdd0b\ufdef", Dialect(delimiters=BRACKETS)) == "<p>a\ufffdb\ufffd</p>\n"


def test_avatars_by_name() -> None:
    assert lookup("Chat-Bot", {}) == "🤖"
    assert lookup("Dr. Watson", {"dr watson": "W"}) == "W"
    assert lookup("BOT", {"Bot": lambda name: name[0]}) == "B"
    assert lookup("Nobody", {}) == ""


def test_initials() -> None:
    assert (initial("  émile"), initial("«4»"), initial("…")) == ("É", "4", "")


def test_avatar_kinds() -> None:
    assert all(is_text(avatar) for avatar in ("A", "👩‍👩‍👧"))
    assert not any(is_text(avatar) for avatar in ("shop/bot.png", "/a", "bot.png"))
