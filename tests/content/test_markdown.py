import pytest

from chatinterface.content.markdown import render, warm


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# *a*", "<h1><em>a</em></h1>\n"),
        ("a\nb", "<p>a\nb</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("~~a~~", "<p><del>a</del></p>\n"),
        ("> [!NOTE]\n> a", '<blockquote class="markdown-alert-note">\n<p>a</p>\n</blockquote>\n'),
        ("`a<b`", "<p><code>a&lt;b</code></p>\n"),
        ("    a\n", "<pre><code>a\n</code></pre>\n"),
        ("", ""),
    ],
)
def test_markdown(text: str, html: str) -> None:
    assert render(text) == html


def test_table_aligned() -> None:
    html = render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|")
    assert '<th>a</th><th align="center">b</th><th align="right">c</th>' in html
    assert "style" not in html


def test_short_row_stays_short() -> None:
    html = render("|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|b\n" * 100)
    assert html.count("<tr><td>b</td></tr>") == 100


def test_few_empty_cells_stay() -> None:
    assert "<tr><td>1</td><td></td><td></td></tr>" in render("|a|b|c|\n|-|-|-|\n|1|")


def test_tasks_named() -> None:
    html = render("- [ ] a\n- [x] b")
    assert '<input type="checkbox" disabled="" aria-label="☐">' in html
    assert '<input type="checkbox" disabled="" checked="" aria-label="☑">' in html


def test_line_ends() -> None:
    assert render("a\r\nb\rc\nd") == render("a\nb\nc\nd")


@pytest.mark.parametrize("character", ["\0", "\ud83d", "\ude00"])
def test_unstorable_replaced(character: str) -> None:
    assert render(f"a{character}b") == "<p>a\ufffdb</p>\n"


def test_formula_inline() -> None:
    assert render("$x^2$") == '<p><math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math></p>\n'


def test_formula_over_lines() -> None:
    html = render("$$\nx\n$$")
    assert html == '<p><math display="block"><mrow><mi>x</mi></mrow></math></p>\n'


@pytest.mark.parametrize("latex", [r"\sqrt{" * 160 + "}" * 160, r"\frac", r"\left(", "a^b^c", "x" * 1001])
def test_bad_formula_as_written(latex: str) -> None:
    assert render(f"${latex}$") == f"<p><code>{latex}</code></p>\n"


def test_bad_formula_escaped() -> None:
    assert render("$\\left( <b>$") == "<p><code>\\left( &lt;b&gt;</code></p>\n"


def test_amounts_of_money() -> None:
    assert render("from $5-$10 to $6, US$7") == "<p>from $5-$10 to $6, US$7</p>\n"


def test_formulas_beyond_allowance_as_written() -> None:
    html = render("$" + "$ $".join(f"x+{i:05}" for i in range(2000)) + "$")
    assert 1000 < html.count("<math") < 1500
    assert "<code>x+01999</code>" in html


def test_footnote_without_ids() -> None:
    html = render("a[^x]\n\n[^x]: note")
    assert '<sup class="footnote-reference">1</sup>' in html
    assert "id=" not in html and "href" not in html


def test_own_image_shown() -> None:
    assert render("![a](/media/b.png)") == '<p><img src="/media/b.png" alt="a"></p>\n'


def test_foreign_image_linked() -> None:
    html = render("![cat](https://example.com/cat.png)")
    assert "<img" not in html
    assert '<a href="https://example.com/cat.png"' in html and ">cat</a>" in html


def test_foreign_image_without_text_linked() -> None:
    assert ">https://example.com/cat.png</a>" in render("![](https://example.com/cat.png)")


def test_foreign_image_in_link() -> None:
    html = render("[![build](https://example.com/b.svg)](https://example.com/ci)")
    assert html.count("<a ") == 1
    assert '<a href="https://example.com/ci"' in html and ">build</a>" in html


def test_link_leaves_page() -> None:
    html = render("[a](https://example.com)")
    assert html == ('<p><a href="https://example.com" target="_blank" rel="noopener noreferrer nofollow">a</a></p>\n')


def test_warm() -> None:
    warm()
