"""How is code coloured?"""

from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from itertools import groupby

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from chatinterface.content.names import names

# Long texts would take longer than they are worth.
MAX_LENGTH = 100_000

# The few kinds that a theme tells apart, by Pygments' own class names; everything else is plain text.
_CLASS_OF: dict[_TokenType, str] = {
    Comment: "c",
    Generic.Deleted: "gd",
    Generic.Heading: "k",
    Generic.Inserted: "gi",
    Generic.Subheading: "k",
    Keyword: "k",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nc",
    Name.Decorator: "nf",
    Name.Exception: "nc",
    Name.Function: "nf",
    Name.Tag: "nt",
    Name.Variable: "nv",
    Number: "m",
    Operator.Word: "k",
    String: "s",
}
CLASSES = frozenset(_CLASS_OF.values())

# The languages people talk about, by their usual names. A fixed set: each has been tried on hostile text.
LANGUAGES = names(
    "bash c c# c++ console cpp cs csharp css csv diff docker dockerfile elixir erlang go golang graphql haskell html "
    "http ini java javascript js json jsonc jsx julia kotlin lua make makefile markdown md nginx objc patch perl php "
    "powershell ps1 py pycon pytb python python3 r rb rs ruby rust scala scss sh shell sql swift terraform toml ts "
    "tsx typescript vue xml yaml yml zsh"
)
COMMON = ("bash", "css", "diff", "go", "html", "java", "javascript", "json", "python", "sql", "typescript", "yaml")


def highlight(code: str, language: str) -> str:
    """Return the code as HTML, coloured where the language is known."""
    if language not in LANGUAGES or len(code) > MAX_LENGTH:
        return escape(code, quote=False)
    tokens = [(kind, text) for _, kind, text in _lexer(language).get_tokens_unprocessed(code)]
    if "".join(text for _, text in tokens) != code:
        return escape(code, quote=False)
    return "".join(_spans(tokens))


def load_lexers() -> None:
    """Import the lexers of the common languages, so that nobody's first reply waits for it."""
    for language in COMMON:
        highlight("x", language)


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False)


@cache
def _class(kind: _TokenType) -> str:
    while kind not in _CLASS_OF and kind.parent is not None:
        kind = kind.parent
    return _CLASS_OF.get(kind, "")


def _spans(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
    for name, run in groupby(_classed(tokens), key=lambda token: token[0]):
        text = escape("".join(text for _, text in run), quote=False)
        yield f'<span class="{name}">{text}</span>' if name else text


def _classed(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[str, str]]:
    """Yield (class, text); white space takes the class before it, so that two coloured lines are one run."""
    name = ""
    for kind, text in tokens:
        if not text.isspace():
            name = _class(kind)
        yield name, text
