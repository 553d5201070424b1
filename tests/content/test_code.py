import itertools

import pytest
from pygments.lexers import get_lexer_by_name

from chatinterface.content import code
from chatinterface.content.code import ALIASES, CLASSES, LANGUAGES, Budget, highlight
from chatinterface.content.markdown import render


def test_kinds_coloured() -> None:
    html = highlight("def f(x): return 'a' + 1  # b\n", "python")
    for part in ('<span class="k">def </span>', '<span class="nf">f</span>', '<span class="c"># b\n</span>'):
        assert part in html


def test_plain_kinds_bare() -> None:
    assert highlight("a.b = (c, d)\n", "python") == "a.b = (c, d)\n"


def test_neighbours_merged() -> None:
    assert highlight("# a\n# b\n", "python") == '<span class="c"># a\n# b\n</span>'


def test_few_classes() -> None:
    assert len(CLASSES) <= 12


def test_code_escaped() -> None:
    assert highlight("a<b & c", "python") == "a&lt;b &amp; c"
    assert highlight("</code><script>", "unknown") == "&lt;/code&gt;&lt;script&gt;"


@pytest.mark.parametrize("language", sorted(LANGUAGES | set(ALIASES.values())))
def test_language_known(language: str) -> None:
    assert get_lexer_by_name(language)
    assert "x = 1 # y" in strip(highlight("x = 1 # y\n", language))


def strip(html: str) -> str:
    for name in CLASSES:
        html = html.replace(f'<span class="{name}">', "")
    return html.replace("</span>", "")


def test_alias() -> None:
    assert highlight('{"a": 1}', "jsonc") == highlight('{"a": 1}', "json")


def test_long_code_plain() -> None:
    text = "def f(): pass\n" * 10_000
    assert highlight(text, "python") == text


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that has moved on by a second at each look: all lexers are slow."""
    monkeypatch.setattr(code, "thread_time", itertools.count().__next__)


@pytest.mark.usefixtures("ticking")
def test_slow_lexer_given_up() -> None:
    text = "def f(): pass\n" * 100
    assert highlight(text, "python", Budget(1.5)) == text
    assert "<span" in highlight(text, "python", Budget(100.0))


@pytest.mark.usefixtures("ticking")
def test_blocks_share_time() -> None:
    """However many blocks of a message are slow, they take no more time than one may."""
    html = render("".join(f"```python\n# {index}\n```\n" for index in range(10)))
    assert html.count('<span class="c">') == 1


def test_pause_costs_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a full garbage collection, which takes part of a second."""
    monkeypatch.setattr(code, "thread_time", itertools.count(step=code.RESERVE / 2).__next__)
    assert '<span class="c">' in render("```python\n# 1\n```\n")


def test_fence_says_language() -> None:
    assert render("```Python title=x\na\n```") == '<pre data-language="python"><code>a\n</code></pre>\n'


@pytest.mark.parametrize("language", ['a"b', "x" * 31, "a&b", "é"])
def test_odd_language_left_out(language: str) -> None:
    assert render(f"```{language}\na\n```") == "<pre><code>a\n</code></pre>\n"


def test_fence_without_language_plain() -> None:
    assert render("```\ndef f(): pass\n```") == "<pre><code>def f(): pass\n</code></pre>\n"


@pytest.mark.parametrize("text", ["```python\ndef f", "> ```python\n> def f\n", "- ```python\n  def f\n"])
def test_open_fence_plain(text: str) -> None:
    assert "<span" not in render(text)


@pytest.mark.parametrize(
    "text",
    [
        "```python\ndef f\n```",
        "```python\ndef f\n```\n",
        "> ```python\n> def f\n> ```",
        "- ```python\n  def f\n  ```\n",
        "- ```python\n  def f\n\nnext",
        "````python\ndef f\n```\n````",
    ],
)
def test_closed_fence_coloured(text: str) -> None:
    assert '<span class="k">def </span>' in render(text)


def test_code_beyond_allowance_plain() -> None:
    block = "```python\n" + "def f(): pass\n" * 2000 + "```\n"
    html = render(block * 5)
    assert html.count("<pre") == 5
    assert html.rindex("<span") < html.rindex("<pre")
